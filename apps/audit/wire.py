"""Entries as they go over the wire and into files."""

import csv
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any
from uuid import UUID

from django.utils import translation
from django.utils.translation import gettext as _

from apps.audit.models import AuditLog
from apps.audit.people import names_of
from apps.audit.sentences import sentence
from dastern.core.api.renderers import dumps
from dastern.core.localtime import iso

_CHUNK = 1000
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def _at(entry: AuditLog) -> str | None:
    return iso(entry.created_at) if entry.created_at else None


def own_wire(entry: AuditLog) -> dict[str, Any]:
    """One of the reader's own actions."""
    return {
        "id": entry.id,
        "actionType": entry.action_type,
        "what": sentence(entry),
        "resourceType": entry.resource_type,
        "resourceId": entry.resource_id or None,
        "patientId": str(entry.patient_id) if entry.patient_id else None,
        "outcome": entry.outcome,
        "at": _at(entry),
        "ipAddress": entry.ip_address or None,
        "userAgent": entry.user_agent or None,
    }


def _who(entry: AuditLog, names: Mapping[UUID, str]) -> str:
    """Staff stay unnamed towards patients; so does the system."""
    if entry.actor_role == "STAFF":
        return _("Das Tern staff")
    if entry.actor_id is None:
        return _("Das Tern") if entry.actor_role == "SYSTEM" else _("somebody not signed in")
    return names.get(entry.actor_id) or _("a deleted account")


def touched_wire(entries: Sequence[AuditLog]) -> list[dict[str, Any]]:
    """Who touched the reader's data, with names in one query; no address or device of anybody."""
    names = names_of({entry.actor_id for entry in entries if entry.actor_id})
    return [
        {
            "id": entry.id,
            "who": _who(entry, names),
            "role": entry.actor_role,
            "actionType": entry.action_type,
            "what": sentence(entry),
            "resourceType": entry.resource_type,
            "resourceId": entry.resource_id or None,
            "outcome": entry.outcome,
            "at": _at(entry),
        }
        for entry in entries
    ]


def staff_wire(entries: Sequence[AuditLog]) -> list[dict[str, Any]]:
    """Everything, for staff."""
    names = names_of({i for entry in entries for i in (entry.actor_id, entry.patient_id) if i})
    return [
        own_wire(entry)
        | {
            "actorId": str(entry.actor_id) if entry.actor_id else None,
            "actorName": names.get(entry.actor_id) if entry.actor_id else None,
            "actorRole": entry.actor_role,
            "patientName": names.get(entry.patient_id) if entry.patient_id else None,
            "details": entry.details,
            "requestId": entry.request_id or None,
        }
        for entry in entries
    ]


def entry_row(entry: AuditLog) -> dict[str, Any]:
    """Every column of one entry, for exports by operators."""
    return {
        "id": entry.id,
        "at": _at(entry),
        "actor_id": entry.actor_id and str(entry.actor_id),
        "actor_role": entry.actor_role,
        "action_type": entry.action_type,
        "outcome": entry.outcome,
        "resource_type": entry.resource_type,
        "resource_id": entry.resource_id,
        "patient_id": entry.patient_id and str(entry.patient_id),
        "details": dumps(entry.details).decode(),
        "ip_address": entry.ip_address,
        "user_agent": entry.user_agent,
        "request_id": entry.request_id,
    }


def _safe(value: Any) -> Any:
    """A spreadsheet must not take a name for a formula."""
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else value


def csv_stream(rows: Iterable[Mapping[str, Any]], columns: Mapping[str, str]) -> Iterator[bytes]:
    """Rows as CSV under their titles (column → title), with the mark that makes spreadsheets read Khmer."""
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    writer.writerow(columns.values())
    yield "\ufeff".encode() + buffer.getvalue().encode()
    for row in rows:
        buffer.seek(0)
        buffer.truncate()
        writer.writerow([_safe(row[name]) for name in columns])
        yield buffer.getvalue().encode()


def json_stream(rows: Iterable[Mapping[str, Any]]) -> Iterator[bytes]:
    """Rows as one JSON array."""
    opening = b"["
    for row in rows:
        yield opening + dumps(row)
        opening = b",\n"
    yield b"[]" if opening == b"[" else b"]"


def touched_all(entries: Iterable[AuditLog], language: str) -> Iterator[dict[str, Any]]:
    """``touched_wire`` of any number of entries, a thousand at a time; the stream outlives the view's language."""
    rest = iter(entries)
    while chunk := list(islice(rest, _CHUNK)):
        with translation.override(language):
            rows = touched_wire(chunk)
        yield from rows
