"""What the audit log, which stands below, adds to a person's storage and export."""

from collections.abc import Iterator
from datetime import datetime
from itertools import islice
from typing import Any
from uuid import UUID

from django.utils import translation
from django.utils.translation import gettext_noop

from apps.audit.choices import Outcome
from apps.audit.models import AuditLog
from apps.audit.selectors import audit_about
from apps.audit.wire import own_wire, touched_all
from apps.users import registry
from apps.users.bilingual import both, stamp
from apps.users.choices import Language
from apps.users.models import User
from apps.users.registry import Sheet

_BYTES_AN_ENTRY = 1024  # the estimate of domain.md §2.2
_CHUNK = 1000
_MOST_ON_PAPER = 100  # of the newest; the JSON file of the same export has all
_DONE = gettext_noop("What you did")
_TOUCHED = gettext_noop("Who touched your data")


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


def _actions(user: User) -> Iterator[str]:
    """The newest acts of the person, each in a line."""
    newest = AuditLog.objects.filter(actor_id=user.id).order_by("-id")[:_MOST_ON_PAPER]
    with translation.override(_language(user.id)):
        rows = [own_wire(entry) for entry in newest]
    for row in rows:
        yield " · ".join(part for part in (_at(row, user), row["what"], _outcome(row)) if part)


def _at(row: dict[str, Any], user: User) -> str:
    return stamp(datetime.fromisoformat(row["at"]), user.timezone)


def _outcome(row: dict[str, Any]) -> str:
    """What is worth telling: a refusal."""
    return both(Outcome.DENIED.label) if row["outcome"] == Outcome.DENIED else ""


def _touches(user: User) -> Iterator[str]:
    """The newest looks of others, each in a line: who saw what is what people ask first."""
    for row in islice(touches_export(user.id), _MOST_ON_PAPER):
        yield " · ".join(part for part in (_at(row, user), row["who"], row["what"], _outcome(row)) if part)


def entries_count(user_id: UUID) -> int:
    """How many entries the person's own acts left."""
    return AuditLog.objects.filter(actor_id=user_id).count()


def register() -> None:
    """Register everything (once, from ``ready``)."""
    registry.register_storage("auditLogs", registry.Storage(_BYTES_AN_ENTRY, entries_count))
    registry.register_export("ownActions", actions_export, sheet=Sheet(_DONE, _actions, rank=70))
    registry.register_export("whoTouchedMyData", touches_export, sheet=Sheet(_TOUCHED, _touches, rank=60))
