"""Sessions: one a device, a family of refresh tokens of which only the last may be used."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction

from apps.audit.choices import AuditAction, Outcome
from apps.authentication.errors import SessionEnded
from apps.authentication.models import RefreshToken
from apps.authentication.services.locks import account_audit, acting, sessions_lock
from apps.authentication.tokens import access_life, access_sign, refresh_life, refresh_read, refresh_sign
from apps.notifications.mail import mail_queue
from apps.notifications.stream import stream_close
from apps.users.choices import USABLE_STATUSES, Language
from apps.users.models import User
from dastern.core import clock, revocation
from dastern.core.actor import Actor
from dastern.core.errors import NotFound
from dastern.core.ids import uuid7
from dastern.core.localtime import zone


@dataclass(frozen=True, slots=True)
class Session:
    """A signed-in device: its pair of tokens and whose it is."""

    id: UUID
    user: User
    access_token: str
    refresh_token: str
    expires_in: int


def session_open(
    *,
    user: User,
    actor: Actor,
    method: str,
    now: datetime,
    device_name: str = "",
    remember: bool = False,
) -> Session:
    """Sign ``user`` in on this device. The account is locked and admitted by the caller, in the same transaction.

    ``actor`` is the visitor: address and browser are kept, and a device not seen before is told by mail.
    """
    known = RefreshToken.objects.filter(user=user)
    is_new_device = known.exists() and not known.filter(device_name=device_name, user_agent=actor.user_agent).exists()
    row = RefreshToken.objects.create(
        user=user,
        family_id=uuid7(),
        device_name=device_name,
        remember=remember,
        issued_at=now,
        expires_at=now + refresh_life(remember=remember),
        ip=actor.ip or "",
        user_agent=actor.user_agent,
    )
    account_audit(AuditAction.LOGIN_SUCCESS, user, acting(user, actor), method=method)
    if is_new_device:
        _tell_new_device(row, now)
    return _signed(row, user)


def session_refresh(*, token: str, actor: Actor) -> Session:
    """Exchange a refresh token for a new pair; of several exchanges of one token exactly one wins.

    A token that was exchanged before is somebody's copy: the whole family ends, the client that merely lost the
    first answer included (domain.md §2.1), and that is audited although the answer is a refusal.
    Raises SessionEnded.
    """
    now = clock.now()
    jti = refresh_read(token)
    owner = RefreshToken.objects.filter(pk=jti).values_list("user_id", flat=True).first()
    if owner is None:
        raise SessionEnded
    with transaction.atomic():
        user = sessions_lock(owner)
        session = _rotate(jti, user, actor, now)
    if session is None:
        raise SessionEnded
    return session


def _rotate(jti: UUID, user: User, actor: Actor, now: datetime) -> Session | None:
    """The next pair, or None after ending the family where the token was used before."""
    successor = uuid7()
    won = 0
    if user.account_status in USABLE_STATUSES:
        won = RefreshToken.objects.filter(pk=jti, rotated_at=None, revoked_at=None, expires_at__gt=now).update(
            rotated_at=now, rotated_to=successor
        )
    old = RefreshToken.objects.filter(pk=jti).first()
    if old is None:
        return None
    if not won:
        if old.rotated_at is not None and old.revoked_at is None:
            families_revoke([old.family_id], user.id, now)
            account_audit(AuditAction.TOKEN_REUSE, user, actor, outcome=Outcome.DENIED, sessionId=str(old.family_id))
        return None
    row = RefreshToken.objects.create(
        jti=successor,
        user=user,
        family_id=old.family_id,
        device_name=old.device_name,
        remember=old.remember,
        issued_at=now,
        expires_at=now + refresh_life(remember=old.remember),
        ip=actor.ip or "",
        user_agent=actor.user_agent,
    )
    return _signed(row, user)


@transaction.atomic
def session_end(*, actor: Actor, session_id: UUID) -> None:
    """End one of the actor's own sessions. Raises NotFound for another's or one that has ended."""
    now = clock.now()
    user = sessions_lock(actor.user_id)
    if not families_revoke([session_id], user.id, now):
        raise NotFound
    account_audit(AuditAction.LOGOUT, user, actor, sessionId=str(session_id))


@transaction.atomic
def logout(*, actor: Actor, refresh_token: str = "", all_devices: bool = False) -> None:
    """Sign out: the session that asks, the one of ``refresh_token`` if it is the actor's, or all of them.

    Signing out twice is no error.
    """
    now = clock.now()
    user = sessions_lock(actor.user_id)
    if all_devices:
        ended = sessions_end_all(user_id=user.id, now=now)
    else:
        ended = families_revoke(_families_of(actor, refresh_token), user.id, now)
    account_audit(AuditAction.LOGOUT, user, actor, sessions=ended)


def _families_of(actor: Actor, refresh_token: str) -> list[UUID]:
    families = [UUID(actor.session_id)] if actor.session_id else []
    if refresh_token:
        try:
            jti = refresh_read(refresh_token)
        except SessionEnded:
            return families
        families += RefreshToken.objects.filter(pk=jti, user_id=actor.user_id).values_list("family_id", flat=True)
    return families


def sessions_end_all(*, user_id: UUID, now: datetime) -> int:
    """End every session of an account. Returns how many. Inside a transaction, the account's row locked."""
    living = RefreshToken.objects.filter(user_id=user_id, revoked_at=None).values_list("family_id", flat=True)
    return families_revoke(set(living), user_id, now)


def families_revoke(families: Iterable[UUID], user_id: UUID, now: datetime) -> int:
    """End these sessions of one account; their access tokens stop working with the commit. Returns how many ended."""
    rows = RefreshToken.objects.filter(user_id=user_id, family_id__in=list(families), revoked_at=None)
    ended = set(rows.values_list("family_id", flat=True))
    rows.update(revoked_at=now)
    if ended:
        transaction.on_commit(lambda: revocation.revoke(sessions=[str(family) for family in ended]))
        stream_close([user_id], "session")
    return len(ended)


def _signed(row: RefreshToken, user: User) -> Session:
    return Session(
        id=row.family_id,
        user=user,
        access_token=access_sign(user, row.family_id, row.issued_at),
        refresh_token=refresh_sign(row),
        expires_in=int(access_life().total_seconds()),
    )


def _tell_new_device(row: RefreshToken, now: datetime) -> None:
    user = row.user
    mail_queue(
        to=user.email,
        template="new_device",
        language=Language(user.language).code,
        context={
            "name": user.full_name,
            "device": row.device_name or row.user_agent,
            "when": f"{now.astimezone(zone(user.timezone)):%d.%m.%Y %H:%M}",
            "address": row.ip,
        },
    )
