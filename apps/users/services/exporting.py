"""Handing out everything a person owns; every export is written down."""

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from apps.audit.choices import AuditAction
from apps.audit.services import audit_record
from apps.users.paper import export_pdf
from apps.users.selectors import export_stream, user_of
from dastern.core import clock
from dastern.core.actor import Actor

_TYPES = {"json": "application/json", "pdf": "application/pdf"}
_PIECE = 64 * 1024


@dataclass(frozen=True, slots=True)
class ExportFile:
    """The bytes in pieces, and what they are."""

    content: Iterable[bytes]
    content_type: str


def export_start(*, actor: Actor, user_id: UUID, kind: str) -> ExportFile:
    """Everything the person owns as ``json`` (made while it is read) or ``pdf``. Raises NotFound for nobody.

    The paper is drawn before the first byte leaves, so that a failure is an answer and not half a file.
    """
    user, now = user_of(user_id), clock.now()
    audit_record(
        AuditAction.DATA_EXPORT,
        actor=actor,
        resource_type="user",
        resource_id=user.id,
        patient_id=user.id,
        details={"format": kind},
    )
    if kind == "json":
        return ExportFile(export_stream(user, now), _TYPES[kind])
    paper = export_pdf(user, now)
    pieces = (paper[start : start + _PIECE] for start in range(0, len(paper), _PIECE))
    return ExportFile(pieces, _TYPES[kind])
