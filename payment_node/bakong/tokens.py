"""The integrator's token: its end is read locally, it is renewed ahead of time, and by one process at a time."""

import base64
import binascii
import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

from django.conf import settings
from django.db import connection

from payment_node.bakong import client, ledger
from payment_node.bakong.choices import AnswerKind, CallReason
from payment_node.bakong.models import BankToken
from payment_node.core import clock
from payment_node.core.logs import alarm, payment

_RENEW_AHEAD = timedelta(days=5)  # the bank warns 3 days before
_ASK_AGAIN = timedelta(minutes=5)
_RENEW_PATH = "/v1/renew_token"
_LOCK = 0x42414B4F  # any number of our own


def mark(token: str) -> str:
    """A short name for a token that tells nothing about it."""
    return hashlib.sha256(token.encode()).hexdigest()[:12]


def expiry(token: str) -> datetime | None:
    """``exp`` of a JWT, read without asking anybody; None when it has none."""
    try:
        part = token.split(".")[1]
        value = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))["exp"]
        return clock.from_ms(int(value) * 1000)
    except (IndexError, KeyError, TypeError, ValueError, OverflowError, binascii.Error):
        return None


def current() -> str:
    """The token to use; the one of the settings first, and again when the operator put in another one."""
    row = BankToken.objects.filter(pk=1).first()
    if row is None or row.seed_mark != mark(settings.BAKONG_TOKEN):
        seed = settings.BAKONG_TOKEN
        values = {"token": seed, "seed_mark": mark(seed), "expires_at": expiry(seed), "refused_at": None}
        row, _created = BankToken.objects.update_or_create(pk=1, defaults=values)
    return row.token


@contextmanager
def _one_at_a_time() -> Iterator[None]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", [_LOCK])
        try:
            yield
        finally:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [_LOCK])


def renew(refused: str) -> str | None:
    """A token other than ``refused``: the one that another worker got meanwhile, or a new one. None when refused."""
    with _one_at_a_time():
        held = current()
        if held != refused:
            return held
        row = BankToken.objects.get(pk=1)
        if row.refused_at is not None and clock.now() - row.refused_at < _ASK_AGAIN:
            return None
        return _renewed(held)


def _renewed(old: str) -> str | None:
    call = ledger.reserve(_RENEW_PATH, CallReason.TOKEN)
    assert call is not None
    answer, milliseconds = client.post(_RENEW_PATH, {"email": settings.BAKONG_EMAIL})
    ledger.finish(call, answer, milliseconds)
    token = answer.data.get("token") if answer.kind is AnswerKind.PAID and isinstance(answer.data, dict) else None
    if not isinstance(token, str) or not token:
        BankToken.objects.filter(pk=1).update(refused_at=clock.now())
        alarm("token could not be renewed", answer=answer.kind, errorCode=answer.error_code)
        return None
    BankToken.objects.filter(pk=1).update(
        token=token, previous=old, expires_at=expiry(token), renewed_at=clock.now(), refused_at=None
    )
    payment("token renewed", mark=mark(token), expires=clock.iso(expiry(token)))
    return token


def renew_ahead() -> bool:
    """Renew when the end is near. True when it was renewed."""
    held = current()
    ends = expiry(held)
    if ends is None or ends - clock.now() > _RENEW_AHEAD:
        return False
    return renew(held) not in {None, held}
