"""Name, language, theme, zone, picture."""

from collections.abc import Mapping
from typing import Any

from django.db import transaction

from apps.audit.choices import AuditAction
from apps.audit.services import audit_record
from apps.users import registry
from apps.users.errors import ContactNeedsCode
from apps.users.models import Identity, User
from apps.users.selectors import user_of
from apps.users.services.storage import file_counted
from dastern.core import clock
from dastern.core.actor import Actor
from dastern.core.files import image_clean
from dastern.sync.feed import feed_lock

CONTACT = ("email", "phone_number")
CONTACT_ROUTE = "auth/contact"  # where the code is asked for; the authentication app, which stands above, serves it


@transaction.atomic
def profile_change(*, actor: Actor, changes: Mapping[str, Any]) -> User:
    """Change fields of the own profile. A new time zone moves planned doses that follow meal times.

    Raises ContactNeedsCode for another e-mail or phone number: those need a code sent to the new address.
    """
    now = clock.now()
    feed_lock([actor.user_id])
    user = user_of(actor.user_id)
    wanted = {name: value for name, value in changes.items() if getattr(user, name) != value}
    asked = [name for name in CONTACT if name in wanted]
    if asked:
        raise ContactNeedsCode(
            errors=[(_wire(name), ContactNeedsCode.message) for name in asked], extra={"route": CONTACT_ROUTE}
        )
    if not wanted:
        return user
    for name, value in wanted.items():
        setattr(user, name, value)
    if {"first_name", "last_name"} & set(wanted) and "full_name" not in wanted:
        user.full_name = f"{user.last_name} {user.first_name}".strip()
    user.save()
    profile_audit(user, actor, sorted(wanted))
    if "timezone" in wanted:
        registry.changed(registry.TIMEZONE, user, now)
    return user


def _wire(name: str) -> str:
    return {"phone_number": "phoneNumber"}.get(name, name)


def profile_audit(user: User, actor: Actor, fields: list[str]) -> None:
    """Write which fields changed, never their content."""
    audit_record(
        AuditAction.PROFILE_UPDATE,
        actor=actor,
        resource_type="user",
        resource_id=user.id,
        patient_id=user.id,
        details={"fields": fields},
    )


@transaction.atomic
def identity_set(*, actor: Actor, changes: Mapping[str, str]) -> User:
    """Change ``place_code``, ``idpoor_number``, ``nssf_number``: validated and normal, blank to forget."""
    feed_lock([actor.user_id])
    user = user_of(actor.user_id)
    identity: Identity = getattr(user, "identity", None) or Identity(user=user)
    wanted = {name: value for name, value in changes.items() if getattr(identity, name) != value}
    if wanted:
        for name, value in wanted.items():
            setattr(identity, name, value)
        identity.save()
        profile_audit(user, actor, sorted(wanted))
        user.identity = identity
    return user


def photo_set(*, actor: Actor, upload: Any) -> User:
    """Replace the own picture. Raises PlanLimit, and what ``image_clean`` raises."""
    now = clock.now()
    picture = image_clean(upload)
    with transaction.atomic():
        feed_lock([actor.user_id])
        user = user_of(actor.user_id)
        old = user.profile_picture.name
        file_counted(user_id=user.id, size=picture.size, replaces=old or "", now=now)
        user.profile_picture.save(str(picture.name), picture, save=False)
        user.save()
        profile_audit(user, actor, ["profile_picture"])
        if old:
            transaction.on_commit(lambda: user.profile_picture.storage.delete(old))
    return user
