"""The second factor of doctors and staff: a code of an app, or one of ten recovery codes (ADR 6)."""

import base64
import hashlib
import secrets
import time
from datetime import datetime
from uuid import UUID

from cryptography.fernet import Fernet
from django.conf import settings
from django.db import transaction

from apps.audit.choices import AuditAction, Outcome
from apps.authentication.errors import LockedOut, SecondFactorNeeded, SecondFactorUnset, SecondFactorWrong
from apps.authentication.models import SecondFactor
from apps.authentication.rules import Lockout, after_failure, lock_seconds, second_factor_typed, totp_counter_of
from apps.authentication.services.locks import account_audit, acting
from apps.users.choices import Role
from apps.users.models import User
from dastern.core import clock
from dastern.core.actor import Actor

SECRET_BYTES = 20
RECOVERY_CODES = 10


def _box() -> Fernet:
    """Seals secrets at rest with a key of its own, made from the server's."""
    return Fernet(base64.urlsafe_b64encode(hashlib.sha256(f"second-factor:{settings.SECRET_KEY}".encode()).digest()))


def _hash(user_id: UUID, code: str) -> str:
    return hashlib.sha256(f"{user_id}:{code}".encode()).hexdigest()


def factor_belongs(user: User) -> bool:
    """Who has a second factor at all: doctors and staff."""
    return user.role == Role.DOCTOR or user.is_staff


def factor_standing(user_id: UUID) -> bool:
    """Whether this person has confirmed one."""
    return SecondFactor.objects.filter(pk=user_id, confirmed_at__isnull=False).exists()


def factor_begin(*, user: User) -> str:
    """The secret for the person's app, the same until it is confirmed. Raises nothing; a confirmed one stays."""
    row, _made = SecondFactor.objects.get_or_create(
        pk=user.pk, defaults={"secret": _box().encrypt(secrets.token_bytes(SECRET_BYTES)).decode()}
    )
    return base64.b32encode(_box().decrypt(row.secret.encode())).decode()


def factor_confirm(*, user: User, code: str, actor: Actor) -> list[str]:
    """The app shows the right code: from now on it is asked for. Returns the recovery codes, shown this once.

    Raises SecondFactorWrong, LockedOut.
    """
    _prove(user, code, actor, confirming=True)
    return recovery_codes_renew(user=user, actor=actor)


def recovery_codes_renew(*, user: User, actor: Actor) -> list[str]:
    """Ten new codes; the old ones end."""
    codes = [f"{secrets.randbelow(10**10):010d}" for _ in range(RECOVERY_CODES)]
    SecondFactor.objects.filter(pk=user.pk).update(recovery=[_hash(user.pk, code) for code in codes])
    account_audit(AuditAction.PROFILE_UPDATE, user, acting(user, actor), event="RECOVERY_CODES")
    return [f"{code[:5]}-{code[5:]}" for code in codes]


def factor_prove(*, user: User, code: str, actor: Actor) -> None:
    """Nothing when ``code`` is right. Five wrong ones in a row lock for fifteen minutes; a code counts once.

    Raises SecondFactorWrong, LockedOut; both are committed to the audit log first.
    """
    _prove(user, code, actor, confirming=False)
    account_audit(AuditAction.LOGIN_SUCCESS, user, acting(user, actor), method="second factor")


def factor_remove(*, user: User, code: str, actor: Actor) -> None:
    """Take the factor away, with a right code; where one is required, the next page asks for a new one."""
    _prove(user, code, actor, confirming=False)
    SecondFactor.objects.filter(pk=user.pk).delete()
    account_audit(AuditAction.PROFILE_UPDATE, user, acting(user, actor), event="SECOND_FACTOR_REMOVED")


def _prove(user: User, code: str, actor: Actor, *, confirming: bool) -> None:
    now = clock.now()
    typed = second_factor_typed(code)
    with transaction.atomic():
        row = SecondFactor.objects.select_for_update().filter(pk=user.pk).first()
        if row is None:
            raise SecondFactorWrong
        state = Lockout(row.failures, row.locked_until)
        locked = lock_seconds(state.until, now)
        right = not locked and (_of_app(row, typed) or (not confirming and _of_paper(row, user.pk, typed)))
        if right:
            row.failures, row.locked_until = 0, None
            row.confirmed_at = row.confirmed_at or now
        elif not locked:
            state = after_failure(state, now)
            row.failures, row.locked_until = state.failures, state.until
        row.save()
        if right and confirming:
            account_audit(AuditAction.PROFILE_UPDATE, user, acting(user, actor), event="SECOND_FACTOR_SET")
        if not right:
            account_audit(AuditAction.LOGIN_FAILED, user, acting(user, actor), outcome=Outcome.DENIED, factor=True)
        seconds = lock_seconds(row.locked_until, now)
    if seconds:
        raise LockedOut(seconds)
    if not right:
        raise SecondFactorWrong


def _of_app(row: SecondFactor, typed: str) -> bool:
    """Whether the app shows it now, or half a minute ago or ahead; a code that was used never counts again.

    Phones keep real time, so the machine's clock is asked, not the one that a demonstration moves.
    """
    counter = totp_counter_of(_box().decrypt(row.secret.encode()), typed, time.time(), after=row.last_counter)
    if counter is None:
        return False
    row.last_counter = counter
    return True


def _of_paper(row: SecondFactor, user_id: UUID, typed: str) -> bool:
    hashed = _hash(user_id, typed)
    if hashed not in row.recovery:
        return False
    row.recovery = [kept for kept in row.recovery if kept != hashed]
    return True


def factor_require(*, user: User, code: str, actor: Actor) -> None:
    """For sign-ins by API: the code where the person has a factor; refusal where one is required and not set.

    Raises SecondFactorNeeded, SecondFactorUnset, SecondFactorWrong, LockedOut.
    """
    if not factor_belongs(user):
        return
    if not factor_standing(user.pk):
        if settings.SECOND_FACTOR_REQUIRED:
            raise SecondFactorUnset
        return
    if not code.strip():
        raise SecondFactorNeeded
    factor_prove(user=user, code=code, actor=actor)


def factor_label(user: User) -> str:
    """How the person's app names the entry."""
    return user.email


def confirmed_since(user_id: UUID) -> datetime | None:
    """Since when the person has one; None without."""
    return SecondFactor.objects.filter(pk=user_id).values_list("confirmed_at", flat=True).first()
