"""The one clock. Everything that asks for the time asks here; a demonstration may move it for all processes at once.

The offset lives in the table ``core_clock`` (one row), because web, worker and the audit trigger must agree on it.
Settings other than local and test have ``CLOCK_MOVABLE = False``: then nothing but the system clock is read.
"""

import time
from datetime import UTC, datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import DatabaseError, connection

_REREAD_SECONDS = 0.5
_cached: tuple[float, timedelta] = (float("-inf"), timedelta())


def now() -> datetime:
    """The current instant in UTC."""
    moment = datetime.now(UTC)
    return moment + offset() if settings.CLOCK_MOVABLE else moment


def offset() -> timedelta:
    """How far the clock has been moved; zero where it may not be moved."""
    global _cached
    if not settings.CLOCK_MOVABLE:
        return timedelta()
    read_at, value = _cached
    if time.monotonic() - read_at < _REREAD_SECONDS:
        return value
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT moved_by FROM core_clock")
            row = cursor.fetchone()
    except (DatabaseError, RuntimeError):  # before the first migration, or in a test without a database
        return value
    value = row[0] if row else timedelta()
    _cached = (time.monotonic(), value)
    return value


def move(by: timedelta) -> timedelta:
    """Move the clock of every process forward by ``by`` (on top of earlier moves) and return the whole offset.

    Other processes follow within half a second. Raises ``PermissionError`` where the settings refuse it.
    """
    global _cached
    parameters: list[Any] = [by]  # psycopg adapts timedeltas; Django's stubs do not know
    if not settings.CLOCK_MOVABLE:
        raise PermissionError("the clock cannot be moved with these settings")
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO core_clock (id, moved_by) VALUES (1, %s) "
            "ON CONFLICT (id) DO UPDATE SET moved_by = core_clock.moved_by + excluded.moved_by RETURNING moved_by",
            parameters,
        )
        total: timedelta = cursor.fetchone()[0]
    _cached = (time.monotonic(), total)
    return total


def reset() -> None:
    """Set the clock back to the system's time."""
    global _cached
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM core_clock")
    _cached = (float("-inf"), timedelta())
