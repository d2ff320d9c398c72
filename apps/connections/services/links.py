"""The life of a link: PENDING → ACCEPTED → REVOKED, and what the patient shows meanwhile.

Lock order: both people's feeds first, then the link.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction

from apps.audit.choices import AuditAction
from apps.audit.services import audit_record
from apps.connections.choices import AccessRequestStatus, ConnectionKind, ConnectionStatus, PermissionLevel
from apps.connections.errors import (
    AlreadyConnected,
    AlreadyEnded,
    DoctorNotVerified,
    NoPatientSide,
    NotAccepted,
    NotPending,
    SelfConnection,
)
from apps.connections.models import AccessRequest, Connection
from apps.connections.plan import caregivers_require, doctors_require
from apps.connections.rules import patient_side
from apps.connections.selectors import caregiver_count, doctor_count, link_of_side
from apps.notifications.choices import NotificationType
from apps.notifications.services import deliveries_drop, notification_send
from apps.notifications.stream import stream_close
from apps.users.choices import USABLE_STATUSES, Role
from apps.users.models import User
from dastern.core import clock
from dastern.core.actor import Actor
from dastern.core.errors import Forbidden, NotFound
from dastern.sync.feed import feed_lock

LEVEL = dict(PermissionLevel.choices)


def link_tell(
    link: Connection,
    *,
    sender: User,
    recipient_id: UUID,
    template: str,
    actor: Actor,
    type: NotificationType = NotificationType.CONNECTION_REQUEST,  # noqa: A002
    context: Mapping[str, Any] | None = None,
    data: Mapping[str, Any] | None = None,
) -> None:
    """Tell one side of ``link`` what the other side did."""
    notification_send(
        recipient_id=recipient_id,
        type=type,
        template=template,
        context={"name": sender.full_name, **(context or {})},
        data={"connectionId": str(link.id), "patientId": str(link.patient_id), **(data or {})},
        actor=actor,
    )


def link_audit(action: AuditAction, link: Connection, actor: Actor, **details: Any) -> None:
    """Write what happened to ``link``."""
    audit_record(
        action,
        actor=actor,
        resource_type="connection",
        resource_id=link.id,
        patient_id=link.patient_id,
        details=details,
    )


@transaction.atomic
def connection_request(
    *,
    actor: Actor,
    target_id: UUID,
    target_role: str | None = None,
    message: str = "",
    relationship: str = "",
    level: PermissionLevel | None = None,
    scope: Mapping[str, Any] | None = None,
) -> Connection:
    """Ask another person for a link. ``level`` and ``scope`` are remembered only when the asker is the patient.

    Raises SelfConnection, NotFound (unknown account), NoPatientSide, DoctorNotVerified, PlanLimit, AlreadyConnected.
    """
    now = clock.now()
    if target_id == actor.user_id:
        raise SelfConnection
    people = {user.id: user for user in User.objects.filter(pk__in=[actor.user_id, target_id])}
    target = people.get(target_id)
    if target is None or target.account_status not in USABLE_STATUSES:
        raise NotFound
    me = people[actor.user_id]
    sides = patient_side(initiator_role=me.role, recipient_role=target.role, recipient_as=target_role)
    if sides is None:
        raise NoPatientSide
    by_patient = sides[0] == "initiator"
    return link_create(
        actor=actor,
        initiator=me,
        recipient=target,
        patient=me if by_patient else target,
        kind=ConnectionKind(sides[1]),
        requested_level=level if by_patient else None,
        scope=scope if by_patient else None,
        message=message,
        relationship=relationship,
        now=now,
    )


def link_create(
    *,
    actor: Actor,
    initiator: User,
    recipient: User,
    patient: User,
    kind: ConnectionKind,
    requested_level: PermissionLevel | None,
    scope: Mapping[str, Any] | None,
    message: str,
    relationship: str,
    now: datetime,
) -> Connection:
    """Insert a PENDING link after the checks that hold however it comes about. Inside a transaction."""
    for user in (initiator, recipient):
        if user.role == Role.DOCTOR and not user.is_verified_doctor:
            raise DoctorNotVerified
    feed_lock([initiator.id, recipient.id])
    link = Connection(
        initiator=initiator,
        recipient=recipient,
        patient=patient,
        kind=kind,
        requested_level=requested_level or "",
        scope=dict(scope or {}),
        message=message,
        relationship=relationship,
        requested_at=now,
    )
    try:
        with transaction.atomic():
            link.save(force_insert=True)
    except IntegrityError as error:
        raise AlreadyConnected from error
    # counted under the patient's feed lock: two requests cannot both be the last
    if kind == ConnectionKind.CAREGIVER:
        caregivers_require(patient.id, caregiver_count(patient.id) - 1)
    else:
        doctors_require(patient.id, doctor_count(patient.id) - 1)
    link_audit(AuditAction.CONNECTION_REQUEST, link, actor, kind=kind)
    link_tell(link, sender=initiator, recipient_id=recipient.id, template="connections.requested", actor=actor)
    return link


def _locked(actor: Actor, link_id: UUID) -> Connection:
    """The link with both feeds and its row locked. Raises NotFound to anybody who is no side of it."""
    link = link_of_side(actor.user_id, link_id)
    feed_lock([link.initiator_id, link.recipient_id])
    return Connection.objects.select_for_update(of=("self",)).select_related("initiator", "recipient").get(pk=link.pk)


def _sides(link: Connection, actor: Actor) -> tuple[User, User]:
    """(the actor, the other side)."""
    if link.initiator_id == actor.user_id:
        return link.initiator, link.recipient
    return link.recipient, link.initiator


@transaction.atomic
def connection_accept(
    *,
    actor: Actor,
    link_id: UUID,
    level: PermissionLevel | None = None,
    scope: Mapping[str, Any] | None = None,
) -> Connection:
    """The asked side accepts. The level is the patient's word only: now, or when asking, else nothing is shown.

    Raises NotFound, Forbidden (the asker cannot accept), NotPending, DoctorNotVerified.
    """
    now = clock.now()
    link = _locked(actor, link_id)
    if link.recipient_id != actor.user_id:
        raise Forbidden
    if link.status != ConnectionStatus.PENDING:
        raise NotPending
    me, other = _sides(link, actor)
    if any(user.role == Role.DOCTOR and not user.is_verified_doctor for user in (me, other)):
        raise DoctorNotVerified
    if link.patient_id == actor.user_id:
        link.permission_level = level or link.requested_level or PermissionLevel.NOT_ALLOWED
        link.scope = dict(scope) if scope is not None else link.scope
    else:
        link.permission_level = link.requested_level or PermissionLevel.NOT_ALLOWED
    link.status = ConnectionStatus.ACCEPTED
    link.accepted_at = now
    link.save()
    link_audit(AuditAction.CONNECTION_ACCEPT, link, actor, level=link.permission_level, kind=link.kind)
    link_tell(link, sender=me, recipient_id=other.id, template="connections.accepted", actor=actor)
    return link


@transaction.atomic
def connection_reject(*, actor: Actor, link_id: UUID, reason: str = "") -> Connection:
    """The asked side declines. Raises NotFound, Forbidden, NotPending."""
    link = _locked(actor, link_id)
    if link.recipient_id != actor.user_id:
        raise Forbidden
    if link.status != ConnectionStatus.PENDING:
        raise NotPending
    return _end(link, actor, reason, template="connections.declined", event="DECLINED")


@transaction.atomic
def connection_revoke(*, actor: Actor, link_id: UUID, reason: str = "") -> Connection:
    """Either side ends the link, or withdraws the request; at once: streams close, waiting messages are dropped.

    Raises NotFound, AlreadyEnded.
    """
    link = _locked(actor, link_id)
    if link.status == ConnectionStatus.REVOKED:
        raise AlreadyEnded
    event = "ENDED" if link.status == ConnectionStatus.ACCEPTED else "WITHDRAWN"
    return _end(link, actor, reason, template="connections.ended", event=event)


def _end(link: Connection, actor: Actor, reason: str, *, template: str, event: str) -> Connection:
    link.status = ConnectionStatus.REVOKED
    link.revoked_at = clock.now()
    link.revoked_by_id = actor.user_id
    link.revoke_reason = reason
    link.save()
    AccessRequest.objects.filter(
        connection=link, status__in=[AccessRequestStatus.PENDING, AccessRequestStatus.APPROVED]
    ).update(status=AccessRequestStatus.EXPIRED, expires_at=link.revoked_at)
    me, other = _sides(link, actor)
    by_doctor = event == "ENDED" and link.kind == ConnectionKind.DOCTOR and link.patient_id != me.id
    link_audit(
        AuditAction.DOCTOR_DISCONNECT if by_doctor else AuditAction.CONNECTION_REVOKE,
        link, actor, event=event, reason=reason,
    )  # fmt: skip
    viewer_id = UUID(str(link.viewer_id))
    deliveries_drop(recipient_id=viewer_id, patient_id=link.patient_id)
    link_tell(link, sender=me, recipient_id=other.id, template=template, actor=actor)
    stream_close([viewer_id], "ACCESS_CHANGED")
    return link


@transaction.atomic
def connection_permission_set(
    *,
    actor: Actor,
    link_id: UUID,
    level: PermissionLevel,
    scope: Mapping[str, Any] | None = None,
    valid_until: datetime | None = None,
) -> Connection:
    """The patient changes what the other side may see; ``scope`` None keeps the scope.

    Raises NotFound, Forbidden (only the patient's side), NotAccepted.
    """
    link = _locked(actor, link_id)
    if link.patient_id != actor.user_id:
        raise Forbidden
    if link.status != ConnectionStatus.ACCEPTED:
        raise NotAccepted
    old = link.permission_level
    link.permission_level = level
    link.scope = dict(scope) if scope is not None else link.scope
    link.valid_until = valid_until
    link.save()
    link_audit(AuditAction.PERMISSION_CHANGE, link, actor, old=old, new=level)
    me, other = _sides(link, actor)
    if old != level:
        link_tell(
            link, sender=me, recipient_id=other.id, template="connections.level", actor=actor,
            context={"level": LEVEL[level]}, data={"level": level},
        )  # fmt: skip
    stream_close([other.id], "ACCESS_CHANGED")
    return link


@transaction.atomic
def connection_alerts_set(*, actor: Actor, link_id: UUID, enabled: bool) -> Connection:
    """Either side switches the alerts of this link. Raises NotFound, NotAccepted."""
    link = _locked(actor, link_id)
    if link.status != ConnectionStatus.ACCEPTED:
        raise NotAccepted
    old, link.alerts_enabled = link.alerts_enabled, enabled
    link.save()
    if old != enabled:
        link_audit(AuditAction.PERMISSION_CHANGE, link, actor, old=f"alerts {old}", new=f"alerts {enabled}")
    return link
