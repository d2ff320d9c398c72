"""What staff decide: verifying doctors, locking accounts."""

from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from apps.audit.choices import AuditAction
from apps.audit.services import audit_record
from apps.users.choices import AccountStatus, Language, Role
from apps.users.errors import NotUnderReview, StatusUnchanged
from apps.users.models import User
from apps.users.telling import account_told
from dastern.core import clock, revocation
from dastern.core.actor import Actor
from dastern.core.errors import Forbidden, Invalid, NotFound
from dastern.sync.feed import feed_lock


def _staff_require(actor: Actor) -> None:
    if not actor.is_staff and actor.role != "SYSTEM":
        raise Forbidden


def _locked(user_id: UUID) -> User:
    feed_lock([user_id])
    user = User.objects.select_for_update().filter(pk=user_id).first()
    if user is None:
        raise NotFound
    return user


@transaction.atomic
def doctor_verify(*, actor: Actor, doctor_id: UUID) -> User:
    """The licence is genuine: the doctor can be found, connect and prescribe from now on.

    Raises Forbidden (not staff), NotFound, NotUnderReview. The doctor is told by mail.
    """
    _staff_require(actor)
    doctor = _decide(doctor_id, AccountStatus.VERIFIED)
    doctor.verified_at = clock.now()
    doctor.rejection_reason = ""
    doctor.save()
    _audit(AuditAction.DOCTOR_VERIFIED, doctor, actor)
    account_told(doctor, "doctor_verified", {})
    return doctor


@transaction.atomic
def doctor_reject(*, actor: Actor, doctor_id: UUID, reason: str) -> User:
    """The licence cannot be accepted; the reason is required and told. Every session ends at once.

    Raises Forbidden, Invalid (no reason), NotFound, NotUnderReview.
    """
    _staff_require(actor)
    words = reason.strip()
    if not words:
        raise Invalid(errors=[("reason", _("Give the reason: the doctor will read it."))])
    doctor = _decide(doctor_id, AccountStatus.REJECTED)
    doctor.rejection_reason = words[:500]
    doctor.save()
    _audit(AuditAction.DOCTOR_REJECTED, doctor, actor)
    account_told(doctor, "doctor_rejected", {"reason": doctor.rejection_reason})
    transaction.on_commit(lambda: revocation.revoke(users=[doctor.id]))
    return doctor


def _decide(doctor_id: UUID, status: AccountStatus) -> User:
    doctor = _locked(doctor_id)
    if doctor.role != Role.DOCTOR or doctor.account_status != AccountStatus.PENDING_VERIFICATION:
        raise NotUnderReview
    doctor.account_status = status
    return doctor


@transaction.atomic
def account_lock(*, actor: Actor, user_id: UUID) -> User:
    """Staff stop an account; its sessions end at once. Raises Forbidden, NotFound, StatusUnchanged."""
    _staff_require(actor)
    user = _locked(user_id)
    if not user.is_active:
        raise StatusUnchanged
    user.status_before_deletion = user.account_status
    user.account_status = AccountStatus.LOCKED
    user.save()
    _audit(AuditAction.ACCOUNT_LOCKED, user, actor)
    transaction.on_commit(lambda: revocation.revoke(users=[user.id]))
    return user


@transaction.atomic
def account_unlock(*, actor: Actor, user_id: UUID) -> User:
    """Back to the status before the lock: unlocking never promotes a pending account (domain.md §2.1).

    Raises Forbidden, NotFound, StatusUnchanged.
    """
    _staff_require(actor)
    user = _locked(user_id)
    if user.account_status != AccountStatus.LOCKED:
        raise StatusUnchanged
    user.account_status = user.status_before_deletion or AccountStatus.PENDING_VERIFICATION
    user.status_before_deletion = ""
    user.save()
    _audit(AuditAction.ACCOUNT_STATUS_CHANGE, user, actor)
    transaction.on_commit(lambda: revocation.restore(user.id))
    return user


def _audit(action: AuditAction, user: User, actor: Actor) -> None:
    audit_record(
        action,
        actor=actor,
        resource_type="user",
        resource_id=user.id,
        patient_id=user.id,
        details={"status": user.account_status, "language": Language(user.language).code},
    )
