"""Requests to see data at level REQUEST: the viewer asks, the patient decides, an approval lasts a day."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction

from apps.audit.choices import AuditAction
from apps.connections.choices import AccessRequestStatus, ConnectionStatus, PermissionLevel
from apps.connections.errors import NotAccepted, NotPending, RequestNotNeeded, RequestOpen
from apps.connections.models import AccessRequest
from apps.connections.selectors import link_of_side
from apps.connections.services.links import link_audit, link_tell
from apps.notifications.choices import NotificationType
from apps.notifications.stream import stream_close
from dastern.core import clock
from dastern.core.actor import Actor
from dastern.core.errors import Forbidden, NotFound
from dastern.sync.feed import feed_lock

LIFE = timedelta(hours=24)


@transaction.atomic
def access_request_create(*, actor: Actor, link_id: UUID, scope: Mapping[str, Any], reason: str) -> AccessRequest:
    """The viewer asks to see ``scope``. Raises NotFound, Forbidden, NotAccepted, RequestNotNeeded, RequestOpen."""
    link = link_of_side(actor.user_id, link_id)
    if link.patient_id == actor.user_id:
        raise Forbidden
    if link.status != ConnectionStatus.ACCEPTED:
        raise NotAccepted
    if link.permission_level != PermissionLevel.REQUEST:
        raise RequestNotNeeded
    try:
        with transaction.atomic():
            request = AccessRequest.objects.create(
                connection=link, scope=dict(scope), reason=reason, created_at=clock.now()
            )
    except IntegrityError as error:
        raise RequestOpen from error
    link_audit(AuditAction.ACCESS_REQUESTED, link, actor, requestId=str(request.id))
    link_tell(
        link,
        sender=link.initiator if link.initiator_id == actor.user_id else link.recipient,
        recipient_id=link.patient_id,
        template="connections.access_requested",
        actor=actor,
        type=NotificationType.ACCESS_REQUEST,
        data={"accessRequestId": str(request.id)},
    )
    return request


@transaction.atomic
def access_request_decide(
    *, actor: Actor, link_id: UUID, request_id: UUID, approve: bool, scope: Mapping[str, Any] | None = None
) -> AccessRequest:
    """The patient approves for 24 hours (maybe a narrower ``scope``) or denies.

    Raises NotFound, Forbidden (not the patient), NotAccepted, NotPending (decided before).
    """
    now = clock.now()
    link = link_of_side(actor.user_id, link_id)
    if link.patient_id != actor.user_id:
        raise Forbidden
    if link.status != ConnectionStatus.ACCEPTED:
        raise NotAccepted
    feed_lock([link.initiator_id, link.recipient_id])
    changes: dict[str, Any] = {
        "status": AccessRequestStatus.APPROVED if approve else AccessRequestStatus.DENIED,
        "decided_at": now,
        "expires_at": now + LIFE if approve else None,
    }
    if scope is not None:
        changes["scope"] = dict(scope)
    open_request = AccessRequest.objects.filter(
        pk=request_id, connection=link, status=AccessRequestStatus.PENDING, connection__status=ConnectionStatus.ACCEPTED
    )
    if not open_request.update(**changes):
        if AccessRequest.objects.filter(pk=request_id, connection=link).exists():
            raise NotPending
        raise NotFound
    viewer_id = UUID(str(link.viewer_id))
    link_audit(AuditAction.ACCESS_DECIDED, link, actor, requestId=str(request_id), approved=approve)
    link_tell(
        link,
        sender=link.initiator if link.initiator_id == actor.user_id else link.recipient,
        recipient_id=viewer_id,
        template="connections.access_approved" if approve else "connections.access_denied",
        actor=actor,
        type=NotificationType.ACCESS_REQUEST,
        data={"accessRequestId": str(request_id)},
    )
    stream_close([viewer_id], "ACCESS_CHANGED")
    return AccessRequest.objects.get(pk=request_id)
