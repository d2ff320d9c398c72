"""One-time codes: six digits by mail, five minutes, five tries, once, for one purpose (domain.md §2.1)."""

import secrets
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from django.db import connection, transaction
from django.db.models import F
from django.utils.crypto import constant_time_compare, salted_hmac

from apps.authentication.choices import OtpPurpose
from apps.authentication.errors import CodeGone, CodeWrong
from apps.authentication.models import OtpCode
from apps.authentication.rules import (
    OTP_LIFE,
    OTP_TRIES,
    CodeState,
    code_state,
    identifier_normal,
    resend_seconds,
)
from apps.authentication.selectors import account_find
from apps.notifications.mail import mail_queue
from apps.users.choices import Language
from apps.users.models import User
from dastern.core import clock
from dastern.core.errors import Throttled


class MatchedCode(NamedTuple):
    """A code that was typed right, not yet used up, whose it is, and what it was asked for."""

    id: UUID
    user_id: UUID
    new_value: str


def code_address(identifier: str) -> str:
    """Under what the codes of an account are kept: its e-mail, whichever identifier was typed."""
    user = account_find(identifier)
    return user.email if user else identifier_normal(identifier)


def _code_hash(identifier: str, purpose: str, code: str) -> str:
    """Keyed with the server's secret: a million codes are no obstacle to somebody who only has the table."""
    return salted_hmac("authentication.otp", f"{purpose}\n{identifier}\n{code}", algorithm="sha256").hexdigest()


def otp_send(*, identifier: str, purpose: OtpPurpose) -> None:
    """Mail a code to the account's address.

    For an unknown identifier, and for confirming an account that is confirmed, the same happens but for the mail,
    so that the answer tells nothing. Raises Throttled within 60 s of the last one, which stays usable.
    """
    now = clock.now()
    user = account_find(identifier)
    if user is None or (purpose == OtpPurpose.VERIFY_ACCOUNT and user.email_verified_at is not None):
        address = user.email if user else identifier_normal(identifier)
        with transaction.atomic():
            pause_require(address, purpose, now)
            _store(address, None, purpose, secrets.token_hex(), now)
        return
    with transaction.atomic():
        pause_require(user.email, purpose, now)
        otp_issue(user=user, purpose=purpose, now=now)


def otp_issue(
    *, user: User, purpose: OtpPurpose, now: datetime, address: str = "", to: str = "", new_value: str = ""
) -> None:
    """Make a code and mail it, whatever was sent before; older codes of the purpose end with it.

    Inside a transaction. It is kept under ``address`` and mailed ``to`` somebody; both are the account's e-mail
    unless named. ``new_value`` is what the code will set.
    """
    code = f"{secrets.randbelow(1_000_000):06d}"
    _store(address or user.email, user, purpose, code, now, new_value)
    mail_queue(
        to=to or user.email,
        template="otp",
        language=Language(user.language).code,
        context={
            "name": user.full_name,
            "code": code,
            "purpose": purpose.value,
            "minutes": int(OTP_LIFE.total_seconds() // 60),
        },
    )


def otp_match(*, address: str, purpose: OtpPurpose, code: str, now: datetime) -> MatchedCode:
    """The newest code kept under ``address``, when ``code`` is it; every try is counted, also of many at once.

    Call it outside a transaction that the refusal would roll back; then ``otp_consume`` in the transaction of what
    the code allows. Raises CodeWrong with the tries left, CodeGone.
    """
    newest = OtpCode.objects.filter(identifier=address, purpose=purpose).order_by("-created_at", "-id").first()
    if newest is None:
        raise CodeWrong(attempts_left=OTP_TRIES - 1)
    state = code_state(expires_at=newest.expires_at, attempts=newest.attempts, consumed_at=newest.consumed_at, now=now)
    if state in {CodeState.USED, CodeState.EXPIRED}:
        raise CodeGone
    tried = OtpCode.objects.filter(pk=newest.pk, attempts__lt=OTP_TRIES).update(attempts=F("attempts") + 1)
    if not tried:
        raise CodeWrong(attempts_left=0)
    newest.refresh_from_db()
    right = constant_time_compare(newest.code_hash, _code_hash(address, purpose, code))
    if newest.user_id is None or not right:
        raise CodeWrong(attempts_left=max(OTP_TRIES - newest.attempts, 0))
    return MatchedCode(newest.pk, newest.user_id, newest.new_value)


def otp_consume(code: MatchedCode, now: datetime) -> None:
    """Use up a matching code; of many at once exactly one wins. Raises CodeGone."""
    if not OtpCode.objects.filter(pk=code.id, consumed_at=None).update(consumed_at=now):
        raise CodeGone


def _store(address: str, user: User | None, purpose: OtpPurpose, code: str, now: datetime, new_value: str = "") -> None:
    OtpCode.objects.create(
        identifier=address,
        user=user,
        purpose=purpose,
        code_hash=_code_hash(address, purpose, code),
        new_value=new_value,
        created_at=now,
        expires_at=now + OTP_LIFE,
    )


def pause_require(address: str, purpose: OtpPurpose, now: datetime) -> None:
    """Nothing when the last code is 60 s old; two sends at once become one after the other. Raises Throttled.

    Inside the transaction that stores the next code.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"otp:{purpose}:{address}"])
    last = (
        OtpCode.objects.filter(identifier=address, purpose=purpose)
        .order_by("-created_at")
        .values_list("created_at", flat=True)
        .first()
    )
    if seconds := resend_seconds(last, now):
        raise Throttled(seconds, code="OTP_TOO_SOON")
