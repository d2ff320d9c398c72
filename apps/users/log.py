"""What the audit log, which stands below, adds to a person's storage and export."""

from collections.abc import Iterator
from typing import Any
from uuid import UUID

from django.utils import translation

from apps.audit.models import AuditLog
from apps.audit.selectors import audit_about
from apps.audit.wire import own_wire, touched_all
from apps.users import registry
from apps.users.choices import Language
from apps.users.models import User

_BYTES_AN_ENTRY = 1024  # the estimate of domain.md §2.2
_CHUNK = 1000


def _language(user_id: UUID) -> str:
    return Language(User.objects.values_list("language", flat=True).get(pk=user_id)).code


def actions_export(user_id: UUID) -> Iterator[dict[str, Any]]:
    """What the person did, oldest first, in the person's language."""
    language = _language(user_id)
    for entry in AuditLog.objects.filter(actor_id=user_id).order_by("id").iterator(chunk_size=_CHUNK):
        with translation.override(language):  # the stream outlives the language of the request
            row = own_wire(entry)
        yield row


def touches_export(user_id: UUID) -> Iterator[dict[str, Any]]:
    """What others did with the person's data, newest first; nobody's network address or device."""
    return touched_all(audit_about(user_id, {}).iterator(chunk_size=_CHUNK), _language(user_id))


def entries_count(user_id: UUID) -> int:
    """How many entries the person's own acts left."""
    return AuditLog.objects.filter(actor_id=user_id).count()


def register() -> None:
    """Register everything (once, from ``ready``)."""
    registry.register_storage("auditLogs", registry.Storage(_BYTES_AN_ENTRY, entries_count))
    registry.register_export("ownActions", actions_export)
    registry.register_export("whoTouchedMyData", touches_export)
