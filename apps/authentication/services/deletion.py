"""Changing one's mind about deleting the account, within its thirty days (domain.md §2.2)."""

from django.db import transaction

from apps.audit.choices import AuditAction
from apps.authentication.errors import NotBeingDeleted
from apps.authentication.services.locks import account_audit, account_lock, acting
from apps.authentication.services.login import credentials_prove
from apps.users.choices import AccountStatus
from apps.users.models import User
from dastern.core import clock, revocation
from dastern.core.actor import Actor


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
