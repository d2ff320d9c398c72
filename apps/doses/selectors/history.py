"""Pages of past doses, with the percentage of the whole time."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db import connection

from apps.connections.access import access_grant
from apps.connections.rules import Grant
from apps.doses.choices import EXCUSED_SKIPS
from apps.doses.rules.figures import Figures
from apps.doses.selectors.scope import doses_visible
from apps.doses.wire import DOSE_COLUMNS, dose_wire
from apps.medications.models import Medication
from apps.medications.selectors import medication_of
from apps.users.models import User
from dastern.core.actor import Actor
from dastern.core.localtime import local_date

DEFAULT_DAYS = 30
_EXCUSED = sorted(EXCUSED_SKIPS)

_WHERE = """
FROM doses_doseevent d JOIN medications_medication m ON m.id = d.medication_id
WHERE d.patient_id = %s AND d.local_date BETWEEN %s AND %s
  AND d.scheduled_time BETWEEN %s::date - interval '1 day' AND %s::date + interval '2 days'
  AND (%s::uuid IS NULL OR d.medication_id = %s::uuid){visible}
"""
_COUNTS = (
    "SELECT d.status, count(*), count(*) FILTER (WHERE d.status = 'SKIPPED' AND d.skip_reason = ANY(%s))"
    + _WHERE
    + "GROUP BY d.status"
)
_PAGE = (
    f"SELECT {DOSE_COLUMNS}"
    + _WHERE
    + "AND (%s::text IS NULL OR d.status = %s::text) ORDER BY d.scheduled_time DESC, d.id LIMIT %s OFFSET %s"
)
_OF_MEDICINE_WHERE = """
FROM doses_doseevent d JOIN medications_medication m ON m.id = d.medication_id
WHERE d.medication_id = %s{visible}
"""
_OF_MEDICINE = f"SELECT {DOSE_COLUMNS}" + _OF_MEDICINE_WHERE + "ORDER BY d.scheduled_time DESC, d.id LIMIT %s OFFSET %s"


@dataclass(frozen=True, slots=True)
class Span:
    """Local days, both included."""

    start: date
    end: date


def span_of(patient_id: UUID, start: date | None, end: date | None, *, now: datetime) -> Span:
    """The days asked for: up to today in the patient's zone, thirty days long, where nothing else was said."""
    if end is None:
        zone = User.objects.values_list("timezone", flat=True).get(pk=patient_id)
        end = max(local_date(now, zone), start or date.min)
    return Span(start or date.fromordinal(max(end.toordinal() - DEFAULT_DAYS + 1, 1)), end)


def figures_between(grant: Grant, span: Span, *, medication_id: UUID | None = None) -> Figures:
    """Counts of the doses that the grant shows, in one grouped statement."""
    condition, values = doses_visible(grant)
    with connection.cursor() as cursor:
        cursor.execute(
            _COUNTS.replace("{visible}", condition), [_EXCUSED, *_range(grant, span, medication_id), *values]
        )
        rows = {status: (count, excused) for status, count, excused in cursor.fetchall()}

    def count(status: str) -> int:
        return int(rows.get(status, (0, 0))[0])

    return Figures(
        on_time=count("TAKEN_ON_TIME"),
        late=count("TAKEN_LATE"),
        missed=count("MISSED"),
        skipped=count("SKIPPED"),
        excused=int(rows.get("SKIPPED", (0, 0))[1]),
        due=count("DUE"),
    )


def doses_between(
    grant: Grant, span: Span, *, status: str | None, medication_id: UUID | None, limit: int, offset: int
) -> list[dict[str, Any]]:
    """A page of the doses that the grant shows, newest first."""
    condition, values = doses_visible(grant)
    with connection.cursor() as cursor:
        cursor.execute(
            _PAGE.replace("{visible}", condition),
            [*_range(grant, span, medication_id), *values, status, status, limit, offset],
        )
        return [dose_wire(row) for row in cursor.fetchall()]


def _range(grant: Grant, span: Span, medication_id: UUID | None) -> list[Any]:
    return [grant.patient_id, span.start, span.end, span.start, span.end, medication_id, medication_id]


def doses_of_medicine(
    viewer: Actor, medication_id: UUID, *, limit: int, offset: int
) -> tuple[list[dict[str, Any]], int]:
    """A page of all doses of one medicine that the viewer may see, newest first, and how many there are.

    Raises NotFound for a medicine that is absent or hidden.
    """
    medicine: Medication = medication_of(viewer, medication_id)
    condition, values = doses_visible(access_grant(viewer.user_id, medicine.patient_id))
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*)" + _OF_MEDICINE_WHERE.replace("{visible}", condition), [medicine.id, *values])
        total = int(cursor.fetchone()[0])
        cursor.execute(_OF_MEDICINE.replace("{visible}", condition), [medicine.id, *values, limit, offset])
        return [dose_wire(row) for row in cursor.fetchall()], total
