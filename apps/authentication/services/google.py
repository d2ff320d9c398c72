"""Signing in with Google (domain.md §2.1)."""

from datetime import datetime
from typing import NamedTuple

from django.db import transaction

from apps.audit.choices import AuditAction
from apps.authentication.errors import AlreadyTaken, GoogleLinkRefused
from apps.authentication.google import GooglePerson, google_person
from apps.authentication.services.accounts import account_confirm, account_insert
from apps.authentication.services.locks import account_admit, account_audit, account_lock, acting
from apps.authentication.services.second_factor import factor_require
from apps.authentication.services.sessions import Session, session_open
from apps.users.choices import Role
from apps.users.models import User
from dastern.core import clock
from dastern.core.actor import Actor


class GoogleSignIn(NamedTuple):
    """The session, and whether the account was made just now."""

    session: Session
    is_new: bool


def google_sign_in(
    *, id_token: str, role: Role, actor: Actor, device_name: str = "", remember: bool = False, code: str = ""
) -> GoogleSignIn:
    """Sign in, or up as ``role``, with an ID token of Google. A doctor made this way waits for staff as any other.

    Raises GoogleTokenInvalid, Unavailable, GoogleLinkRefused, and what ``factor_require`` and ``account_admit`` raises.
    """
    person = google_person(id_token)
    now = clock.now()
    known = User.objects.filter(google_id=person.id).first() or User.objects.filter(email=person.email).first()
    if known is not None:
        factor_require(user=known, code=code, actor=actor)

    @transaction.atomic
    def sign_in() -> GoogleSignIn:
        account, is_new = _account_of(person, role, actor, now)
        account_admit(account, now)
        session = session_open(
            user=account, actor=actor, method="google", now=now, device_name=device_name, remember=remember
        )
        return GoogleSignIn(session, is_new)

    try:
        return sign_in()
    except AlreadyTaken:  # a second tap was faster by a moment: sign in to the account that it made
        return sign_in()


def _account_of(person: GooglePerson, role: Role, actor: Actor, now: datetime) -> tuple[User, bool]:
    """The locked account of this person, linked or made where it has to be, and whether it was made."""
    linked = User.objects.filter(google_id=person.id).values_list("id", flat=True).first()
    if linked is not None:
        return account_lock(linked), False
    same_email = User.objects.filter(email=person.email).values_list("id", flat=True).first()
    if same_email is not None:
        return _link(account_lock(same_email), person, actor), False
    user = User(
        role=role,
        google_id=person.id,
        email=person.email,
        first_name=person.first_name,
        last_name=person.last_name,
        full_name=person.full_name,
    )
    user.set_unusable_password()
    account_insert(user)
    account = account_lock(user.id)
    account_confirm(account, actor, now)
    return account, True


def _link(account: User, person: GooglePerson, actor: Actor) -> User:
    """Only the owner of a confirmed e-mail is known to be the same person; one Google account each."""
    if account.email_verified_at is None or account.google_id is not None:
        raise GoogleLinkRefused
    account.google_id = person.id
    account.save(update_fields=["google_id", "updated_at"])
    account_audit(AuditAction.PROFILE_UPDATE, account, acting(account, actor), event="GOOGLE_LINKED")
    return account
