"""Reading the log: one's own actions, who touched one's data, everything for staff."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet

from apps.audit.choices import AuditAction
from apps.audit.models import AuditLog
from dastern.core.actor import Actor

_BY_ITSELF = (AuditAction.NOTIFICATION_SENT, AuditAction.DOSE_MISSED)
_FILTERS: Mapping[str, str] = {
    "from_at": "created_at__gte",
    "to_at": "created_at__lt",
}


def audit_filtered(rows: QuerySet[AuditLog], filters: Mapping[str, Any]) -> QuerySet[AuditLog]:
    """``rows`` narrowed by field names, ``from_at`` (inclusive) and ``to_at`` (exclusive); newest first."""
    given = {_FILTERS.get(name, name): value for name, value in filters.items() if value not in (None, "")}
    return rows.filter(**given).order_by("-id")


def audit_own(viewer: Actor, filters: Mapping[str, Any]) -> QuerySet[AuditLog]:
    """What the viewer did."""
    return audit_filtered(AuditLog.objects.filter(actor_id=viewer.user_id), filters)


def audit_about(patient_id: UUID, filters: Mapping[str, Any]) -> QuerySet[AuditLog]:
    """What others did with a patient's data, newest first.

    What the system does by itself (messages, doses marked as missed) would hide the people; it is left out unless
    ``action_type`` asks for it.
    """
    rows = AuditLog.objects.filter(patient_id=patient_id).exclude(Q(actor_id=patient_id))
    if not filters.get("action_type"):
        rows = rows.exclude(action_type__in=_BY_ITSELF)
    return audit_filtered(rows, filters)
