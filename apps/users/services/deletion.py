"""Leaving: thirty days in which it can be taken back, then everything is erased."""

import logging
from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import partial
from uuid import UUID

from django.core.files.storage import default_storage
from django.db import DatabaseError, transaction

from apps.audit.choices import AuditAction
from apps.audit.services import audit_record
from apps.users import registry
from apps.users.choices import AccountStatus
from apps.users.errors import IdentityNotProven
from apps.users.models import User
from apps.users.selectors import user_of
from apps.users.telling import account_told
from dastern.core import clock, revocation
from dastern.core.actor import SYSTEM, Actor
from dastern.core.localtime import local_date
from dastern.sync.feed import feed_lock
from dastern.sync.models import SyncAct

logger = logging.getLogger(__name__)
WAIT = timedelta(days=30)
_CHUNK = 50


def deletion_request(*, actor: Actor, password: str = "", code: str = "") -> datetime:
    """Ask for the deletion of the own account, proven by password or one-time code. Returns when it is erased.

    At once: signing in is refused, sessions and links end. Raises IdentityNotProven (401).
    """
    now = clock.now()
    if not registry.is_proven(user_of(actor.user_id), actor, password, code, now):
        raise IdentityNotProven
    with transaction.atomic():
        feed_lock(registry.circle_of(actor.user_id))
        user = user_of(actor.user_id)
        user.status_before_deletion = user.account_status
        user.account_status = AccountStatus.DELETION_PENDING
        user.deletion_requested_at = now
        user.save()
        _audit(AuditAction.ACCOUNT_DELETE_REQUEST, user, actor)
        registry.say_farewell(user, actor, now)
        account_told(user, "account_deletion", {"date": local_date(now + WAIT, user.timezone).isoformat()})
        transaction.on_commit(lambda: revocation.revoke(users=[user.id]))
    return now + WAIT


def accounts_due(now: datetime) -> int:
    """How many accounts wait to be erased now."""
    return User.objects.filter(
        account_status=AccountStatus.DELETION_PENDING, deletion_requested_at__lte=now - WAIT
    ).count()


def accounts_purge(*, now: datetime | None = None) -> Iterator[int]:
    """Erase accounts whose thirty days are over, in chunks; yields how many each chunk erased.

    Rows of the person go by cascade, stored answers to phones and files with them; the audit log keeps plain ids,
    which then name nobody. An account that cannot be erased is reported and waits for the next night, without
    holding up the others. Safe to run twice.
    """
    moment = now or clock.now()
    last = UUID(int=0)
    while True:
        with transaction.atomic():
            due = list(
                User.objects.select_for_update(of=("self",), skip_locked=True)
                .filter(account_status=AccountStatus.DELETION_PENDING, deletion_requested_at__lte=moment - WAIT)
                .filter(pk__gt=last)
                .order_by("id")[:_CHUNK]
            )
            erased = sum(_erase(user) for user in due)
        if erased:
            yield erased
        if len(due) < _CHUNK:
            return
        last = due[-1].pk


def _erase(user: User) -> bool:
    files = registry.files_of(user.id)
    try:
        with transaction.atomic():
            _audit(AuditAction.ACCOUNT_DELETED, user, SYSTEM)
            SyncAct.objects.filter(patient_id=user.id).delete()
            user.delete()
    except DatabaseError:
        logger.exception("account %s cannot be erased", user.pk)
        return False
    transaction.on_commit(partial(_files_delete, files))
    return True


def _files_delete(names: list[str]) -> None:
    for name in names:
        default_storage.delete(name)


def _audit(action: AuditAction, user: User, actor: Actor) -> None:
    audit_record(
        action, actor=actor, resource_type="user", resource_id=user.id, patient_id=user.id,
        details={"status": user.account_status},
    )  # fmt: skip
