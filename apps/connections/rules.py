"""The access policy as pure functions (domain.md §2.3, "What each level gives"). No Django, no clock, no I/O."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID


class Side(StrEnum):
    """The viewer's position towards the patient."""

    SELF = "SELF"
    CAREGIVER = "CAREGIVER"
    DOCTOR = "DOCTOR"
    NONE = "NONE"


@dataclass(frozen=True, slots=True)
class Grant:
    """What one viewer may see of one patient at one instant.

    ``prescription_ids`` is None for "all", else the only visible ones. ``levels`` NOT_ALLOWED … ALLOWED;
    a patient looking at the own record is Side.SELF with everything.
    """

    patient_id: UUID
    viewer_id: UUID
    side: Side
    level: str = "NOT_ALLOWED"
    connection_id: UUID | None = None
    prescription_ids: frozenset[UUID] | None = field(default=frozenset())
    adherence: bool = False
    vitals: bool = False
    alerts_enabled: bool = False
    from_date: str | None = None
    to_date: str | None = None

    @property
    def sees_everything(self) -> bool:
        """True for the patient and for level ALLOWED."""
        return self.side is Side.SELF or (self.side is not Side.NONE and self.level == "ALLOWED")


def _scope_ids(scope: Mapping[str, Any]) -> frozenset[UUID]:
    found = set()
    for raw in scope.get("prescriptionIds") or []:
        try:
            found.add(UUID(str(raw)))
        except ValueError:
            continue
    return frozenset(found)


def self_grant(patient_id: UUID) -> Grant:
    """The patient's grant over the own record."""
    return Grant(
        patient_id=patient_id, viewer_id=patient_id, side=Side.SELF, level="ALLOWED", prescription_ids=None,
        adherence=True, vitals=True, alerts_enabled=True,
    )  # fmt: skip


def no_grant(patient_id: UUID, viewer_id: UUID) -> Grant:
    """The grant of a stranger."""
    return Grant(patient_id=patient_id, viewer_id=viewer_id, side=Side.NONE)


def link_grant(
    *,
    patient_id: UUID,
    viewer_id: UUID,
    connection_id: UUID,
    kind: str,
    status: str,
    level: str,
    scope: Mapping[str, Any],
    alerts_enabled: bool,
    valid_until: datetime | None,
    approved_scopes: list[Mapping[str, Any]],
    now: datetime,
) -> Grant:
    """The grant that one connection row gives at ``now``.

    ``approved_scopes`` are the scopes of access requests approved and not yet over; they count at level REQUEST only.
    Anything but an ACCEPTED link inside its validity gives nothing.
    """
    if status != "ACCEPTED" or (valid_until is not None and valid_until <= now):
        return no_grant(patient_id, viewer_id)
    side = Side.DOCTOR if kind == "DOCTOR" else Side.CAREGIVER
    scopes: list[Mapping[str, Any]] = []
    if level == "SELECTED":
        scopes = [scope]
    elif level == "REQUEST":
        scopes = approved_scopes
    everything = level == "ALLOWED"
    return Grant(
        patient_id=patient_id,
        viewer_id=viewer_id,
        side=side,
        level=level,
        connection_id=connection_id,
        prescription_ids=None if everything else frozenset().union(*(_scope_ids(s) for s in scopes)),
        adherence=everything or any(bool(s.get("adherence")) for s in scopes),
        vitals=everything or any(bool(s.get("vitals")) for s in scopes),
        alerts_enabled=alerts_enabled and level in {"SELECTED", "ALLOWED"},
        from_date=None if everything else next((s.get("from") for s in scopes if s.get("from")), None),
        to_date=None if everything else next((s.get("to") for s in scopes if s.get("to")), None),
    )


def may(grant: Grant, ability: str, *, prescription_id: UUID | None = None) -> bool:
    """The policy table: whether ``grant`` allows ``ability``, for one prescription where that matters.

    Without ``prescription_id`` the question is whether anything of the kind is visible at all.
    """
    if grant.side is Side.SELF:
        return ability != "PRESCRIBE"
    if grant.side is Side.NONE:
        return False
    in_scope = grant.prescription_ids is None or (
        bool(grant.prescription_ids) if prescription_id is None else prescription_id in grant.prescription_ids
    )
    match ability:
        case "VIEW_CARD":
            return True
        case "VIEW_PRESCRIPTIONS" | "VIEW_DOSES":
            return in_scope
        case "VIEW_ADHERENCE":
            return grant.adherence or in_scope
        case "VIEW_VITALS":
            return grant.vitals
        case "RECEIVE_ALERTS":
            return grant.alerts_enabled and in_scope
        case "NUDGE":
            return grant.side is Side.CAREGIVER and grant.level in {"SELECTED", "ALLOWED"} and in_scope
        case "MARK_DOSES" | "MANAGE_MEDICINES" | "RECORD_VITALS":
            return grant.side is Side.CAREGIVER and grant.level == "ALLOWED"
        case "PRESCRIBE":
            return _prescribes(grant)
        case _:
            return _may_about_health(grant, ability)


def _may_about_health(grant: Grant, ability: str) -> bool:
    """The abilities around vital signs and the health profile."""
    match ability:
        case "RECEIVE_VITAL_ALERTS":
            return grant.alerts_enabled and grant.vitals
        case "PROPOSE_THRESHOLDS":
            return grant.side is Side.DOCTOR and grant.level == "ALLOWED"
        case "RESOLVE_ALERTS":
            return grant.side is Side.DOCTOR and grant.vitals
        case "VIEW_HEALTH_PROFILE":
            # whoever may prescribe must know allergies, illnesses and pregnancy, whatever else is shown
            return grant.vitals or _prescribes(grant)
        case "NOTE_HEALTH_PROFILE":
            return grant.level == "ALLOWED" or _prescribes(grant)
        case _:
            return False


def _prescribes(grant: Grant) -> bool:
    return grant.side is Side.DOCTOR and grant.level in {"SELECTED", "ALLOWED"}


# Letters and digits that nobody mixes up: no 0, O, 1, I (domain.md §2.3).
CODE_ALPHABET = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
CODE_LENGTH = 8
_QR_PREFIX = "dastern://connect/"


def code_normal(typed: str) -> str:
    """A code as stored: what a person typed or a camera read, without case, blanks, hyphens and the QR's prefix."""
    text = typed.strip()
    if text.lower().startswith(_QR_PREFIX):
        text = text[len(_QR_PREFIX) :]
    return "".join(character for character in text.upper() if character.isalnum())


def code_qr(code: str) -> str:
    """The text of the QR code that carries ``code``."""
    return _QR_PREFIX + code


def patient_side(
    *, initiator_role: str, recipient_role: str, recipient_as: str | None = None
) -> tuple[str, str] | None:
    """Who is the patient of a new link ("initiator" or "recipient") and the kind of the other side.

    Roles decide; between two patients ``recipient_as`` does: FAMILY_MEMBER asks the other to care for oneself,
    anything else asks to care for the other. None when the two cannot be linked.
    """
    roles = {initiator_role, recipient_role}
    if roles == {"PATIENT"}:
        return ("initiator", "CAREGIVER") if recipient_as == "FAMILY_MEMBER" else ("recipient", "CAREGIVER")
    if recipient_as is not None and recipient_as != recipient_role:
        return None
    if "PATIENT" not in roles:
        return None
    kind = "DOCTOR" if "DOCTOR" in roles else "CAREGIVER"
    return ("initiator" if initiator_role == "PATIENT" else "recipient"), kind


def grant_fingerprint(grant: Grant) -> str:
    """A text that differs whenever what the grant shows differs; phones drop what they hold when it changes."""
    ids = "*" if grant.prescription_ids is None else ",".join(sorted(map(str, grant.prescription_ids)))
    parts = [grant.side, grant.level, ids, grant.adherence, grant.vitals, grant.from_date, grant.to_date]
    return "|".join(str(part) for part in parts)


def shows_anything(grant: Grant) -> bool:
    """Whether anything beyond the name is visible through ``grant``."""
    return grant.prescription_ids is None or bool(grant.prescription_ids) or grant.adherence or grant.vitals
