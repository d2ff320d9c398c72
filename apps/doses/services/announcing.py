"""Outbox handlers: who is told what about doses.

Each handler asks again what stands now: a dose recorded meanwhile is not alerted, a grant that ended gets nothing.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection

from apps.connections.access import access_grants_over_patients
from apps.connections.choices import Ability
from apps.connections.plan import caregivers_within_plan
from apps.connections.rules import Grant, may
from apps.doses import topics
from apps.doses.rules.alerts import is_told_late, times_text
from apps.notifications.choices import NotificationType
from apps.notifications.models import NotifiedSubject
from apps.notifications.services import notification_send, subjects_untold
from dastern.core import clock
from dastern.outbox import registry
from dastern.outbox.models import OutboxMessage
from dastern.sync.feed import feed_lock


@dataclass(frozen=True, slots=True)
class Subject:
    """A dose that somebody is told about."""

    id: UUID
    patient_id: UUID
    prescription_id: UUID
    scheduled: datetime
    overdue_at: datetime
    status: str
    private: bool
    time_critical: bool
    doctor_id: UUID | None
    patient_name: str
    zone: str
    alerted_at: datetime | None


_SUBJECTS = """
SELECT d.id, d.patient_id, d.prescription_id, d.scheduled_time, d.overdue_at, {status}, m.private, m.time_critical,
  p.doctor_id, u.full_name, u.timezone, {alerted}
FROM {table} d
JOIN medications_medication m ON m.id = d.medication_id
JOIN prescriptions_prescription p ON p.id = d.prescription_id
JOIN users_user u ON u.id = d.patient_id
WHERE d.id = ANY(%s) AND u.account_status <> 'DELETION_PENDING'
ORDER BY d.scheduled_time, d.id {lock}
"""
_STANDING = {"table": "doses_doseevent", "status": "d.status", "alerted": "d.missed_alert_at"}
_GONE = {"table": "doses_withdrawndose", "status": "'WITHDRAWN'", "alerted": "NULL::timestamptz", "lock": ""}
_ALERTED = "UPDATE doses_doseevent SET missed_alert_at = %s WHERE id = ANY(%s) AND missed_alert_at IS NULL"


def _read(ids: Iterable[str], *, lock: bool = False, withdrawn: bool = False) -> list[Subject]:
    parts = _GONE if withdrawn else {**_STANDING, "lock": "FOR UPDATE OF d" if lock else ""}
    with connection.cursor() as cursor:
        cursor.execute(_SUBJECTS.format(**parts), [[UUID(text) for text in ids]])
        return [Subject(*row) for row in cursor.fetchall()]


def _named(messages: Sequence[OutboxMessage]) -> list[str]:
    """The doses of a group of messages, each once."""
    found: dict[str, None] = {}
    for message in messages:
        found.update(dict.fromkeys(message.payload.get("doseIds") or [message.payload["doseId"]]))
    return list(found)


def _tell(
    recipient_id: UUID,
    doses: Sequence[Subject],
    *,
    template: str,
    about: str,
    now: datetime,
    type: NotificationType = NotificationType.MISSED_DOSE_ALERT,  # noqa: A002  (the field's own name)
    data: Mapping[str, Any] | None = None,
) -> list[Subject]:
    """Tell one person of those ``doses`` of which the person was never told ``about``. Returns them."""
    subjects = {f"{about}:{dose.id}": dose for dose in doses}
    untold = [subjects[name] for name in subjects_untold(recipient_id, list(subjects))]
    if not untold:
        return []
    first = untold[0]
    notification_send(
        recipient_id=recipient_id,
        type=type,
        template=template,
        context={
            "name": first.patient_name,
            "count": len(untold),
            "times": times_text((dose.scheduled for dose in untold), first.zone, now),
        },
        data={
            "patientId": str(first.patient_id),
            "doseIds": [str(dose.id) for dose in untold],
            **({"critical": True} if any(dose.time_critical for dose in untold) else {}),
            **(data or {}),
        },
        subjects=[f"{about}:{dose.id}" for dose in untold],
    )
    return untold


def _template(name: str, doses: Iterable[Subject], now: datetime) -> str:
    return f"{name}_late" if any(is_told_late(dose.overdue_at, now) for dose in doses) else name


# --- missed ---------------------------------------------------------------------------------------------------------


def missed_tell_patient(messages: Sequence[OutboxMessage]) -> None:
    """Tell the patient, at once and in one message: "not recorded", never "take it now"."""
    now = clock.now()
    missed = [dose for dose in _read(_named(messages)) if dose.status == "MISSED"]
    if missed:
        template = _template("doses.missed", missed, now)
        _tell(missed[0].patient_id, missed, template=template, about="missed", now=now)


def missed_tell_family(messages: Sequence[OutboxMessage]) -> None:
    """Tell the caregivers entitled to it, each in one message; every dose once for ever.

    Locks: the feeds of all who will be told, then the doses; so a mark at this moment either comes before (nothing is
    told) or after (and corrects).
    """
    now = clock.now()
    patient_id = UUID(messages[0].payload["patientId"])
    caregivers = caregivers_to_alert(patient_id, now)
    if not caregivers:
        return
    feed_lock([patient_id, *(grant.viewer_id for grant in caregivers)])
    missed = [
        dose
        for dose in _read(_named(messages), lock=True)
        if dose.status == "MISSED" and dose.alerted_at is None and not dose.private
    ]
    told: set[UUID] = set()
    for grant in caregivers:
        mine = [dose for dose in missed if may(grant, Ability.RECEIVE_ALERTS, prescription_id=dose.prescription_id)]
        template = _template("doses.missed_family", mine, now)
        told |= {dose.id for dose in _tell(grant.viewer_id, mine, template=template, about="missed", now=now)}
    if told:
        with connection.cursor() as cursor:
            cursor.execute(_ALERTED, [now, sorted(told)])


def caregivers_to_alert(patient_id: UUID, now: datetime) -> list[Grant]:
    """Caregivers whose alerts are on, the oldest links within the plan's limit (domain.md §2.8, §2.10); no doctors."""
    grants = access_grants_over_patients([patient_id], now=now)
    within = caregivers_within_plan(patient_id, grants)
    return [grant for grant in within if may(grant, Ability.RECEIVE_ALERTS)]


def taken_after_all_tell(messages: Sequence[OutboxMessage]) -> None:
    """Correct an alert: those of the family who were told of the miss hear, once, that it was taken."""
    now = clock.now()
    taken = [dose for dose in _read(_named(messages)) if dose.status in {"TAKEN_ON_TIME", "TAKEN_LATE"}]
    if not taken:
        return
    patient_id = taken[0].patient_id
    alerted: dict[UUID, set[str]] = {}
    names = [f"missed:{dose.id}" for dose in taken]
    for recipient, name in NotifiedSubject.objects.filter(subject__in=names).values_list("recipient_id", "subject"):
        alerted.setdefault(recipient, set()).add(name)
    grants = {grant.viewer_id: grant for grant in access_grants_over_patients([patient_id], now=now)}
    for recipient in sorted(alerted.keys() & grants.keys()):
        mine = [
            dose
            for dose in taken
            if f"missed:{dose.id}" in alerted[recipient]
            and may(grants[recipient], Ability.VIEW_DOSES, prescription_id=dose.prescription_id)
        ]
        _tell(recipient, mine, template="doses.taken_after_all", about="taken", now=now)


# --- doubts ---------------------------------------------------------------------------------------------------------


def possible_double_ask(messages: Sequence[OutboxMessage]) -> None:
    """Ask the patient and whoever recorded, once each: one dose or two (domain.md §7.3)?"""
    now = clock.now()
    for message in messages:
        for dose in _read([message.payload["doseId"]]):
            people = {UUID(text) for text in message.payload["recorders"]} | {dose.patient_id}
            for person in sorted(_still_entitled(people, dose, now)):
                _tell(
                    person, [dose], template="doses.possible_double", about="double", now=now,
                    type=NotificationType.FAMILY_ALERT, data={"question": "ONE_OR_TWO"},
                )  # fmt: skip


def _still_entitled(people: Collection[UUID], dose: Subject, now: datetime) -> set[UUID]:
    entitled = {dose.patient_id} & set(people)
    if others := set(people) - entitled:
        entitled |= {
            grant.viewer_id
            for grant in access_grants_over_patients([dose.patient_id], now=now)
            if grant.viewer_id in others and may(grant, Ability.VIEW_DOSES, prescription_id=dose.prescription_id)
        }
    return entitled


# --- prescribers ----------------------------------------------------------------------------------------------------


def _tell_prescriber(dose: Subject, *, template: str, about: str, now: datetime) -> None:
    """Tell the doctor who wrote the prescription, while the patient's link to that doctor holds."""
    if dose.doctor_id and dose.doctor_id in _still_entitled({dose.doctor_id}, dose, now):
        _tell(
            dose.doctor_id, [dose], template=template, about=about, now=now,
            type=NotificationType.PRESCRIPTION_UPDATE,
        )  # fmt: skip


def side_effects_tell(messages: Sequence[OutboxMessage]) -> None:
    """The prescriber hears the same day that a dose was left out because of side effects (domain.md §7.3)."""
    now = clock.now()
    for dose in _read(_named(messages)):
        if dose.status == "SKIPPED":
            _tell_prescriber(dose, template="doses.side_effects", about="side-effects", now=now)


def two_doses_tell(messages: Sequence[OutboxMessage]) -> None:
    """The prescriber hears that a dose was taken twice."""
    now = clock.now()
    for dose in _read(_named(messages)):
        _tell_prescriber(dose, template="doses.two_doses", about="two-doses", now=now)


def taken_after_stop_tell(messages: Sequence[OutboxMessage]) -> None:
    """Patient and prescriber hear that a dose was taken after it was taken off the schedule (domain.md §2.6)."""
    now = clock.now()
    for dose in _read(_named(messages), withdrawn=True):
        _tell(
            dose.patient_id, [dose], template="doses.taken_after_stop", about="after-stop", now=now,
            type=NotificationType.PRESCRIPTION_UPDATE,
        )  # fmt: skip
        _tell_prescriber(dose, template="doses.taken_after_stop", about="after-stop", now=now)


def register() -> None:
    """Register the handlers (once, from ``ready``)."""
    registry.register(topics.MISSED, missed_tell_patient, grouped=True)
    registry.register(topics.MISSED_FAMILY, missed_tell_family, grouped=True)
    registry.register(topics.TAKEN_AFTER_ALL, taken_after_all_tell, grouped=True)
    registry.register(topics.POSSIBLE_DOUBLE, possible_double_ask)
    registry.register(topics.SIDE_EFFECTS, side_effects_tell)
    registry.register(topics.TWO_DOSES, two_doses_tell)
    registry.register(topics.TAKEN_AFTER_STOP, taken_after_stop_tell)
