"""Links as they go over the wire, in answers and in the sync feed alike."""

from collections.abc import Collection, Iterator, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from apps.connections.models import AccessRequest, Connection, ConnectionToken
from apps.connections.rules import code_qr
from apps.connections.selectors import alerts_last_sent, links_of
from apps.users.models import User
from dastern.core.actor import Actor
from dastern.core.localtime import iso, iso_or_none


def scope_wire(scope: Mapping[str, Any]) -> dict[str, Any]:
    """A scope with every key."""
    return {
        "prescriptionIds": [str(value) for value in scope.get("prescriptionIds") or []],
        "vitals": bool(scope.get("vitals")),
        "adherence": bool(scope.get("adherence")),
        "from": scope.get("from"),
        "to": scope.get("to"),
    }


def person_wire(user: User) -> dict[str, Any]:
    """What a link shows of the other person: the name and, for a doctor, the profession."""
    return {
        "id": str(user.id),
        "fullName": user.full_name,
        "role": user.role,
        "specialty": user.specialty or None,
        "hospitalClinic": user.hospital_clinic or None,
        "verifiedDoctor": user.is_verified_doctor,
    }


def link_wire(link: Connection, viewer_id: UUID, last_alert: datetime | None = None) -> dict[str, Any]:
    """``link`` from the side of one of its people."""
    other = link.recipient if link.initiator_id == viewer_id else link.initiator
    return {
        "id": str(link.id),
        "status": link.status,
        "kind": link.kind,
        "mySide": "PATIENT" if link.patient_id == viewer_id else link.kind,
        "startedByMe": link.initiator_id == viewer_id,
        "patientId": str(link.patient_id),
        "other": person_wire(other),
        "permissionLevel": link.permission_level,
        "requestedLevel": link.requested_level or None,
        "scope": scope_wire(link.scope or {}),
        "validUntil": iso_or_none(link.valid_until),
        "alertsEnabled": link.alerts_enabled,
        "lastAlertSent": iso_or_none(last_alert),
        "relationship": link.relationship,
        "message": link.message,
        "requestedAt": iso(link.requested_at),
        "acceptedAt": iso_or_none(link.accepted_at),
        "revokedAt": iso_or_none(link.revoked_at),
        "revokedByMe": link.revoked_by_id == viewer_id,
        "revokeReason": link.revoke_reason,
    }


def links_wire(links: Collection[Connection], viewer_id: UUID) -> list[dict[str, Any]]:
    """Many links, with their last alerts, in one query more."""
    alerts = alerts_last_sent(links)
    return [link_wire(link, viewer_id, alerts.get(link.id)) for link in links]


def code_wire(code: ConnectionToken) -> dict[str, Any]:
    """A code for its patient."""
    return {
        "id": str(code.id),
        "token": code.token,
        "qrPayload": code_qr(code.token),
        "permissionLevel": code.permission_level,
        "scope": scope_wire(code.scope or {}),
        "createdAt": iso(code.created_at),
        "expiresAt": iso(code.expires_at),
    }


def access_request_wire(request: AccessRequest) -> dict[str, Any]:
    """A request to see data."""
    return {
        "id": str(request.id),
        "connectionId": str(request.connection_id),
        "scope": scope_wire(request.scope or {}),
        "reason": request.reason,
        "status": request.status,
        "createdAt": iso(request.created_at),
        "decidedAt": iso_or_none(request.decided_at),
        "expiresAt": iso_or_none(request.expires_at),
    }


def connections_load(viewer: Actor, owner_id: UUID, ids: Collection[UUID]) -> dict[UUID, dict[str, Any]]:
    """Loader of the sync resource ``connections``: the owner's own links."""
    links = list(links_of(owner_id).filter(pk__in=list(ids)))
    return {link.id: wire for link, wire in zip(links, links_wire(links, owner_id), strict=True)}


def access_requests_export(user_id: UUID) -> Iterator[dict[str, Any]]:
    """Requests to see data that the person made or received, for the export."""
    rows = AccessRequest.objects.filter(connection__in=links_of(user_id).values("pk")).order_by("created_at", "id")
    yield from map(access_request_wire, rows.iterator(chunk_size=500))


def connections_export(user_id: UUID) -> Iterator[dict[str, Any]]:
    """The person's links for the export of everything owned."""
    for link in links_of(user_id).iterator(chunk_size=500):
        yield link_wire(link, user_id)
