"""The missed job (domain.md §2.6): whoever recorded nothing in time is told "not recorded", once.

MISSED is an inference; a later testimony inside its window wins (judging.py) and sends one correction.
"""

import time
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import connection, transaction

from apps.audit.choices import AuditAction
from apps.audit.services import audit_entry, audit_record_many
from apps.doses import topics
from apps.doses.choices import WithdrawReason
from apps.doses.rules.alerts import family_alert_at
from apps.doses.rules.windows import CLOSES
from dastern.core.actor import SYSTEM
from dastern.outbox.services import Announcement, outbox_add_many

BATCH = 500

# The status is a literal, else a prepared plan could not use the partial index doses_overdue. A course is in force
# while ACTIVE, and until its last doses are closed when it ended by itself on its last day.
_IN_FORCE = """u.account_status <> 'DELETION_PENDING' AND (
  p.status = 'ACTIVE'
  OR p.status = 'INACTIVE' AND (p.stopped_at AT TIME ZONE u.timezone)::date > p.last_day)"""
_OVERDUE = f"""
FROM doses_doseevent d
JOIN prescriptions_prescription p ON p.id = d.prescription_id
JOIN users_user u ON u.id = d.patient_id
WHERE d.status = 'DUE' AND d.overdue_at < %s AND (({_IN_FORCE}) OR d.scheduled_time < %s)
"""
CANDIDATES = f"""
SELECT DISTINCT patient_id FROM (SELECT d.patient_id {_OVERDUE} ORDER BY d.overdue_at LIMIT %s) AS overdue
"""  # noqa: S608  (literals of this module)
_FEEDS = "SELECT user_id FROM sync_feed WHERE user_id = ANY(%s) ORDER BY user_id FOR UPDATE SKIP LOCKED"
_CLAIM = f"""
SELECT d.id, d.patient_id, d.scheduled_time, d.grace_minutes, u.family_alert_minutes,
  (SELECT m.time_critical FROM medications_medication m WHERE m.id = d.medication_id), ({_IN_FORCE}), p.status
{_OVERDUE} AND d.patient_id = ANY(%s)
ORDER BY d.overdue_at LIMIT %s FOR UPDATE OF d SKIP LOCKED
"""  # noqa: S608
_MARK = "UPDATE doses_doseevent SET status = 'MISSED', missed_at = %s WHERE id = ANY(%s) AND status = 'DUE'"
_DROP = """
WITH gone AS (DELETE FROM doses_doseevent WHERE id = ANY(%s) AND status = 'DUE' RETURNING *)
INSERT INTO doses_withdrawndose (id, prescription_id, medication_id, patient_id, scheduled_time, local_date,
  time_period, reminder_time, amount, grace_minutes, overdue_at, half_interval_minutes, follows_meal, version_number,
  withdrawn_at, reason)
SELECT id, prescription_id, medication_id, patient_id, scheduled_time, local_date, time_period, reminder_time, amount,
  grace_minutes, overdue_at, half_interval_minutes, follows_meal, version_number, %s, %s
FROM gone
"""


@dataclass(frozen=True, slots=True)
class _Overdue:
    id: UUID
    patient_id: UUID
    scheduled: datetime
    grace_minutes: int
    family_minutes: int
    time_critical: bool
    in_force: bool
    prescription_status: str


def doses_mark_missed(*, now: datetime, limit_seconds: float = 45) -> int:
    """Mark every dose MISSED that nobody recorded by its deadline, and announce it. Returns how many.

    Only while the course is in force and the patient was asked to take it. What became overdue shortly before a pause
    or stop may be recorded for a day; then it leaves the schedule, so that nothing stays open for ever.

    1. Find patients with overdue doses (partial index; the cost follows the overdue rows, not the table).
    2. Lock their feeds, leaving out those that somebody holds: the next round or the next minute takes them.
    3. Claim up to 500 of their doses with SKIP LOCKED, mark them, write audit rows and announcements: one transaction.

    Two runs at once share the work; a run that is killed leaves whole batches behind and nothing half done.
    """
    started, marked = time.monotonic(), 0
    while time.monotonic() - started < limit_seconds:
        claimed, missed = _batch(now)
        marked += missed
        if claimed < BATCH:
            break
    return marked


def doses_overdue_count(*, now: datetime) -> int:
    """How many doses wait for the job, for the metrics: stays near zero while it runs."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) {_OVERDUE}", [now, now - CLOSES])
        return int(cursor.fetchone()[0])


@transaction.atomic
def _batch(now: datetime) -> tuple[int, int]:
    """One batch: how many doses it claimed, and how many of them are MISSED now."""
    with connection.cursor() as cursor:
        cursor.execute(CANDIDATES, [now, now - CLOSES, BATCH])
        patients = [row[0] for row in cursor.fetchall()]
        if not patients:
            return 0, 0
        cursor.execute(_FEEDS, [patients])
        held = [row[0] for row in cursor.fetchall()]
        cursor.execute(_CLAIM, [now, now - CLOSES, held, BATCH])
        claimed = [_Overdue(*row) for row in cursor.fetchall()]
        missed = [dose for dose in claimed if dose.in_force]
        if missed:
            cursor.execute(_MARK, [now, [dose.id for dose in missed]])
        for reason, ids in _unasked(claimed).items():
            cursor.execute(_DROP, [ids, now, reason])
    audit_record_many(
        audit_entry(
            AuditAction.DOSE_MISSED, actor=SYSTEM, resource_type="dose", resource_id=dose.id,
            patient_id=dose.patient_id, details={"scheduledTime": dose.scheduled.isoformat()},
        )
        for dose in missed
    )  # fmt: skip
    outbox_add_many(_announcements(missed, now))
    return len(claimed), len(missed)


def _unasked(claimed: Iterable[_Overdue]) -> Mapping[str, list[UUID]]:
    found: dict[str, list[UUID]] = defaultdict(list)
    for dose in claimed:
        if not dose.in_force:
            paused = dose.prescription_status == "PAUSED"
            found[WithdrawReason.PAUSED if paused else WithdrawReason.STOPPED].append(dose.id)
    return found


def _announcements(missed: Sequence[_Overdue], now: datetime) -> list[Announcement]:
    """One message a patient at once, and one a patient and instant for the family."""
    told: dict[UUID, list[str]] = defaultdict(list)
    family: dict[tuple[UUID, datetime], list[str]] = defaultdict(list)
    for dose in missed:
        told[dose.patient_id].append(str(dose.id))
        at = family_alert_at(
            dose.scheduled,
            grace_minutes=dose.grace_minutes,
            family_minutes=dose.family_minutes,
            time_critical=dose.time_critical,
        )
        family[dose.patient_id, max(at, now)].append(str(dose.id))
    return [
        Announcement(topics.MISSED, {"patientId": str(patient), "doseIds": ids}, group_key=str(patient))
        for patient, ids in told.items()
    ] + [
        Announcement(topics.MISSED_FAMILY, {"patientId": str(patient), "doseIds": ids}, group_key=str(patient), at=at)
        for (patient, at), ids in family.items()
    ]
