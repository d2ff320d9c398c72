"""Who the ids in the log are. The log holds plain ids; the app that owns people registers how to name them."""

from collections.abc import Callable, Collection, Mapping
from uuid import UUID

Names = Callable[[Collection[UUID]], Mapping[UUID, str]]
_sources: list[Names] = []


def register_names(source: Names) -> None:
    """``source(ids)`` gives the full names of those people that still exist (once, from ``apps.py``)."""
    _sources[:] = [source]


def names_of(ids: Collection[UUID]) -> Mapping[UUID, str]:
    """Id → name, in one query; deleted people are missing."""
    return _sources[0](ids) if ids and _sources else {}
