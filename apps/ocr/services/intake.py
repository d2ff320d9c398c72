"""Taking a photo in: who may, the photo cleaned and stored, the queue told, and a bounded wait for the answer."""

import threading
import time
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext_lazy as _
from kombu.exceptions import OperationalError

from apps.audit.choices import AuditAction
from apps.audit.services import audit_record
from apps.connections.access import access_grant, access_require
from apps.connections.errors import DoctorNotVerified
from apps.ocr.choices import ScanState
from apps.ocr.models import Scan
from apps.ocr.photos import photo_clean
from apps.ocr.selectors import RESOURCE, scan_state, scans_ahead, writing_ability
from apps.subscriptions.rules import Feature
from apps.subscriptions.services import feature_require
from apps.users.choices import Role
from apps.users.models import User
from dastern.core import clock
from dastern.core.actor import Actor
from dastern.core.errors import Forbidden, Invalid, NotFound

KEPT: Final = timedelta(hours=24)
_LOOK_SECONDS: Final = 0.2
_waiters = threading.BoundedSemaphore(settings.OCR_WAITERS)


def patient_of(actor: Actor, patient_id: UUID | None) -> UUID:
    """For whom ``actor`` scans: oneself, or a patient who lets this doctor prescribe or this caregiver manage.

    Raises Invalid (a doctor names no patient), DoctorNotVerified, Forbidden (no patient), NotFound (audited),
    FeatureLocked (the plan of a patient who scans does not include it).
    """
    person = User.objects.get(pk=actor.user_id)
    if patient_id is None or patient_id == person.id:
        if person.role == Role.DOCTOR:
            raise Invalid(errors=[("patientId", _("Say for which patient."))])
        if person.role != Role.PATIENT:
            raise Forbidden
        feature_require(person.id, Feature.SCAN)
        return person.id
    if person.role == Role.DOCTOR and not person.is_verified_doctor:
        raise DoctorNotVerified
    now = clock.now()
    ability = writing_ability(access_grant(person.id, patient_id, now=now))
    access_require(actor, patient_id, ability, resource_type=RESOURCE, now=now)
    if not User.objects.filter(pk=patient_id, role=Role.PATIENT).exists():
        raise NotFound
    if person.role != Role.DOCTOR:
        feature_require(patient_id, Feature.SCAN)
    return patient_id


def scan_create(*, actor: Actor, upload: Any, patient_id: UUID | None = None) -> Scan:
    """Store the photo of a prescription to be read. Raises what ``patient_of`` and ``photo_clean`` raise."""
    now = clock.now()
    owner_id = patient_of(actor, patient_id)
    photo = photo_clean(upload)
    scan = Scan(patient_id=owner_id, requested_by_id=actor.user_id, created_at=now, beat_at=now, expires_at=now + KEPT)
    with transaction.atomic():
        scan.image.save(str(photo.name), photo, save=False)
        scan.save(force_insert=True)
        audit_record(
            AuditAction.OCR_SCAN, actor=actor, resource_type=RESOURCE, resource_id=scan.pk, patient_id=owner_id
        )
    return scan


def scan_enqueue(scan_id: UUID) -> None:
    """Ask the worker of the queue to read a stored scan. A broker that is down is no loss: the watch asks again."""
    from apps.ocr.tasks import scan_read

    try:
        scan_read.apply_async([str(scan_id)], retry=False)
    except OperationalError:
        return


def scan_wait(scan: Scan) -> bool:
    """Wait until a scan is finished, at most OCR_WAIT_SECONDS. Returns whether it is.

    A waiting request holds a thread that doses need, so only OCR_WAITERS of a process may wait at once, and nobody
    waits behind another scan: one that cannot be ready in time is polled from the start.
    """
    until = time.monotonic() + settings.OCR_WAIT_SECONDS
    if scan_state(scan.pk) in {ScanState.DONE, ScanState.FAILED}:
        return True
    if scans_ahead(scan) or not _waiters.acquire(blocking=False):
        return False
    try:
        while time.monotonic() < until:
            time.sleep(_LOOK_SECONDS)
            if scan_state(scan.pk) not in {ScanState.QUEUED, ScanState.RUNNING}:
                return True
        return False
    finally:
        _waiters.release()
