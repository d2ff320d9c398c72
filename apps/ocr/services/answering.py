"""A person's answer to a scan: a prescription of confirmed rows, or nothing at all."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from apps.connections.access import access_grant
from apps.connections.rules import Side
from apps.ocr.choices import ScanState
from apps.ocr.errors import Answered, NotRead
from apps.ocr.models import Scan
from apps.ocr.selectors import scan_of
from apps.prescriptions.choices import PrescriptionSource
from apps.prescriptions.services import Written, prescription_create, prescription_create_by_patient
from apps.users.services import file_counted
from dastern.core import clock
from dastern.core.actor import Actor
from dastern.core.errors import Invalid, NotFound
from dastern.sync.feed import feed_lock


def scan_confirm(
    *,
    actor: Actor,
    scan_id: UUID,
    patient_id: UUID | None,
    header: Mapping[str, Any],
    rows: Sequence[Mapping[str, Any]],
    confirmed: Sequence[bool],
    on_paper: int | None = None,
    attach_image: bool = True,
    safety_reason: str = "",
) -> Written:
    """Make a prescription of what a person confirmed row by row; of the photo only what they were shown.

    The patient's (or caregiver's) is in force at once with source OCR; a doctor's is a draft for the patient. The raw
    reading stays with it, photo and page too unless declined. Raises NotFound, NotRead, Answered, Invalid (a row that
    nobody confirmed, or another number of medicines than on the paper), and what prescriptions raise.
    """
    scan = scan_of(actor, scan_id)
    if patient_id is not None and patient_id != scan.patient_id:
        raise NotFound
    if scan.prescription_id:
        raise Answered(extra={"prescriptionId": str(scan.prescription_id)})
    if scan.state != ScanState.DONE:
        raise NotRead
    _rows_require(confirmed, on_paper)
    now = clock.now()
    grant = access_grant(actor.user_id, scan.patient_id, now=now)
    with transaction.atomic():
        feed_lock([scan.patient_id, actor.user_id])
        if grant.side is Side.DOCTOR:
            written = prescription_create(
                actor=actor, patient_id=scan.patient_id, header=header, rows=rows, safety_reason=safety_reason
            )
        else:
            written = prescription_create_by_patient(
                actor=actor, header=header, rows=rows, patient_id=scan.patient_id, source=PrescriptionSource.OCR
            )
        kept: dict[str, Any] = {"prescription_id": written.prescription_id, "expires_at": None}
        files = [name for name in (scan.image.name, scan.page.name) if name]
        if attach_image:
            size = sum(scan.image.storage.size(name) for name in files)
            file_counted(user_id=scan.patient_id, size=size, now=now)
        else:
            kept |= {"image": "", "page": ""}
            transaction.on_commit(lambda: _delete(scan, files))
        # guarded: of two answers at once the second makes nothing
        if not Scan.objects.filter(pk=scan.pk, prescription=None, state=ScanState.DONE).update(**kept):
            raise Answered
    return written


def _rows_require(confirmed: Sequence[bool], on_paper: int | None) -> None:
    unconfirmed = [place for place, yes in enumerate(confirmed) if not yes]
    if unconfirmed:
        told = _("Compare this row with the paper and confirm it.")
        raise Invalid(
            code="ROW_NOT_CONFIRMED", errors=[(f"medications[{place}].confirmedByUser", told) for place in unconfirmed]
        )
    if on_paper is not None and on_paper != len(confirmed):
        raise Invalid(
            code="COUNT_DIFFERS",
            errors=[("medicinesOnPaper", _("The paper holds another number of medicines than this list."))],
        )


def scan_discard(*, actor: Actor, scan_id: UUID) -> None:
    """Throw a scan away with its pictures. Raises NotFound; Answered when it belongs to a prescription."""
    scan = scan_of(actor, scan_id)
    if scan.prescription_id:
        raise Answered(extra={"prescriptionId": str(scan.prescription_id)})
    files = [name for name in (scan.image.name, scan.page.name) if name]
    with transaction.atomic():
        Scan.objects.filter(pk=scan.pk, prescription=None).delete()
        transaction.on_commit(lambda: _delete(scan, files))


def _delete(scan: Scan, files: Sequence[str]) -> None:
    for name in files:
        scan.image.storage.delete(name)
