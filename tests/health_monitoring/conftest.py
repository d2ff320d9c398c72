"""Sokha's family of 25 November 2026, and a way to stand at a moment."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta

import pytest
import time_machine

MIDNIGHT = datetime(2026, 11, 24, 17, 0, tzinfo=UTC)  # 25 November 00:00 in Phnom Penh


def local(clock: str, day: int = 25) -> datetime:
    """A clock time of November 2026 in Phnom Penh: ``local("12:30:01")``."""
    hours, minutes, seconds = [*(int(part) for part in clock.split(":")), 0, 0][:3]
    return MIDNIGHT + timedelta(days=day - 25, hours=hours, minutes=minutes, seconds=seconds)


@pytest.fixture
def at() -> Callable[..., AbstractContextManager[object]]:
    """``with at("12:30"): …`` stands still at that local time."""
    return lambda clock, day=25: time_machine.travel(local(clock, day), tick=False)
