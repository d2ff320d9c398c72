"""A month day by day, and medicine by medicine, with who said each thing: self, caregiver, offline later, system."""

import calendar
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Exists, OuterRef, QuerySet

from apps.adherence import rules
from apps.adherence.rules import Day
from apps.adherence.selectors import COUNTS, bounds, days_between, grant_over, visible, where_we_are
from apps.connections.choices import Ability
from apps.connections.rules import Grant, Side, may
from apps.doses.models import DoseEvent
from apps.doses.rules.figures import Figures
from apps.doses.selectors.history import Span, doses_between
from apps.medications.models import Medication
from dastern.core import clock
from dastern.core.actor import Actor

_MOST_DOSES = 31 * 40  # of a month; nobody takes forty medicines a day
_BY_SOURCE = """
SELECT d.{key}, d.source, count(*)
FROM doses_doseevent d {join}
WHERE d.patient_id = %s AND d.scheduled_time >= %s AND d.scheduled_time < %s AND d.local_date BETWEEN %s AND %s
  AND d.status <> 'DUE' AND d.source <> '' {visible}
GROUP BY d.{key}, d.source
"""
_BY_MEDICINE = f"""
SELECT d.medication_id, {COUNTS}
FROM doses_doseevent d {{join}}
WHERE d.patient_id = %s AND d.scheduled_time >= %s AND d.scheduled_time < %s AND d.local_date BETWEEN %s AND %s
  AND d.medication_id = ANY(%s) {{visible}}
GROUP BY d.medication_id
"""  # noqa: S608  (columns are literals)


@dataclass(frozen=True, slots=True)
class CalendarDay:
    """A local day: its counts, how its records came about, and those of its doses that the viewer may see."""

    day: Day
    sources: dict[str, int] = field(default_factory=dict)
    doses: list[dict[str, Any]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class MedicineFigures:
    """A medicine, its counts and how its records came about."""

    medication: Medication
    figures: Figures
    sources: dict[str, int]


def month(viewer: Actor, *, patient_id: UUID | None, first: date | None) -> list[CalendarDay]:
    """The days of the month that begins on ``first`` (the present one when None). Raises NotFound (audited).

    Three statements, however many doses. Somebody who was granted the figures alone gets no doses.
    """
    now = clock.now()
    grant = grant_over(viewer, patient_id, now=now)
    begin = first or where_we_are(grant.patient_id, now)[0].replace(day=1)
    count = calendar.monthrange(begin.year, begin.month)[1]
    last = begin + timedelta(days=count - 1)
    days = rules.filled(days_between(grant, begin, last), last, count)
    sources = _sources(grant, "local_date", begin, last)
    doses: dict[str, list[dict[str, Any]]] = {}
    if may(grant, Ability.VIEW_DOSES):
        shown = doses_between(grant, Span(begin, last), status=None, medication_id=None, limit=_MOST_DOSES, offset=0)
        for dose in reversed(shown):
            doses.setdefault(dose["localDate"], []).append(dose)
    return [CalendarDay(day, sources.get(day.date, {}), doses.get(day.date.isoformat(), [])) for day in days]


def _sources(grant: Grant, key: str, first: date, last: date) -> dict[Any, dict[str, int]]:
    join, condition, values = visible(grant)
    found: dict[Any, dict[str, int]] = {}
    with connection.cursor() as cursor:
        cursor.execute(
            _BY_SOURCE.format(key=key, join=join, visible=condition),
            [grant.patient_id, *bounds(first, last), first, last, *values],
        )
        for what, source, count in cursor.fetchall():
            found.setdefault(what, {})[source] = count
    return found


def medicines(viewer: Actor, *, patient_id: UUID | None, days: int) -> "MedicineList":
    """The medicines of which doses were planned in the last ``days`` local days, by name. Raises NotFound (audited).

    Names are shown to those who may see the doses; a grant of figures alone shows none.
    """
    now = clock.now()
    grant = grant_over(viewer, patient_id, now=now)
    today, _revision = where_we_are(grant.patient_id, now)
    first = today - timedelta(days=days - 1)
    planned = DoseEvent.objects.filter(
        medication=OuterRef("pk"), patient_id=grant.patient_id, local_date__range=(first, today)
    )
    rows = Medication.objects.filter(Exists(planned), patient_id=grant.patient_id)
    if not may(grant, Ability.VIEW_DOSES):
        rows = rows.none()
    if grant.side is not Side.SELF:
        rows = rows.filter(private=False)
        if grant.prescription_ids is not None:
            rows = rows.filter(prescription_id__in=grant.prescription_ids)
    return MedicineList(grant, first, today, rows.order_by("medicine_name", "id"))


@dataclass(frozen=True, slots=True)
class MedicineList:
    """Medicines to be shown page by page, and the days that count."""

    grant: Grant
    first: date
    last: date
    rows: QuerySet[Medication]

    def figures(self, page: Collection[Medication]) -> list[MedicineFigures]:
        """The counts of one page, in two statements."""
        join, condition, values = visible(self.grant)
        span = [*bounds(self.first, self.last), self.first, self.last]
        with connection.cursor() as cursor:
            cursor.execute(
                _BY_MEDICINE.format(join=join, visible=condition),
                [self.grant.patient_id, *span, [row.pk for row in page], *values],
            )
            counts = {row[0]: Figures(*row[1:]) for row in cursor.fetchall()}
        sources = _sources(self.grant, "medication_id", self.first, self.last)
        return [MedicineFigures(row, counts.get(row.pk, Figures()), sources.get(row.pk, {})) for row in page]
