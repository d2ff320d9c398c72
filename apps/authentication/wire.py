"""Accounts and sessions as they go over the wire."""

from collections.abc import Collection
from typing import Any
from uuid import UUID

from apps.authentication.models import RefreshToken
from apps.authentication.selectors import sessions_of
from apps.authentication.services.sessions import Session
from apps.users.models import User
from dastern.core import clock
from dastern.core.localtime import iso


def account_wire(user: User) -> dict[str, Any]:
    """The safe profile: no hash, no Google id, no identity card."""
    return {
        "id": str(user.id),
        "role": user.role,
        "firstName": user.first_name,
        "lastName": user.last_name,
        "fullName": user.full_name,
        "email": user.email,
        "phoneNumber": user.phone_number,
        "gender": user.gender or None,
        "dateOfBirth": user.date_of_birth.isoformat() if user.date_of_birth else None,
        "language": user.language,
        "theme": user.theme,
        "timezone": user.timezone,
        "accountStatus": user.account_status,
        "emailVerified": user.email_verified_at is not None,
        "createdAt": iso(user.created_at),
    }


def pair_wire(session: Session) -> dict[str, Any]:
    """A new pair of tokens."""
    return {
        "accessToken": session.access_token,
        "refreshToken": session.refresh_token,
        "expiresIn": session.expires_in,
    }


def signed_in_wire(session: Session) -> dict[str, Any]:
    """The answer to every way of signing in."""
    return pair_wire(session) | {"user": account_wire(session.user)}


def sessions_wire(rows: Collection[RefreshToken], current: str) -> list[dict[str, Any]]:
    """The owner's devices; ``current`` is the session that asks."""
    return [
        {
            "id": str(row.family_id),
            "deviceName": row.device_name,
            "userAgent": row.user_agent,
            "ipAddress": row.ip,
            "startedAt": iso(row.started_at),  # type: ignore[attr-defined]  # annotated by sessions_of
            "lastUsedAt": iso(row.issued_at),
            "expiresAt": iso(row.expires_at),
            "current": row.family_id == _as_uuid(current),
        }
        for row in rows
    ]


def _as_uuid(value: str) -> UUID | None:
    return UUID(value) if value else None


def sessions_export(user_id: UUID) -> list[dict[str, Any]]:
    """The living sessions of a person for the export of everything owned; no token among them."""
    return sessions_wire(sessions_of(user_id, now=clock.now()), current="")
