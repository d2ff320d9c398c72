"""Writing audit rows: explicit, inside the transaction of what they tell."""

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from apps.audit.choices import AuditAction, Outcome
from apps.audit.models import AuditLog
from dastern.core.actor import Actor

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
    """Write many rows in one statement."""
    AuditLog.objects.bulk_create(list(entries))
