"""Links that show a prescription's paper to anybody who holds them, for an hour."""

from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.core import signing

from apps.audit.choices import AuditAction
from apps.audit.services import audit_record
from apps.connections.choices import Ability
from apps.prescriptions.models import Prescription
from apps.prescriptions.selectors import RESOURCE, prescription_for_paper
from dastern.core import clock
from dastern.core.actor import Actor
from dastern.core.errors import Gone, NotFound

LIFE = timedelta(hours=1)
_SALT = "dastern.prescription.share"


def prescription_share(*, actor: Actor, prescription_id: UUID) -> tuple[str, datetime]:
    """A link to the paper and when it ends: for the patient, or the author. Raises NotFound."""
    now = clock.now()
    found = prescription_for_paper(actor, prescription_id)
    ends = now + LIFE
    token = signing.dumps([found.pk.hex, actor.user_id.hex, int(ends.timestamp())], salt=_SALT)
    audit_record(
        AuditAction.DATA_EXPORT, actor=actor, resource_type=RESOURCE, resource_id=found.pk,
        patient_id=found.patient_id, details={"shared": True, "minutes": int(LIFE.total_seconds() // 60)},
    )  # fmt: skip
    return f"{settings.PUBLIC_BASE_URL.rstrip('/')}/api/v1/prescriptions/shared/{token}", ends


def shared_read(*, token: str, visitor: Actor) -> tuple[Prescription, UUID]:
    """The prescription of a link, and who shared it, while that person still may. The look is audited.

    Raises NotFound for a link never given, Gone for one whose hour is over.
    """
    now = clock.now()
    try:
        prescription_id, sharer_id, ends = signing.loads(token, salt=_SALT)
    except signing.BadSignature as error:
        raise NotFound from error
    if ends <= now.timestamp():
        raise Gone
    sharer = UUID(sharer_id)
    found = prescription_for_paper(replace(visitor, id=sharer), UUID(prescription_id))
    audit_record(
        AuditAction.DATA_ACCESS, actor=replace(visitor, id=None), resource_type=RESOURCE, resource_id=found.pk,
        patient_id=found.patient_id, details={"ability": Ability.VIEW_PRESCRIPTIONS, "sharedBy": str(sharer)},
    )  # fmt: skip
    return found, sharer
