"""Writing audit rows: explicit, inside the transaction of what they tell."""

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple
from uuid import UUID

import orjson
from django.db import connection

from apps.audit.choices import AuditAction, Outcome
from dastern.core.actor import Actor
from dastern.core.api.renderers import dumps
from dastern.core.rows import rows_json

_INSERT_MANY = """
INSERT INTO audit_auditlog (actor_id, actor_role, action_type, resource_type, resource_id, patient_id, outcome,
  details, ip_address, user_agent, request_id)
SELECT * FROM json_to_recordset(%s::json) AS a (actor_id uuid, actor_role text, action_type text, resource_type text,
  resource_id text, patient_id uuid, outcome text, details jsonb, ip_address text, user_agent text, request_id text)
"""
_SECRET_WORDS = ("password", "token", "otp", "secret", "hash")


class AuditEntry(NamedTuple):
    """A row to be written, in the order of its columns; lighter than the model where a batch writes hundreds."""

    actor_id: UUID | None
    actor_role: str
    action_type: str
    resource_type: str
    resource_id: str
    patient_id: UUID | None
    outcome: str
    details: orjson.Fragment
    ip_address: str
    user_agent: str
    request_id: str


def audit_entry(
    action: AuditAction,
    *,
    actor: Actor,
    resource_type: str,
    resource_id: UUID | str | None = None,
    patient_id: UUID | None = None,
    outcome: Outcome = Outcome.ALLOWED,
    details: Mapping[str, Any] | None = None,
) -> AuditEntry:
    """A row to be written, for callers that write many at once with ``audit_record_many``.

    Raises ValueError when ``details`` names a secret: the log must never hold one.
    """
    for name in details or {}:
        if any(word in name.lower() for word in _SECRET_WORDS):
            raise ValueError(f"audit details must not hold {name}")
    return AuditEntry(
        actor_id=actor.id,
        actor_role="STAFF" if actor.is_staff else actor.role,
        action_type=str(action),
        resource_type=resource_type,
        resource_id=str(resource_id) if resource_id else "",
        patient_id=patient_id,
        outcome=str(outcome),
        details=orjson.Fragment(dumps(dict(details or {}))),
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
    entry = audit_entry(
        action, actor=actor, resource_type=resource_type, resource_id=resource_id, patient_id=patient_id,
        outcome=outcome, details=details,
    )  # fmt: skip
    audit_record_many([entry])


def audit_record_many(entries: Iterable[AuditEntry]) -> None:
    """Write many rows in one statement, in their order; none writes nothing."""
    rows = list(entries)
    if rows:
        with connection.cursor() as cursor:
            cursor.execute(_INSERT_MANY, [rows_json(AuditEntry._fields, rows)])
