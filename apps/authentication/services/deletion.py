"""What leaving means for signing in, and changing one's mind within the thirty days (domain.md §2.2)."""

from datetime import datetime

from django.db import transaction

from apps.audit.choices import AuditAction
from apps.authentication.choices import OtpPurpose
from apps.authentication.errors import CodeGone, CodeWrong, InvalidCredentials, NotBeingDeleted
from apps.authentication.services.codes import otp_consume, otp_match
from apps.authentication.services.locks import account_audit, account_lock, acting, sessions_lock
from apps.authentication.services.login import credentials_prove, password_prove
from apps.authentication.services.sessions import sessions_end_all
from apps.users.choices import AccountStatus
from apps.users.models import User
from dastern.core import clock, revocation
from dastern.core.actor import Actor


def owner_proven(user: User, actor: Actor, password: str, code: str, now: datetime) -> bool:
    """Whether ``password`` is right, or ``code`` was mailed to the account's own address for a sensitive act.

    Codes that set a new e-mail or phone number prove nothing here. Wrong passwords count towards the lock-out.
    Raises LockedOut.
    """
    try:
        if password:
            password_prove(user=user, password=password, actor=actor, now=now)
        else:
            otp_consume(otp_match(address=user.email, purpose=OtpPurpose.SENSITIVE_ACTION, code=code, now=now), now)
    except (CodeWrong, CodeGone, InvalidCredentials):
        return False
    return True


def sessions_leave(user: User, actor: Actor, now: datetime) -> None:
    """End every session of somebody who leaves, so that none comes back when the deletion is cancelled."""
    sessions_lock(user.id)
    sessions_end_all(user_id=user.id, now=now)


def deletion_cancel(*, identifier: str, password: str, actor: Actor) -> User:
    """Keep an account that waits for its deletion; it has the status it had before, its links stay ended.

    Raises InvalidCredentials, LockedOut, NotBeingDeleted.
    """
    user = credentials_prove(identifier=identifier, password=password, actor=actor, now=clock.now())
    with transaction.atomic():
        account = account_lock(user.id)
        if account.account_status != AccountStatus.DELETION_PENDING:
            raise NotBeingDeleted
        account.account_status = account.status_before_deletion or AccountStatus.ACTIVE
        account.status_before_deletion = ""
        account.deletion_requested_at = None
        account.save(update_fields=["account_status", "status_before_deletion", "deletion_requested_at", "updated_at"])
        account_audit(
            AuditAction.ACCOUNT_STATUS_CHANGE,
            account,
            acting(account, actor),
            event="DELETION_CANCELLED",
            old=AccountStatus.DELETION_PENDING,
            new=account.account_status,
        )
        transaction.on_commit(lambda: revocation.restore(account.id))
    return account
