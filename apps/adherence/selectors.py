"""Figures of a patient, from one grouped statement; cached under the feed's revision, so never stale."""

from collections.abc import Callable, Collection
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

from django.core.cache import cache
from django.db import connection

from apps.adherence import rules
from apps.adherence.rules import Day
from apps.adherence.wire import monthly_wire, today_wire, weekly_wire
from apps.connections.access import access_require
from apps.connections.choices import Ability
from apps.connections.rules import Grant, Side, self_grant
from apps.doses.rules.figures import Figures
from apps.medications.selectors import medication_of
from apps.prescriptions.selectors import prescription_seen
from apps.users.models import User
from dastern.core import clock
from dastern.core.actor import Actor

CACHE_SECONDS = 300
STREAK_DAYS = 366
COUNTS = """
  count(*) FILTER (WHERE d.status = 'TAKEN_ON_TIME'), count(*) FILTER (WHERE d.status = 'TAKEN_LATE'),
  count(*) FILTER (WHERE d.status = 'MISSED'), count(*) FILTER (WHERE d.status = 'SKIPPED'),
  count(*) FILTER (WHERE d.status = 'SKIPPED'
    AND d.skip_reason IN ('DOCTOR_ADVISED', 'PHARMACIST_ADVISED', 'LOW_READING', 'FASTING')),
  count(*) FILTER (WHERE d.status = 'DUE')
"""
# The index doses_patient_time covers status, skip_reason and local_date: the own figures never visit the heap.
_DAYS = f"""
SELECT d.local_date, {COUNTS}
FROM doses_doseevent d {{join}}
WHERE d.patient_id = %s AND d.scheduled_time >= %s AND d.scheduled_time < %s AND d.local_date BETWEEN %s AND %s
  {{visible}}
GROUP BY d.local_date ORDER BY d.local_date
"""  # noqa: S608  (columns are literals)
_PATIENTS = f"""
SELECT d.patient_id, {COUNTS}
FROM doses_doseevent d
WHERE d.patient_id = ANY(%s) AND d.scheduled_time >= %s AND d.scheduled_time < %s
GROUP BY d.patient_id
"""  # noqa: S608
_WHERE_WE_ARE = """
SELECT (%s AT TIME ZONE u.timezone)::date, coalesce(f.revision, 0)
FROM users_user u LEFT JOIN sync_feed f ON f.user_id = u.id WHERE u.id = %s
"""
_MEDICINES = "JOIN medications_medication m ON m.id = d.medication_id"


def grant_over(viewer: Actor, patient_id: UUID | None, *, now: datetime) -> Grant:
    """The viewer's grant over the figures of ``patient_id`` (the own ones when None). Raises NotFound, audited."""
    if patient_id is None or patient_id == viewer.user_id:
        return self_grant(viewer.user_id)
    return access_require(viewer, patient_id, Ability.VIEW_ADHERENCE, resource_type="adherence", now=now)


def visible(grant: Grant) -> tuple[str, str, list[Any]]:
    """Join, condition and values: an own record needs none. A grant of figures covers all but private medicines."""
    if grant.side is Side.SELF:
        return "", "", []
    sql = "AND NOT m.private"
    values: list[Any] = []
    if grant.prescription_ids is not None and not grant.adherence:
        sql += " AND d.prescription_id = ANY(%s)"
        values.append(sorted(grant.prescription_ids))
    for bound, sign in ((grant.from_date, ">="), (grant.to_date, "<=")):
        if bound:
            sql += f" AND d.local_date {sign} %s"
            values.append(date.fromisoformat(bound))
    return _MEDICINES, sql, values


def days_between(grant: Grant, first: date, last: date, *, only: tuple[str, UUID] | None = None) -> list[Day]:
    """Counts of each local day with doses, in one statement. ``only``: ("prescription_id" | "medication_id", id)."""
    join, condition, values = visible(grant)
    if only:
        condition += f" AND d.{only[0]} = %s"
        values.append(only[1])
    start, end = bounds(first, last)
    with connection.cursor() as cursor:
        cursor.execute(_DAYS.format(join=join, visible=condition), [grant.patient_id, start, end, first, last, *values])
        return [Day(row[0], Figures(*row[1:])) for row in cursor.fetchall()]


def bounds(first: date, last: date) -> tuple[datetime, datetime]:
    """Instants around local days, for the index: they begin at most a day around the same day in UTC."""
    start = datetime.combine(first - timedelta(days=1), datetime.min.time(), tzinfo=UTC)
    return start, datetime.combine(last + timedelta(days=2), datetime.min.time(), tzinfo=UTC)


def figures_of_patients(patient_ids: Collection[UUID], *, days: int, now: datetime) -> dict[UUID, Figures]:
    """Counts of the last ``days`` times 24 hours for many patients, in one statement; for a doctor's list."""
    with connection.cursor() as cursor:
        cursor.execute(_PATIENTS, [list(patient_ids), now - timedelta(days=days), now])
        return {row[0]: Figures(*row[1:]) for row in cursor.fetchall()}


def where_we_are(patient_id: UUID, now: datetime) -> tuple[date, int]:
    """The patient's local day and the revision of the feed."""
    with connection.cursor() as cursor:
        cursor.execute(_WHERE_WE_ARE, [now, patient_id])
        row = cursor.fetchone()
    return (row[0], int(row[1])) if row else (now.date(), 0)


def _cached(grant: Grant, kind: str, day: date, revision: int, make: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """The own figures from the cache. A cache that is down says nothing and the database answers."""
    if grant.side is not Side.SELF:
        return make()
    key = f"adherence:{grant.patient_id}:{kind}:{day.isoformat()}:{revision}"
    found: dict[str, Any] | None = cache.get(key)
    if found is None:
        found = make()
        cache.set(key, found, CACHE_SECONDS)
    return found


def daily(viewer: Actor, *, patient_id: UUID | None, day: date | None = None) -> dict[str, Any]:
    """Figures of a local day, today when None."""
    now = clock.now()
    grant = grant_over(viewer, patient_id, now=now)
    today, revision = where_we_are(grant.patient_id, now)
    wanted = day or today

    def make() -> dict[str, Any]:
        return today_wire(*rules.filled(days_between(grant, wanted, wanted), wanted, 1))

    return _cached(grant, "daily", wanted, revision, make)


def weekly(viewer: Actor, *, patient_id: UUID | None) -> dict[str, Any]:
    """Figures of the last 7 local days."""
    return _period(viewer, patient_id, "weekly", rules.WEEK, weekly_wire)


def monthly(viewer: Actor, *, patient_id: UUID | None) -> dict[str, Any]:
    """Figures of the last 30 local days."""
    return _period(viewer, patient_id, "monthly", rules.MONTH, monthly_wire)


def _period(
    viewer: Actor,
    patient_id: UUID | None,
    kind: str,
    count: int,
    wire: Callable[[list[Day]], dict[str, Any]],
) -> dict[str, Any]:
    now = clock.now()
    grant = grant_over(viewer, patient_id, now=now)
    today, revision = where_we_are(grant.patient_id, now)

    def make() -> dict[str, Any]:
        first = today - timedelta(days=count - 1)
        return wire(rules.filled(days_between(grant, first, today), today, count))

    return _cached(grant, kind, today, revision, make)


def trend(viewer: Actor, *, patient_id: UUID | None, days: int) -> list[Day]:
    """The last ``days`` local days, oldest first."""
    now = clock.now()
    grant = grant_over(viewer, patient_id, now=now)
    today, _revision = where_we_are(grant.patient_id, now)
    return rules.filled(days_between(grant, today - timedelta(days=days - 1), today), today, days)


def streak(viewer: Actor, *, patient_id: UUID | None) -> tuple[int, int]:
    """(current, best) of the last year."""
    return rules.streaks(trend(viewer, patient_id=patient_id, days=STREAK_DAYS))


def of_prescription(viewer: Actor, prescription_id: UUID) -> Figures:
    """Figures of one course over its whole time. Raises NotFound."""
    now = clock.now()
    prescription, _position = prescription_seen(viewer, prescription_id, now=now)
    return _of(viewer, prescription.patient_id, ("prescription_id", prescription_id), now)


def of_medication(viewer: Actor, medication_id: UUID) -> Figures:
    """Figures of one medicine over its whole time. Raises NotFound."""
    medication = medication_of(viewer, medication_id)
    return _of(viewer, medication.patient_id, ("medication_id", medication_id), clock.now())


def _of(viewer: Actor, patient_id: UUID, only: tuple[str, UUID], now: datetime) -> Figures:
    grant = grant_over(viewer, patient_id, now=now)
    today, _revision = where_we_are(patient_id, now)
    return rules.summed(days_between(grant, date(2000, 1, 1), today, only=only))


def progress_of_today(user: User, now: datetime) -> tuple[int, int]:
    """(taken, scheduled) of a patient's local day; for the home screen."""
    grant = self_grant(user.id)
    today, _revision = where_we_are(user.id, now)
    figures = rules.summed(days_between(grant, today, today))
    return figures.taken, figures.total
