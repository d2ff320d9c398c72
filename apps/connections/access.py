"""The one door to another person's data (architecture §4.1).

Every selector of patient data starts here. Absent and forbidden give the same 404; every access by another person,
allowed or denied, is audited (the same viewer on the same resource within five minutes is written once).
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from uuid import UUID

import redis as redis_py
from django.db.models import Prefetch, Q

from apps.audit.choices import AuditAction, Outcome
from apps.audit.models import AuditLog
from apps.audit.services import audit_entry, audit_record, audit_record_many
from apps.connections.choices import Ability, AccessRequestStatus, ConnectionStatus
from apps.connections.models import AccessRequest, Connection
from apps.connections.rules import Grant, Side, link_grant, may, no_grant, self_grant
from dastern.core import clock, redis
from dastern.core.actor import Actor
from dastern.core.errors import NotFound

_REPEAT = timedelta(minutes=5)


def _grant_of(link: Connection, now: datetime) -> Grant:
    return link_grant(
        patient_id=link.patient_id,
        viewer_id=UUID(str(link.viewer_id)),
        connection_id=link.id,
        kind=link.kind,
        status=link.status,
        level=link.permission_level,
        scope=link.scope or {},
        alerts_enabled=link.alerts_enabled,
        valid_until=link.valid_until,
        approved_scopes=[request.scope for request in link.access_requests.all()],
        now=now,
    )


def _links(now: datetime) -> "Iterable[Connection]":
    approved = AccessRequest.objects.filter(status=AccessRequestStatus.APPROVED, expires_at__gt=now)
    return Connection.objects.filter(status=ConnectionStatus.ACCEPTED).prefetch_related(
        Prefetch("access_requests", queryset=approved)
    )


def access_grant(viewer_id: UUID, patient_id: UUID, *, now: datetime | None = None) -> Grant:
    """What ``viewer_id`` may see of ``patient_id`` now. Reads the database on every call: grants are never cached."""
    if viewer_id == patient_id:
        return self_grant(patient_id)
    moment = now or clock.now()
    sides = Q(initiator_id=viewer_id) | Q(recipient_id=viewer_id)
    for link in _links(moment).filter(sides, patient_id=patient_id):  # type: ignore[attr-defined]
        grant = _grant_of(link, moment)
        if grant.side is not Side.NONE:
            return grant
    return no_grant(patient_id, viewer_id)


def access_grants_of_viewer(viewer_id: UUID, *, now: datetime | None = None) -> list[Grant]:
    """Every grant that ``viewer_id`` holds over other people (accepted links inside their validity)."""
    moment = now or clock.now()
    sides = Q(initiator_id=viewer_id) | Q(recipient_id=viewer_id)
    found = [_grant_of(link, moment) for link in _links(moment).filter(sides).exclude(patient_id=viewer_id)]  # type: ignore[attr-defined]
    return [grant for grant in found if grant.side is not Side.NONE]


def access_grants_over_patients(patient_ids: Iterable[UUID], *, now: datetime | None = None) -> list[Grant]:
    """Every grant that others hold over these patients, in two queries; for recipients of alerts."""
    moment = now or clock.now()
    links = _links(moment).filter(patient_id__in=list(patient_ids))  # type: ignore[attr-defined]
    found = [_grant_of(link, moment) for link in links]
    return [grant for grant in found if grant.side is not Side.NONE]


def access_require(
    viewer: Actor,
    patient_id: UUID,
    ability: Ability,
    *,
    resource_type: str,
    resource_id: UUID | str | None = None,
    prescription_id: UUID | None = None,
    now: datetime | None = None,
) -> Grant:
    """The grant, when it allows ``ability``; otherwise a DENIED audit row and NotFound (404).

    The patient's own access is not audited; anybody else's allowed access is, once in five minutes a resource.
    """
    moment = now or clock.now()
    grant = access_grant(viewer.user_id, patient_id, now=moment)
    if not may(grant, ability, prescription_id=prescription_id):
        access_denied(viewer, patient_id, resource_type=resource_type, resource_id=resource_id, ability=ability)
        raise NotFound
    if grant.side is not Side.SELF:
        access_seen(
            viewer,
            patient_id,
            resource_type=resource_type,
            resource_id=resource_id,
            ability=ability,
            now=moment,
        )
    return grant


def access_seen_many(
    viewer: Actor, patient_ids: Iterable[UUID], *, resource_type: str, ability: str, now: datetime
) -> None:
    """``access_seen`` for a list that shows several patients: one statement however many they are."""
    wanted = sorted(set(patient_ids))
    if not wanted:
        return
    fresh = _unseen(viewer, wanted, resource_type=resource_type, ability=ability, now=now)
    audit_record_many(
        audit_entry(
            AuditAction.DATA_ACCESS, actor=viewer, resource_type=resource_type, patient_id=patient_id,
            details={"ability": str(ability)},
        )
        for patient_id in fresh
    )  # fmt: skip


def _unseen(viewer: Actor, patient_ids: list[UUID], *, resource_type: str, ability: str, now: datetime) -> list[UUID]:
    """The patients whose list this viewer did not look at within five minutes; marks them as looked at."""
    try:
        if redis.is_up():
            pipeline = redis.client().pipeline(transaction=False)
            for patient_id in patient_ids:
                marker = redis.key(f"seen:{viewer.id}:{resource_type}:{patient_id}:{ability}")
                pipeline.set(marker, 1, ex=int(_REPEAT.total_seconds()), nx=True)
            return [patient_id for patient_id, first in zip(patient_ids, pipeline.execute(), strict=True) if first]
    except redis_py.RedisError as error:
        redis.failed(error)
    seen = AuditLog.objects.filter(
        actor_id=viewer.id, patient_id__in=patient_ids, action_type=AuditAction.DATA_ACCESS,
        outcome=Outcome.ALLOWED, resource_type=resource_type, resource_id="", created_at__gt=now - _REPEAT,
    ).values_list("patient_id", flat=True)  # fmt: skip
    return sorted(set(patient_ids) - set(seen))


def access_denied(
    viewer: Actor,
    patient_id: UUID | None,
    *,
    resource_type: str,
    resource_id: UUID | str | None,
    ability: str,
) -> None:
    """Write the DENIED row. Called outside the transaction that will be rolled back by the 404."""
    audit_record(
        AuditAction.DATA_ACCESS,
        actor=viewer,
        resource_type=resource_type,
        resource_id=resource_id,
        patient_id=patient_id,
        outcome=Outcome.DENIED,
        details={"ability": str(ability)},
    )


def access_seen(
    viewer: Actor,
    patient_id: UUID,
    *,
    resource_type: str,
    resource_id: UUID | str | None,
    ability: str,
    now: datetime,
) -> None:
    """Write the ALLOWED row unless the same look was written within five minutes (rows are never updated)."""
    marker = redis.key(f"seen:{viewer.id}:{resource_type}:{resource_id or patient_id}:{ability}")
    try:
        if redis.is_up() and not redis.client().set(marker, 1, ex=int(_REPEAT.total_seconds()), nx=True):
            return
    except redis_py.RedisError as error:
        redis.failed(error)
    if not redis.is_up() and AuditLog.objects.filter(
        actor_id=viewer.id, patient_id=patient_id, action_type=AuditAction.DATA_ACCESS, outcome=Outcome.ALLOWED,
        resource_type=resource_type, resource_id=str(resource_id or ""), created_at__gt=now - _REPEAT,
    ).exists():  # fmt: skip
        return
    audit_record(
        AuditAction.DATA_ACCESS,
        actor=viewer,
        resource_type=resource_type,
        resource_id=resource_id,
        patient_id=patient_id,
        details={"ability": str(ability)},
    )
