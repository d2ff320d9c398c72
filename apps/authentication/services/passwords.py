"""Forgotten, reset and changed passwords (domain.md §2.1). A new password ends every session."""

import hashlib
import secrets
from collections.abc import Sequence
from datetime import datetime
from typing import Final
from urllib.parse import urlencode

from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.db import transaction

from apps.audit.choices import AuditAction
from apps.authentication.choices import OtpPurpose
from apps.authentication.errors import InvalidCredentials, ResetLinkGone, ResetLinkUnknown, WrongPassword
from apps.authentication.models import OtpCode, PasswordResetToken, RefreshToken
from apps.authentication.rules import RESET_LIFE, identifier_normal
from apps.authentication.selectors import account_find, account_of
from apps.authentication.services.accounts import password_require_strong
from apps.authentication.services.codes import code_address, otp_consume, otp_match
from apps.authentication.services.locks import account_admit, account_audit, account_lock, acting
from apps.authentication.services.login import password_prove
from apps.authentication.services.sessions import Session, session_open, sessions_end_all
from apps.notifications.mail import mail_queue
from apps.users.choices import Language
from apps.users.models import User
from dastern.core import clock
from dastern.core.actor import Actor
from dastern.outbox.models import OutboxMessage
from dastern.outbox.services import outbox_add

FORGOTTEN: Final = "authentication.password_forgotten"
_LINK_BYTES: Final = 32


def password_forgotten(*, identifier: str) -> None:
    """Have a reset link mailed, if there is such an account.

    The account is looked up by a worker: known and unknown people get the same answer in the same time.
    """
    outbox_add(FORGOTTEN, {"identifier": identifier_normal(identifier)})


def reset_links_send(messages: Sequence[OutboxMessage]) -> None:
    """Outbox handler: mail a link to whoever exists; what was typed is forgotten with it."""
    now = clock.now()
    for message in messages:
        user = account_find(message.payload["identifier"])
        if user is not None:
            _reset_link_send(user, now)
        OutboxMessage.objects.filter(pk=message.pk).update(payload={})


def _reset_link_send(user: User, now: datetime) -> None:
    token = secrets.token_urlsafe(_LINK_BYTES)
    PasswordResetToken.objects.filter(user=user, used_at=None).update(used_at=now)
    PasswordResetToken.objects.create(
        user=user, token_hash=_token_hash(token), created_at=now, expires_at=now + RESET_LIFE
    )
    mail_queue(
        to=user.email,
        template="reset_link",
        language=Language(user.language).code,
        context={
            "name": user.full_name,
            # a query: the path of a request is written to the access log
            "link": f"{settings.PUBLIC_BASE_URL}/reset-password/?{urlencode({'token': token})}",
            "minutes": int(RESET_LIFE.total_seconds() // 60),
        },
    )


def _token_hash(token: str) -> str:
    """256 random bits need no key and no slow hash."""
    return hashlib.sha256(token.encode()).hexdigest()


def password_reset(*, token: str, new_password: str, actor: Actor) -> None:
    """Set a new password with a mailed link. Raises ResetLinkUnknown, ResetLinkGone, Invalid (weak password)."""
    now = clock.now()
    link = PasswordResetToken.objects.select_related("user").filter(token_hash=_token_hash(token)).first()
    if link is None:
        raise ResetLinkUnknown
    if link.used_at is not None or link.expires_at <= now:
        raise ResetLinkGone
    password_require_strong(new_password, link.user, "newPassword")
    encoded = make_password(new_password)
    with transaction.atomic():
        account = account_lock(link.user_id)
        if not PasswordResetToken.objects.filter(pk=link.pk, used_at=None).update(used_at=now):
            raise ResetLinkGone
        _password_replace(account, encoded, actor, now, how="link")


def password_reset_by_code(*, identifier: str, code: str, new_password: str, actor: Actor) -> None:
    """Set a new password with a mailed code. Raises CodeWrong, CodeGone, Invalid (the code can be used again)."""
    now = clock.now()
    found = otp_match(address=code_address(identifier), purpose=OtpPurpose.RESET_PASSWORD, code=code, now=now)
    user = User.objects.get(pk=found.user_id)
    password_require_strong(new_password, user, "newPassword")
    encoded = make_password(new_password)
    with transaction.atomic():
        account = account_lock(user.id)
        otp_consume(found, now)
        _password_replace(account, encoded, actor, now, how="code")


def password_change(*, actor: Actor, current_password: str, new_password: str) -> Session:
    """Set a new password; every session ends and this device gets a new one.

    Wrong current passwords count towards the lock-out. Raises WrongPassword, LockedOut, Invalid.
    """
    now = clock.now()
    try:
        user = password_prove(user=account_of(actor), password=current_password, actor=actor, now=now)
    except InvalidCredentials as error:
        raise WrongPassword from error
    password_require_strong(new_password, user, "newPassword")
    encoded = make_password(new_password)
    with transaction.atomic():
        account = account_lock(user.id)
        account_admit(account, now)
        device = (
            RefreshToken.objects.filter(user=account, family_id=actor.session_id).first() if actor.session_id else None
        )
        _password_replace(account, encoded, actor, now, how="change")
        return session_open(
            user=account,
            actor=actor,
            method="password_change",
            now=now,
            device_name=device.device_name if device else "",
            remember=device.remember if device else False,
        )


def _password_replace(account: User, encoded: str, actor: Actor, now: datetime, *, how: str) -> None:
    """What every new password brings with it. Inside a transaction, the account locked.

    The lock-out ends: whoever chose the new password has proved more than the old one. The status stays.
    """
    account.password = encoded
    account.failed_login_attempts, account.locked_until = 0, None
    account.save(update_fields=["password", "failed_login_attempts", "locked_until", "updated_at"])
    PasswordResetToken.objects.filter(user=account, used_at=None).update(used_at=now)
    OtpCode.objects.filter(user=account, purpose=OtpPurpose.RESET_PASSWORD, consumed_at=None).update(consumed_at=now)
    ended = sessions_end_all(user_id=account.id, now=now)
    account_audit(AuditAction.PASSWORD_RESET, account, acting(account, actor), how=how, sessions=ended)
    mail_queue(
        to=account.email,
        template="password_changed",
        language=Language(account.language).code,
        context={"name": account.full_name},
    )
