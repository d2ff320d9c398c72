"""Lock-out, codes and identifiers as pure functions (domain.md §2.1). No Django, no clock, no I/O."""

import hashlib
import hmac
import math
import re
import struct
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

LOCK_AFTER: Final = 5  # consecutive failures
LOCK_FOR: Final = timedelta(minutes=15)
OTP_LIFE: Final = timedelta(minutes=5)
OTP_PAUSE: Final = timedelta(seconds=60)  # between two sends
OTP_TRIES: Final = 5
RESET_LIFE: Final = timedelta(minutes=15)
OLDEST_AGE: Final = 130

_LOCAL_PHONE: Final = re.compile(r"0[1-9][0-9]{7,8}")
_CAMBODIA: Final = "+855"
_KHMER_DIGITS: Final = {0x17E0 + digit: str(digit) for digit in range(10)}


@dataclass(frozen=True, slots=True)
class Lockout:
    """Consecutive failures of an account, and until when nobody signs in to it."""

    failures: int = 0
    until: datetime | None = None


def lock_seconds(until: datetime | None, now: datetime) -> int:
    """Whole seconds left of a lock-out, rounded up; 0 when it is over or there is none."""
    return max(math.ceil((until - now).total_seconds()), 0) if until else 0


def after_failure(state: Lockout, now: datetime) -> Lockout:
    """The state after one more wrong password.

    The fifth in a row locks. A running lock is not extended; after a lock that is over the count starts anew.
    """
    if lock_seconds(state.until, now):
        return state
    failures = 1 if state.until else state.failures + 1
    return Lockout(failures, now + LOCK_FOR if failures >= LOCK_AFTER else None)


class CodeState(StrEnum):
    """Whether a one-time code can still be tried."""

    USABLE = "USABLE"
    USED = "USED"
    EXPIRED = "EXPIRED"
    VOID = "VOID"


def code_state(*, expires_at: datetime, attempts: int, consumed_at: datetime | None, now: datetime) -> CodeState:
    """The state of a code before a try: five wrong tries void it, five minutes end it, whatever came first."""
    if consumed_at is not None:
        return CodeState.USED
    if expires_at <= now:
        return CodeState.EXPIRED
    return CodeState.VOID if attempts >= OTP_TRIES else CodeState.USABLE


def resend_seconds(last_sent_at: datetime | None, now: datetime) -> int:
    """Seconds until another code may be sent; 0 when it may be sent now."""
    return lock_seconds(last_sent_at + OTP_PAUSE, now) if last_sent_at else 0


def phone_normal(text: str) -> str:
    """A typed phone number without separators and with ASCII digits."""
    return re.sub(r"[\s().\-\u200b]", "", text.translate(_KHMER_DIGITS))


def identifier_normal(text: str) -> str:
    """What somebody typed to sign in, as accounts are stored: an e-mail in lower case or a phone number with +.

    A Cambodian number typed the local way (012 …) gets its country code.
    """
    typed = text.strip()
    if "@" in typed:
        return typed.lower()
    number = phone_normal(typed)
    return _CAMBODIA + number[1:] if _LOCAL_PHONE.fullmatch(number) else number


# --- the second factor (RFC 6238) ---------------------------------------------------------------------------------

TOTP_PERIOD: Final = 30
TOTP_TOLERANCE: Final = 1  # periods before and after
TOTP_DIGITS: Final = 6


def totp(secret: bytes, counter: int) -> str:
    """The code of one period."""
    digest = hmac.new(secret, struct.pack(">Q", counter), hashlib.sha1).digest()
    offset = digest[-1] & 0x0F
    number = struct.unpack(">I", digest[offset : offset + 4])[0] & 0x7FFFFFFF
    return f"{number % 10**TOTP_DIGITS:0{TOTP_DIGITS}d}"


def totp_counter_of(secret: bytes, typed: str, at: float, *, after: int) -> int | None:
    """The period whose code was ``typed``, close to the instant ``at`` and later than ``after``; None for none."""
    now = int(at) // TOTP_PERIOD
    for counter in range(max(now - TOTP_TOLERANCE, after + 1), now + TOTP_TOLERANCE + 1):
        if hmac.compare_digest(totp(secret, counter), typed):
            return counter
    return None


def second_factor_typed(text: str) -> str:
    """A typed code without blanks and hyphens, with ASCII digits; what holds anything else fits no code."""
    plain = re.sub(r"[\s\-\u200b]", "", text.translate(_KHMER_DIGITS))
    return plain if plain.isascii() else ""
