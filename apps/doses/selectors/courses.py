"""How far courses are: counts and what comes next, for screens that show a course and not its doses."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from django.db import connection

from apps.connections.rules import Grant
from apps.doses.rules.windows import CLOSES, EARLIEST
from apps.doses.selectors.scope import doses_visible

_STANDING = """
SELECT d.prescription_id, count(*) FILTER (WHERE d.status IN ('TAKEN_ON_TIME', 'TAKEN_LATE')),
  count(*) FILTER (WHERE d.status <> 'DUE'),
  min(d.scheduled_time) FILTER (WHERE d.status = 'DUE' AND d.scheduled_time > %s)
FROM doses_doseevent d JOIN medications_medication m ON m.id = d.medication_id
WHERE d.prescription_id = ANY(%s){visible}
GROUP BY d.prescription_id
"""
_SLOT = """
SELECT d.local_date, d.time_period, array_agg(d.id ORDER BY d.id) FILTER (WHERE d.status IN ('DUE', 'MISSED'))
FROM doses_doseevent d
WHERE d.prescription_id = %s AND d.scheduled_time <= %s AND d.scheduled_time > %s
GROUP BY d.local_date, d.time_period, d.scheduled_time ORDER BY d.scheduled_time DESC LIMIT 1
"""


@dataclass(frozen=True, slots=True)
class CourseStanding:
    """Of one course: doses taken, doses that are no longer open, and when the next one is due."""

    taken: int = 0
    closed: int = 0
    next_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class SlotAround:
    """The slot of a course that a person would mark now: its day, and those of its doses nobody has recorded."""

    day: date
    open_ids: list[UUID]


def courses_standing(grant: Grant, prescription_ids: Collection[UUID], *, now: datetime) -> dict[UUID, CourseStanding]:
    """Of one patient's courses, what the grant shows, in one statement."""
    condition, values = doses_visible(grant)
    with connection.cursor() as cursor:
        cursor.execute(_STANDING.replace("{visible}", condition), [now, list(prescription_ids), *values])
        return {row[0]: CourseStanding(*row[1:]) for row in cursor.fetchall()}


def slot_around(prescription_id: UUID, *, now: datetime) -> SlotAround | None:
    """The latest slot of a course whose window is open at ``now``; None when none is within reach."""
    with connection.cursor() as cursor:
        cursor.execute(_SLOT, [prescription_id, now - EARLIEST, now - CLOSES])
        row = cursor.fetchone()
    return SlotAround(row[0], list(row[2] or [])) if row else None
