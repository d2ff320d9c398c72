"""Two people spoke of one dose: was it one dose or two (domain.md §7.3)?"""

from datetime import datetime
from uuid import UUID

from django.db import transaction

from apps.audit.choices import AuditAction
from apps.audit.services import audit_record
from apps.connections.access import access_require
from apps.connections.choices import Ability
from apps.connections.rules import self_grant
from apps.doses import topics
from apps.doses.errors import NotRecorded
from apps.doses.models import DoseEvent, DoseTestimony
from apps.doses.selectors.days import day_granted
from apps.doses.selectors.owners import doses_existing
from apps.doses.services.prn import PrnJournal
from apps.doses.services.recording import Recorded
from dastern.core import clock
from dastern.core.actor import Actor
from dastern.core.errors import NotFound
from dastern.outbox.services import outbox_add
from dastern.sync.feed import feed_lock


def double_answer(*, actor: Actor, dose_id: UUID, two: bool, now: datetime | None = None) -> Recorded:
    """Answer for a dose with the mark ``possibleDouble``; the mark goes.

    "Two" stores the later statement as an extra unscheduled intake and tells the prescriber. The patient answers, or
    a caregiver who may mark doses. Raises NotFound, NotRecorded (nothing is asked).
    """
    moment = now or clock.now()
    owner = doses_existing([dose_id]).get(dose_id)
    if owner is None:
        raise NotFound
    if owner != actor.user_id:
        access_require(actor, owner, Ability.MARK_DOSES, resource_type="dose", resource_id=dose_id, now=moment)
    with transaction.atomic():
        feed_lock([actor.user_id, owner])
        dose = DoseEvent.objects.select_for_update(of=("self",)).filter(pk=dose_id, possible_double=True).first()
        if dose is None:
            raise NotRecorded
        dose.possible_double = False
        dose.save(update_fields=["possible_double"])
        if two:
            _extra_intake(dose, actor, moment)
            outbox_add(
                topics.TWO_DOSES,
                {"doseId": str(dose.id), "patientId": str(owner)},
                dedupe_key=f"two-doses:{dose.id}",
            )
        audit_record(
            AuditAction.DOSE_CORRECTED, actor=actor, resource_type="dose", resource_id=dose.id, patient_id=owner,
            details={"event": "TWO_DOSES" if two else "ONE_DOSE"},
        )  # fmt: skip
        day = day_granted(self_grant(owner), day=dose.local_date, now=moment)
    return Recorded(next(shown for shown in day.doses if shown["id"] == str(dose_id)), day.figures)


def _extra_intake(dose: DoseEvent, actor: Actor, now: datetime) -> None:
    later = DoseTestimony.objects.filter(dose_id=dose.id, kind="TAKEN").order_by("-at").first()
    at = later.at if later else now
    amount = (later.amount if later else None) or dose.amount
    journal = PrnJournal(actor, now)
    journal.load([dose.patient_id], [dose.medication_id], since=at, until=at)
    medicine = journal.find(dose.patient_id, dose.medication_id)
    assert medicine is not None
    journal.note(medicine, at=at, amount=amount or medicine.usual_amount, reason="SECOND_DOSE")
    journal.flush()
