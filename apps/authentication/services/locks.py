"""Locking an account, and whether it may be signed in to."""

from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

from apps.audit.choices import AuditAction, Outcome
from apps.audit.services import audit_record
from apps.authentication.errors import (
    AccountBlocked,
    AccountRejected,
    DeletionPending,
    EmailNotVerified,
    LockedOut,
    SessionEnded,
)
from apps.authentication.rules import lock_seconds
from apps.users.choices import AccountStatus
from apps.users.models import User
from dastern.core.actor import Actor
from dastern.sync.feed import feed_lock


def account_lock(user_id: UUID) -> User:
    """The account as it is now, its feed and row locked; for services that change it. Inside a transaction."""
    feed_lock([user_id])
    return sessions_lock(user_id)


def sessions_lock(user_id: UUID) -> User:
    """The account as it is now, its row locked; for services that change its sessions only. Inside a transaction.

    Opening, rotating and ending sessions of one account happen one after the other, so that no token can be born
    into a family while it is being revoked. Rows that point to the account can still be inserted meanwhile.
    Raises SessionEnded when the account is gone.
    """
    user = User.objects.select_for_update(of=("self",), no_key=True).filter(pk=user_id).first()
    if user is None:
        raise SessionEnded
    return user


def account_admit(user: User, now: datetime, *, unconfirmed: bool = False) -> None:
    """Nothing when ``user`` may be signed in to; whatever the way of signing in, the same states refuse it.

    ``unconfirmed`` lets in an account whose e-mail was never confirmed.
    Raises LockedOut, AccountBlocked, AccountRejected, DeletionPending, EmailNotVerified.
    """
    seconds = lock_seconds(user.locked_until, now)
    if seconds:
        raise LockedOut(seconds)
    match user.account_status:
        case AccountStatus.LOCKED:
            raise AccountBlocked
        case AccountStatus.REJECTED:
            raise AccountRejected(extra={"reason": user.rejection_reason})
        case AccountStatus.DELETION_PENDING:
            raise DeletionPending
    if user.email_verified_at is None and not unconfirmed:
        raise EmailNotVerified


def acting(user: User, visitor: Actor) -> Actor:
    """The visitor, who has proved to be ``user``."""
    return replace(visitor, id=user.id, role=user.role, is_staff=user.is_staff)


def account_audit(
    action: AuditAction,
    user: User | None,
    actor: Actor,
    *,
    outcome: Outcome = Outcome.ALLOWED,
    **details: Any,
) -> None:
    """Write what happened to an account; ``user`` is None when nobody has the identifier that was typed."""
    audit_record(
        action,
        actor=actor,
        resource_type="account",
        resource_id=user.id if user else None,
        patient_id=user.id if user and user.role == "PATIENT" else None,
        outcome=outcome,
        details=details,
    )
