"""Doses of many patients as figures: one grouped statement, whatever the number of patients.

The index doses_patient_time covers what the statement reads, so patients who show everything and keep nothing private
cost no visit to the table. The few others (a scope, days, a private medicine) are read by a second, narrower one.
"""

from collections.abc import Collection, Iterator
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection

from apps.adherence.selectors import COUNTS
from apps.connections.choices import Ability
from apps.connections.rules import Grant, may
from apps.doctor_dashboard.rules import ALERT_DAYS, Pulse
from apps.doses.rules.figures import Figures

_PRIVATE = "SELECT DISTINCT patient_id FROM medications_medication WHERE private AND patient_id = ANY(%s)"
_NARROW = """
JOIN medications_medication m ON m.id = d.medication_id
JOIN unnest(%(some)s::uuid[], %(everything)s::bool[], %(first)s::date[], %(last)s::date[])
  AS g (patient_id, everything, first_day, last_day) ON g.patient_id = d.patient_id
"""
_NARROW_WHERE = """
  AND NOT m.private AND (g.everything OR d.prescription_id = ANY(%(courses)s))
  AND (g.first_day IS NULL OR d.local_date >= g.first_day) AND (g.last_day IS NULL OR d.local_date <= g.last_day)
"""
_TOTALS = f"""
SELECT d.patient_id, {COUNTS}
FROM doses_doseevent d {{join}}
WHERE d.patient_id = ANY(%(ids)s) AND d.scheduled_time >= %(start)s AND d.scheduled_time < %(now)s {{where}}
GROUP BY d.patient_id
"""  # noqa: S608  (columns are literals)
_DAYS = f"""
SELECT d.patient_id, d.local_date, {COUNTS}
FROM doses_doseevent d {{join}}
WHERE d.patient_id = ANY(%(ids)s) AND d.scheduled_time >= %(start)s AND d.scheduled_time < %(now)s {{where}}
GROUP BY d.patient_id, d.local_date
"""  # noqa: S608
_PULSE = """
WITH occasion AS (
  SELECT d.patient_id, d.scheduled_time, d.local_date,
    count(*) FILTER (WHERE d.status = 'TAKEN_ON_TIME') AS on_time,
    count(*) FILTER (WHERE d.status = 'TAKEN_LATE') AS late,
    count(*) FILTER (WHERE d.status = 'MISSED') AS missed, count(*) FILTER (WHERE d.status = 'SKIPPED') AS skipped,
    count(*) FILTER (WHERE d.skip_reason IN ('DOCTOR_ADVISED', 'PHARMACIST_ADVISED', 'LOW_READING', 'FASTING')
      AND d.status = 'SKIPPED') AS excused,
    count(*) FILTER (WHERE d.status = 'DUE') AS due,
    bool_or(d.status = 'SKIPPED' AND d.skip_reason = 'SIDE_EFFECTS') AS effects
  FROM doses_doseevent d {join}
  WHERE d.patient_id = ANY(%(ids)s) AND d.scheduled_time >= %(start)s AND d.scheduled_time < %(now)s {where}
  GROUP BY d.patient_id, d.scheduled_time, d.local_date
)
SELECT o.patient_id, sum(on_time)::int, sum(late)::int, sum(missed)::int, sum(skipped)::int, sum(excused)::int,
  sum(due)::int,
  coalesce(string_agg(CASE WHEN on_time + late > 0 THEN 'T' WHEN missed > 0 THEN 'M' WHEN skipped > 0 THEN 'S'
    ELSE 'D' END, '' ORDER BY o.scheduled_time) FILTER (WHERE o.local_date > t.today - %(alert)s::int), ''),
  count(DISTINCT o.local_date) FILTER (WHERE missed > 0 AND o.local_date > t.today - %(alert)s::int),
  max(o.local_date) FILTER (WHERE missed > 0), max(o.local_date) FILTER (WHERE effects)
FROM occasion o
JOIN (SELECT id, (%(now)s AT TIME ZONE timezone)::date AS today FROM users_user WHERE id = ANY(%(ids)s)) t
  ON t.id = o.patient_id
GROUP BY o.patient_id
"""


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None


def _rows(sql: str, grants: Collection[Grant], values: dict[str, Any]) -> Iterator[tuple[Any, ...]]:
    seen = [grant for grant in grants if may(grant, Ability.VIEW_ADHERENCE)]
    with connection.cursor() as cursor:
        cursor.execute(_PRIVATE, [[grant.patient_id for grant in seen]])
        secretive = {row[0] for row in cursor.fetchall()}
        whole: list[Grant] = []
        some: list[Grant] = []
        for grant in seen:
            everything = grant.prescription_ids is None or grant.adherence
            narrow = not everything or grant.from_date or grant.to_date or grant.patient_id in secretive
            (some if narrow else whole).append(grant)
        if whole:
            ids = [grant.patient_id for grant in whole]
            cursor.execute(sql.format(join="", where=""), values | {"ids": ids})
            yield from cursor.fetchall()
        if some:
            scope = {
                "ids": [grant.patient_id for grant in some],
                "some": [grant.patient_id for grant in some],
                "everything": [grant.prescription_ids is None or grant.adherence for grant in some],
                "first": [_day(grant.from_date) for grant in some],
                "last": [_day(grant.to_date) for grant in some],
                "courses": sorted(set().union(*(grant.prescription_ids or () for grant in some))),
            }
            cursor.execute(sql.format(join=_NARROW, where=_NARROW_WHERE), values | scope)
            yield from cursor.fetchall()


def figures_of(grants: Collection[Grant], *, days: int, now: datetime) -> dict[UUID, Figures]:
    """Counts of the last ``days`` times 24 hours of every patient that shows them."""
    values = {"start": now - timedelta(days=days), "now": now}
    return {row[0]: Figures(*row[1:]) for row in _rows(_TOTALS, grants, values)}


def figures_between(grants: Collection[Grant], *, start: datetime, end: datetime) -> dict[UUID, Figures]:
    """Counts between two instants."""
    return {row[0]: Figures(*row[1:]) for row in _rows(_TOTALS, grants, {"start": start, "now": end})}


def daily_of(grants: Collection[Grant], *, days: int, now: datetime) -> dict[UUID, dict[date, Figures]]:
    """The same by local day, for the bars beside a name."""
    values = {"start": now - timedelta(days=days), "now": now}
    found: dict[UUID, dict[date, Figures]] = {}
    for patient_id, day, *counts in _rows(_DAYS, grants, values):
        found.setdefault(patient_id, {})[day] = Figures(*counts)
    return found


def pulses_of(grants: Collection[Grant], *, days: int, now: datetime) -> list[Pulse]:
    """The last ``days`` of every patient that shows them: figures, misses in a row, side effects."""
    values = {"start": now - timedelta(days=days), "now": now, "alert": ALERT_DAYS}
    return [Pulse(row[0], Figures(*row[1:7]), *row[7:]) for row in _rows(_PULSE, grants, values)]
