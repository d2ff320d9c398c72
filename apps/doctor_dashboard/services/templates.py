"""Templates of prescriptions, and the reasons for passing warnings."""

from collections.abc import Collection
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from apps.doctor_dashboard.choices import WarningReason
from apps.doctor_dashboard.models import PrescriptionTemplate, WarningAnswer
from apps.prescriptions.selectors import prescription_shown_to
from apps.prescriptions.services.content import content_present
from dastern.core import clock
from dastern.core.actor import Actor
from dastern.core.errors import Invalid, NotFound

_OF_THE_DISEASE = ("diagnosis", "symptoms", "clinicalNote")
_OF_THE_PATIENT = {
    "id", "prescriptionId", "batchId", "imageUrl", "startsOn", "retiredInVersion", "private", "stockCount",
    "reminderEnabled",
}  # fmt: skip


def template_keep(*, actor: Actor, prescription_id: UUID, name: str) -> PrescriptionTemplate:
    """Keep an own prescription as a template. Raises NotFound, Invalid for a name that is taken."""
    prescription = prescription_shown_to(actor, prescription_id)
    if prescription.doctor_id != actor.user_id:
        raise NotFound
    content = content_present(prescription)
    kept = {
        "header": {field: content.header[field] for field in _OF_THE_DISEASE},
        "medications": [
            {field: value for field, value in medicine.items() if field not in _OF_THE_PATIENT}
            for medicine in content.medicines
        ],
    }
    try:
        with transaction.atomic():
            return PrescriptionTemplate.objects.create(
                doctor_id=actor.user_id, name=name, content=kept, created_at=clock.now()
            )
    except IntegrityError as error:
        raise Invalid(errors=[("name", _("You have a template of this name already."))]) from error


def template_delete(*, actor: Actor, template_id: UUID) -> None:
    """Delete an own template. Raises NotFound."""
    if not PrescriptionTemplate.objects.filter(pk=template_id, doctor_id=actor.user_id).delete()[0]:
        raise NotFound


def warnings_answer(*, actor: Actor, patient_id: UUID, warnings: Collection[str], reason: str) -> None:
    """Remember why these warnings were passed; asked again only when a sentence changes."""
    now = clock.now()
    WarningAnswer.objects.bulk_create(
        [
            WarningAnswer(
                doctor_id=actor.user_id, patient_id=patient_id, warning=warning, reason=WarningReason(reason),
                answered_at=now,
            )
            for warning in warnings
        ],
        ignore_conflicts=True,
    )  # fmt: skip
