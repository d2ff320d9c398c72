"""Sokha's course on 24 November 2026, and a way to stand at a moment of that day."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from apps.doses.models import DoseEvent
from apps.prescriptions.models import Prescription
from apps.users.models import User
from tests.support.courses import course_of, lay_out, medicine

MIDNIGHT = datetime(2026, 11, 23, 17, 0, tzinfo=UTC)  # 24 November 00:00 in Phnom Penh


def local(clock: str, day: int = 24) -> datetime:
    """A clock time of November 2026 in Phnom Penh: ``local("12:30:01")``."""
    parts = [int(part) for part in clock.split(":")]
    hours, minutes, seconds = [*parts, 0, 0][:3]
    return MIDNIGHT + timedelta(days=day - 24, hours=hours, minutes=minutes, seconds=seconds)


@pytest.fixture
def at() -> Callable[..., AbstractContextManager[object]]:
    """``with at("12:30"): …`` stands still at that local time."""
    return lambda clock, day=24: time_machine.travel(local(clock, day), tick=False)


@pytest.fixture
def course(sokha: User) -> Prescription:
    """Amoxicillin at 07:00, 12:00 and 18:00 from today, three days."""
    with time_machine.travel(MIDNIGHT, tick=False):
        made = course_of(sokha)
        medicine(made, duration=3)
        lay_out(made, MIDNIGHT)
    return made


@pytest.fixture
def doses(course: Prescription) -> list[DoseEvent]:
    """Its doses in order: 07:00, 12:00, 18:00 of today first."""
    return list(DoseEvent.objects.filter(prescription=course).order_by("scheduled_time"))
