"""A patient's plan becomes smaller: whose alerts stop is told before and on the day (domain.md §2.10, §7.6).

Links beyond the limit stay; alerts go to the oldest within it (doses/services/announcing).
"""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from apps.connections.choices import ConnectionKind, ConnectionStatus, PermissionLevel
from apps.connections.models import Connection
from apps.connections.plan import caregivers_max
from apps.notifications.choices import NotificationType
from apps.notifications.services import notification_send
from apps.subscriptions.rules import plan_named
from apps.users.models import User
from dastern.core.localtime import local_date
from dastern.outbox.models import OutboxMessage
from dastern.sync.feed import feed_lock

_ALERTED = (PermissionLevel.SELECTED, PermissionLevel.ALLOWED)


def plan_lowered_tell(messages: Sequence[OutboxMessage]) -> None:
    """Handler of ``subscriptions.lowered``: the patient and every caregiver beyond the smaller plan's limit, once."""
    for message in messages:
        patient_id, now = UUID(message.payload["userId"]), bool(message.payload["now"])
        limit = caregivers_max(patient_id) if now else plan_named(message.payload["tier"]).caregivers
        patient = User.objects.filter(pk=patient_id).first()
        beyond = _alerted_beyond(patient_id, limit)
        if patient is None or not beyond:
            continue
        feed_lock([patient_id, *(link.viewer_id for link in beyond)])
        at = local_date(datetime.fromisoformat(message.payload["at"]), patient.timezone).isoformat()
        suffix = "stopped" if now else "stopping"
        notification_send(
            recipient_id=patient_id,
            type=NotificationType.SUBSCRIPTION_UPDATE,
            template=f"connections.alerts_{suffix}_patient",
            context={"count": len(beyond), "date": at},
            data={"patientId": str(patient_id)},
            dedupe_key=f"alerts-{suffix}:{message.id}:{patient_id}",
        )
        for link in beyond:
            notification_send(
                recipient_id=link.viewer_id,
                type=NotificationType.FAMILY_ALERT,
                template=f"connections.alerts_{suffix}",
                context={"name": patient.full_name, "date": at},
                data={"patientId": str(patient_id), "connectionId": str(link.pk)},
                dedupe_key=f"alerts-{suffix}:{message.id}:{link.viewer_id}",
            )


def _alerted_beyond(patient_id: UUID, limit: int | None) -> list[Connection]:
    """Caregivers who get alerts now and whose link is not among the oldest ``limit``."""
    if limit is None:
        return []
    links = Connection.objects.filter(
        patient_id=patient_id, kind=ConnectionKind.CAREGIVER, status=ConnectionStatus.ACCEPTED
    ).order_by("accepted_at", "id")
    return [link for link in links[limit:] if link.alerts_enabled and link.permission_level in _ALERTED]
