"""Writing audit rows: explicit, inside the transaction of what they tell."""

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

import orjson
from django.db import connection

from apps.audit.choices import AuditAction, Outcome
from apps.audit.models import AuditLog
from dastern.core.actor import Actor
from dastern.core.api.renderers import dumps
from dastern.core.rows import rows_json

_COLUMNS = (
    "actor_id", "actor_role", "action_type", "resource_type", "resource_id", "patient_id", "outcome", "details",
    "ip_address", "user_agent", "request_id",
)  # fmt: skip
_INSERT_MANY = """
INSERT INTO audit_auditlog (actor_id, actor_role, action_type, resource_type, resource_id, patient_id, outcome,
  details, ip_address, user_agent, request_id)
SELECT * FROM json_to_recordset(%s::json) AS a (actor_id uuid, actor_role text, action_type text, resource_type text,
  resource_id text, patient_id uuid, outcome text, details jsonb, ip_address text, user_agent text, request_id text)
RETURNING id
"""
_SECRET_WORDS = ("password", "token", "otp", "secret", "hash")


def audit_entry(
    action: AuditAction,
    *,
    actor: Actor,
    resource_type: str,
    resource_id: UUID | str | None = None,
    patient_id: UUID | None = None,
    outcome: Outcome = Outcome.ALLOWED,
    details: Mapping[str, Any] | None = None,
) -> AuditLog:
    """An unsaved row, for callers that write many at once with ``audit_record_many``.

    Raises ValueError when ``details`` names a secret: the log must never hold one.
    """
    for name in details or {}:
        if any(word in name.lower() for word in _SECRET_WORDS):
            raise ValueError(f"audit details must not hold {name}")
    return AuditLog(
        actor_id=actor.id,
        actor_role="STAFF" if actor.is_staff else actor.role,
        action_type=action,
        resource_type=resource_type,
        resource_id=str(resource_id) if resource_id else "",
        patient_id=patient_id,
        outcome=outcome,
        details=dict(details or {}),
        ip_address=actor.ip or "",
        user_agent=actor.user_agent,
        request_id=actor.request_id,
    )


def audit_record(
    action: AuditAction,
    *,
    actor: Actor,
    resource_type: str,
    resource_id: UUID | str | None = None,
    patient_id: UUID | None = None,
    outcome: Outcome = Outcome.ALLOWED,
    details: Mapping[str, Any] | None = None,
) -> None:
    """Write one row. Call it in the service that did the act, in the same transaction.

    ``patient_id`` is whose data it was; ``details`` never holds secrets or full clinical text.
    """
    audit_entry(
        action, actor=actor, resource_type=resource_type, resource_id=resource_id, patient_id=patient_id,
        outcome=outcome, details=details,
    ).save(force_insert=True)  # fmt: skip


def audit_record_many(entries: Iterable[AuditLog]) -> None:
    """Write many rows in one statement, in their order, and give them their ids; none writes nothing."""
    written = list(entries)
    rows = [
        (
            entry.actor_id, entry.actor_role, str(entry.action_type), entry.resource_type, entry.resource_id,
            entry.patient_id, str(entry.outcome), orjson.Fragment(dumps(entry.details)),
            entry.ip_address, entry.user_agent, entry.request_id,
        )
        for entry in written
    ]  # fmt: skip
    if not rows:
        return
    with connection.cursor() as cursor:
        cursor.execute(_INSERT_MANY, [rows_json(_COLUMNS, rows)])
        for entry, row in zip(written, cursor.fetchall(), strict=True):
            entry.pk = row[0]
