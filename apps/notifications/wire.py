"""Notifications as they go over the wire: in answers, in the sync feed and on the live stream."""

from collections.abc import Collection, Iterator
from typing import Any
from uuid import UUID

from apps.notifications.models import Device, Notification
from apps.users.bilingual import stamp
from apps.users.models import User
from dastern.core.actor import Actor
from dastern.core.localtime import iso

_MOST_ON_PAPER = 100  # the JSON file of the same export has all


def notification_wire(notification: Notification) -> dict[str, Any]:
    """One message for its reader."""
    return {
        "id": str(notification.id),
        "type": notification.type,
        "title": notification.title,
        "message": notification.message,
        "data": notification.data,
        "isRead": notification.is_read,
        "readAt": iso(notification.read_at) if notification.read_at else None,
        "createdAt": iso(notification.created_at),
    }


def device_wire(device: Device) -> dict[str, Any]:
    """A phone of its owner; the token is not repeated."""
    return {
        "id": str(device.id),
        "platform": device.platform,
        "appVersion": device.app_version,
        "lastSeen": iso(device.last_seen),
    }


def notifications_load(viewer: Actor, owner_id: UUID, ids: Collection[UUID]) -> dict[UUID, dict[str, Any]]:
    """Loader of the sync resource ``notifications``: the owner's own inbox; a removed message is left out."""
    rows = Notification.objects.filter(recipient_id=owner_id, deleted_at=None, pk__in=list(ids))
    return {row.id: notification_wire(row) for row in rows}


def notifications_export(user_id: UUID) -> Iterator[dict[str, Any]]:
    """The person's inbox for the export of everything owned, oldest first."""
    rows = Notification.objects.filter(recipient_id=user_id, deleted_at=None).order_by("created_at", "id")
    yield from map(notification_wire, rows.iterator(chunk_size=500))


def notifications_lines(user: User) -> Iterator[str]:
    """The newest messages, each in a line, for the paper of the export."""
    rows = Notification.objects.filter(recipient=user, deleted_at=None).order_by("-created_at", "-id")
    for row in rows[:_MOST_ON_PAPER]:
        yield f"{stamp(row.created_at, user.timezone)} · {row.title} · {row.message}"


def devices_export(user_id: UUID) -> Iterator[dict[str, Any]]:
    """The person's phones for the export; push tokens are secrets and stay here."""
    yield from map(device_wire, Device.objects.filter(user_id=user_id).order_by("id"))
