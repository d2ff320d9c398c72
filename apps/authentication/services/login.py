"""Proving a password, with the lock-out that the API and Django's own login pages share (domain.md §2.1)."""

from datetime import datetime

from django.db import transaction

from apps.audit.choices import AuditAction, Outcome
from apps.authentication.errors import InvalidCredentials, LockedOut
from apps.authentication.rules import Lockout, after_failure, lock_seconds
from apps.authentication.selectors import account_find
from apps.authentication.services.locks import account_admit, account_audit, account_lock, acting
from apps.authentication.services.second_factor import factor_require
from apps.authentication.services.sessions import Session, session_open
from apps.users.models import User
from dastern.core import clock
from dastern.core.actor import Actor


def login(
    *,
    identifier: str,
    password: str,
    actor: Actor,
    device_name: str = "",
    remember: bool = False,
    code: str = "",
) -> Session:
    """Sign in by e-mail or phone number and password; doctors and staff with the ``code`` of their second factor.

    Raises InvalidCredentials, LockedOut, and what ``factor_require`` and ``account_admit`` raise, which only somebody
    with the right password gets to know.
    """
    now = clock.now()
    user = credentials_prove(identifier=identifier, password=password, actor=actor, now=now)
    factor_require(user=user, code=code, actor=actor)
    with transaction.atomic():
        account = account_lock(user.id)
        account_admit(account, now)
        return session_open(
            user=account, actor=actor, method="password", now=now, device_name=device_name, remember=remember
        )


def credentials_prove(*, identifier: str, password: str, actor: Actor, now: datetime) -> User:
    """The account of ``identifier`` when the password is right. An unknown one costs the same time.

    Raises InvalidCredentials, LockedOut; both are committed to the audit log first.
    """
    user = account_find(identifier)
    if user is None:
        User().set_password(password)
        account_audit(AuditAction.LOGIN_FAILED, None, actor, outcome=Outcome.DENIED)
        raise InvalidCredentials
    return password_prove(user=user, password=password, actor=actor, now=now)


def password_prove(*, user: User, password: str, actor: Actor, now: datetime) -> User:
    """``user`` when the password is right, its failures forgotten; otherwise one more failure is counted.

    The slow comparison runs outside the lock, the verdict inside: of a hundred guesses at once five are judged, the
    others meet the lock-out. Raises InvalidCredentials, LockedOut after committing the count and the audit rows.
    """
    right = not lock_seconds(user.locked_until, now) and user.check_password(password)
    with transaction.atomic():
        account = account_lock(user.id)
        proved = _judge(account, right=right and account.password == user.password, actor=actor, now=now)
    if seconds := lock_seconds(account.locked_until, now):
        raise LockedOut(seconds)
    if not proved:
        raise InvalidCredentials
    return account


def _judge(account: User, *, right: bool, actor: Actor, now: datetime) -> bool:
    state = Lockout(account.failed_login_attempts, account.locked_until)
    if lock_seconds(state.until, now):
        account_audit(AuditAction.LOGIN_FAILED, account, actor, outcome=Outcome.DENIED, locked=True)
        return False
    if right:
        if state != Lockout():
            _keep(account, Lockout())
        return True
    state = after_failure(state, now)
    _keep(account, state)
    account_audit(AuditAction.LOGIN_FAILED, account, actor, outcome=Outcome.DENIED, failures=state.failures)
    if state.until:
        account_audit(AuditAction.ACCOUNT_LOCKED, account, actor, failures=state.failures)
    return False


def _keep(account: User, state: Lockout) -> None:
    account.failed_login_attempts, account.locked_until = state.failures, state.until
    account.save(update_fields=["failed_login_attempts", "locked_until"])


def page_login(*, identifier: str, password: str, actor: Actor) -> User:
    """The account for Django's own login pages, whose session Django keeps. Staff need no confirmed e-mail.

    Raises as ``login`` does.
    """
    now = clock.now()
    user = credentials_prove(identifier=identifier, password=password, actor=actor, now=now)
    account_admit(user, now, unconfirmed=user.is_staff)
    account_audit(AuditAction.LOGIN_SUCCESS, user, acting(user, actor), method="page")
    return user
