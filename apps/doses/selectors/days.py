"""The hot reads: a day of doses, what comes next. Prepared SQL, one statement for the patient."""

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from apps.connections.access import access_grant, access_require
from apps.connections.choices import Ability
from apps.connections.rules import Grant, Side, may, self_grant
from apps.doses.choices import EXCUSED_SKIPS
from apps.doses.models import DoseEvent
from apps.doses.rules.figures import Figures
from apps.doses.selectors.scope import doses_visible
from apps.doses.wire import DOSE_COLUMNS, PRN_COLUMNS, dose_wire, prn_wire
from dastern.core import clock
from dastern.core.actor import Actor
from dastern.core.reading import binary_cursor

_DAY = timedelta(days=1)
KEPT_ON_PHONES = timedelta(days=90)

# The day is the patient's; index doses_patient_time gives the three days around it, local_date the one.
_OF_DAY = f"""
SELECT u.day, {DOSE_COLUMNS}
FROM (SELECT id, coalesce(%s::date, (%s AT TIME ZONE timezone)::date) AS day FROM users_user WHERE id = %s) u
LEFT JOIN (doses_doseevent d JOIN medications_medication m ON m.id = d.medication_id)
  ON d.patient_id = u.id AND d.local_date = u.day
 AND d.scheduled_time >= u.day - interval '1 day' AND d.scheduled_time < u.day + interval '2 days'{{visible}}
ORDER BY d.scheduled_time, d.id
"""  # noqa: S608  (columns are literals)
_NEXT = f"""
SELECT {DOSE_COLUMNS}
FROM doses_doseevent d JOIN medications_medication m ON m.id = d.medication_id
WHERE d.patient_id = %s AND d.scheduled_time >= %s AND d.status = 'DUE'{{visible}}
ORDER BY d.scheduled_time, d.id LIMIT %s
"""  # noqa: S608
_BY_ID = f"""
SELECT {DOSE_COLUMNS}
FROM doses_doseevent d JOIN medications_medication m ON m.id = d.medication_id
WHERE d.id = ANY(%s) AND d.patient_id = %s AND d.scheduled_time > %s{{visible}}
"""  # noqa: S608
_PRN_BY_ID = f"""
SELECT {PRN_COLUMNS}
FROM doses_prnintake p JOIN medications_medication m ON m.id = p.medication_id
JOIN users_user u ON u.id = p.patient_id
CROSS JOIN LATERAL (SELECT m.prescription_id, (p.taken_at AT TIME ZONE u.timezone)::date AS local_date) d
WHERE p.id = ANY(%s) AND p.patient_id = %s AND p.taken_at > %s{{visible}}
"""  # noqa: S608


# What somebody else must know before marking a dose (domain.md §7.3).
_LATELY = """
SELECT (SELECT max(d.taken_at) FROM doses_doseevent d JOIN medications_medication m ON m.id = d.medication_id
        WHERE d.patient_id = f.user_id AND d.scheduled_time > %s
          AND d.status IN ('TAKEN_ON_TIME', 'TAKEN_LATE'){visible}), f.seen_at
FROM sync_feed f WHERE f.user_id = %s
"""


@dataclass(frozen=True, slots=True)
class DayOfDoses:
    """A local day: its doses as they go over the wire, in the order of the plan, and their figures.

    The last intake and the patient's last sync are told to others only.
    """

    date: date
    doses: list[dict[str, Any]]
    last_intake_at: datetime | None = None
    last_sync_at: datetime | None = None

    @property
    def figures(self) -> Figures:
        """Counts of the day."""
        return figures_of(self.doses)


def figures_of(doses: Collection[Mapping[str, Any]]) -> Figures:
    """Counts of doses of the wire."""
    count = Counter(dose["status"] for dose in doses)
    return Figures(
        on_time=count["TAKEN_ON_TIME"],
        late=count["TAKEN_LATE"],
        missed=count["MISSED"],
        skipped=count["SKIPPED"],
        excused=sum(dose["status"] == "SKIPPED" and dose["skipReason"] in EXCUSED_SKIPS for dose in doses),
        due=count["DUE"],
    )


def viewer_grant(viewer: Actor, patient_id: UUID | None, *, now: datetime) -> Grant:
    """The viewer's grant over the doses of ``patient_id`` (the own record when None), through the access door.

    Raises NotFound, and audits the denial.
    """
    if patient_id is None or patient_id == viewer.user_id:
        return self_grant(viewer.user_id)
    return access_require(viewer, patient_id, Ability.VIEW_DOSES, resource_type="doses", now=now)


def doses_of_day(
    viewer: Actor, *, patient_id: UUID | None = None, day: date | None = None, now: datetime | None = None
) -> DayOfDoses:
    """The doses of a local day (today when None) that the viewer may see. Raises NotFound."""
    moment = now or clock.now()
    grant = viewer_grant(viewer, patient_id, now=moment)
    found = day_granted(grant, day=day, now=moment)
    if grant.side is Side.SELF:
        return found
    condition, values = doses_visible(grant)
    with binary_cursor() as cursor:
        cursor.execute(_LATELY.replace("{visible}", condition), [moment - 3 * _DAY, *values, grant.patient_id])
        last_intake_at, last_sync_at = cursor.fetchone()
    return replace(found, last_intake_at=last_intake_at, last_sync_at=last_sync_at)


def day_granted(grant: Grant, *, day: date | None, now: datetime) -> DayOfDoses:
    """``doses_of_day`` behind the door."""
    condition, values = doses_visible(grant)
    with binary_cursor() as cursor:
        cursor.execute(_OF_DAY.replace("{visible}", condition), [day, now, grant.patient_id, *values])
        rows = cursor.fetchall()
    return DayOfDoses(rows[0][0], [dose_wire(row[1:]) for row in rows if row[1] is not None])


def doses_upcoming(
    viewer: Actor, *, patient_id: UUID | None = None, limit: int = 10, now: datetime | None = None
) -> list[dict[str, Any]]:
    """The next DUE doses that the viewer may see, soonest first. Raises NotFound."""
    moment = now or clock.now()
    grant = viewer_grant(viewer, patient_id, now=moment)
    condition, values = doses_visible(grant)
    with binary_cursor() as cursor:
        cursor.execute(_NEXT.replace("{visible}", condition), [grant.patient_id, moment, *values, limit])
        return [dose_wire(row) for row in cursor.fetchall()]


def has_come_due(prescription_id: UUID, day: date, *, now: datetime) -> bool:
    """Whether a dose of this prescription was planned on the local ``day`` up to ``now``. Callers hold its lock."""
    return DoseEvent.objects.filter(prescription_id=prescription_id, local_date=day, scheduled_time__lte=now).exists()


def doses_load(viewer: Actor, owner_id: UUID, ids: Collection[UUID]) -> dict[UUID, dict[str, Any]]:
    """Loader of the sync resource ``doses``: of the last 90 days and ahead, what the viewer may see."""
    return _load(viewer, owner_id, ids, _BY_ID, dose_wire)


def prn_load(viewer: Actor, owner_id: UUID, ids: Collection[UUID]) -> dict[UUID, dict[str, Any]]:
    """Loader of the sync resource ``prnIntakes``, as ``doses_load``."""
    return _load(viewer, owner_id, ids, _PRN_BY_ID, prn_wire)


def _load(viewer: Actor, owner_id: UUID, ids: Collection[UUID], sql: str, wire: Any) -> dict[UUID, dict[str, Any]]:
    now = clock.now()
    grant = self_grant(owner_id) if viewer.id == owner_id else access_grant(viewer.user_id, owner_id, now=now)
    if not may(grant, Ability.VIEW_DOSES):
        return {}
    condition, values = doses_visible(grant)
    with binary_cursor() as cursor:
        parameters = [list(ids), owner_id, now - KEPT_ON_PHONES, *values]
        cursor.execute(sql.replace("{visible}", condition), parameters)
        return {row[0]: wire(row) for row in cursor.fetchall()}
