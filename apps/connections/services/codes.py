"""Codes that a patient shows to a helper: eight characters or a QR, one day, once."""

import secrets
from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction

from apps.connections.choices import ConnectionKind, PermissionLevel
from apps.connections.errors import CodeExpired, CodeUnknown, CodeUsed, NoPatientSide, SelfConnection
from apps.connections.models import Connection, ConnectionToken
from apps.connections.rules import CODE_ALPHABET, CODE_LENGTH, code_normal, patient_side
from apps.connections.services.links import link_create
from apps.users.models import User
from dastern.core import clock
from dastern.core.actor import Actor
from dastern.core.errors import NotFound
from dastern.sync.feed import feed_lock

LIFE = timedelta(hours=24)


@transaction.atomic
def code_generate(*, actor: Actor, level: PermissionLevel, scope: Mapping[str, Any] | None = None) -> ConnectionToken:
    """A new code of the patient; ``level`` is what the helper shall see once the patient has approved."""
    now = clock.now()
    while True:
        code = "".join(secrets.choice(CODE_ALPHABET) for _ in range(CODE_LENGTH))
        try:
            with transaction.atomic():
                return ConnectionToken.objects.create(
                    patient_id=actor.user_id, token=code, permission_level=level, scope=dict(scope or {}),
                    created_at=now, expires_at=now + LIFE,
                )  # fmt: skip
        except IntegrityError:  # one in 10¹²: the code is taken
            continue


@transaction.atomic
def code_withdraw(*, actor: Actor, code_id: UUID) -> None:
    """Take back an unused code of one's own. Raises NotFound, CodeUsed."""
    now = clock.now()
    taken = ConnectionToken.objects.filter(
        pk=code_id, patient_id=actor.user_id, used_at=None, withdrawn_at=None
    ).update(withdrawn_at=now)
    if taken:
        return
    if ConnectionToken.objects.filter(pk=code_id, patient_id=actor.user_id, used_at__isnull=False).exists():
        raise CodeUsed
    raise NotFound


def code_find(typed: str) -> ConnectionToken:
    """The usable code that was typed. Raises CodeUnknown, CodeUsed, CodeExpired (also when withdrawn)."""
    found = ConnectionToken.objects.select_related("patient").filter(token=code_normal(typed)).first()
    if found is None:
        raise CodeUnknown
    if found.used_at is not None:
        raise CodeUsed
    if found.withdrawn_at is not None or found.expires_at <= clock.now():
        raise CodeExpired
    return found


@transaction.atomic
def code_consume(*, actor: Actor, typed: str) -> Connection:
    """Use a code: it is spent and a PENDING link made in one transaction; of many at once exactly one wins.

    The patient still has to accept. Raises what ``code_find`` and ``link_create`` raise, and SelfConnection.
    """
    now = clock.now()
    code = code_find(typed)
    if code.patient_id == actor.user_id:
        raise SelfConnection
    me = User.objects.get(pk=actor.user_id)
    if me.role == "PATIENT":
        kind = "CAREGIVER"
    else:
        sides = patient_side(initiator_role=me.role, recipient_role=code.patient.role)
        if sides is None:
            raise NoPatientSide
        kind = sides[1]
    feed_lock([me.id, code.patient_id])
    won = ConnectionToken.objects.filter(pk=code.pk, used_at=None, withdrawn_at=None, expires_at__gt=now).update(
        used_at=now, used_by=me
    )
    if not won:
        code_find(typed)
        raise CodeUsed
    return link_create(
        actor=actor,
        initiator=me,
        recipient=code.patient,
        patient=code.patient,
        kind=ConnectionKind(kind),
        requested_level=PermissionLevel(code.permission_level),
        scope=code.scope,
        message="",
        relationship="",
        now=now,
    )
