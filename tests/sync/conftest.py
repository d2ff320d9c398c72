"""Sync on its own: the registries hold notes."""

from collections.abc import Iterator

import pytest

from tests.sync.notes import notes_only


@pytest.fixture
def notes() -> Iterator[None]:
    """Only notes can be pushed and pulled."""
    with notes_only():
        yield
