"""Vital signs, alerts, ranges and profiles as they go over the wire, in answers and in the sync feed alike."""

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, gettext_noop

from apps.health_monitoring.choices import AlertSeverity, AlertType, VitalType
from apps.health_monitoring.models import (
    Allergy,
    Bounds,
    Condition,
    EmergencyContact,
    HealthAlert,
    HealthProfile,
    HealthVital,
    ThresholdProposal,
    VitalThreshold,
)
from apps.health_monitoring.rules.readings import KINDS
from apps.health_monitoring.rules.severity import PARTS, Range
from apps.health_monitoring.table import severity_table
from apps.medications.rules.formatting import number_text
from dastern.core.localtime import iso, iso_or_none

URGENT = frozenset({AlertSeverity.HIGH, AlertSeverity.CRITICAL})
# What to do now, one thing an alert (domain.md §7.1).
ADVICE: Mapping[str, Any] = {
    "CALL_NOW": gettext_lazy("Call for medical help now."),
    "SECOND_READING": gettext_lazy(
        "Sit down, rest, and measure again after 1 to 5 minutes. With chest pain, shortness of breath, weakness or "
        "trouble speaking, call for medical help now."
    ),
    "EAT_SUGAR": gettext_lazy("Eat or drink sugar now, and measure again in 15 minutes."),
    "CONTACT_DOCTOR": gettext_lazy("Call your doctor or health centre today."),
    "ASK_HEALTH_WORKER": gettext_lazy("Ask a health worker about this reading."),
    "MEASURE_AGAIN": gettext_lazy("Rest and measure again later today."),
}
_NOT_SEEN = gettext_noop("Your doctor may not see this now.")
_NO_AMBULANCE = gettext_noop("This does not call an ambulance.")


def number(value: Decimal | None) -> str | None:
    """A decimal text without trailing zeros."""
    return None if value is None else number_text(value)


def vital_wire(vital: HealthVital) -> dict[str, Any]:
    """One reading; ``entered…`` is what was typed."""
    return {
        "id": str(vital.id),
        "patientId": str(vital.patient_id),
        "vitalType": vital.vital_type,
        "value": number(vital.value),
        "valueSecondary": number(vital.value_secondary),
        "unit": vital.unit,
        "enteredValue": number(vital.entered_value),
        "enteredUnit": vital.entered_unit,
        "measuredAt": iso(vital.measured_at),
        "notes": vital.notes,
        "isAbnormal": vital.is_abnormal,
        "severity": vital.severity or None,
        "source": vital.source,
        "wasOffline": vital.was_offline,
        "recordedById": str(vital.recorded_by_id),
        "recordedAt": iso(vital.created_at),
    }


def reading_text(vital: HealthVital) -> str:
    """ "165/100 mmHg": the reading as people say it."""
    lower = f"/{number(vital.value_secondary)}" if vital.value_secondary is not None else ""
    return f"{number(vital.value)}{lower}\N{NO-BREAK SPACE}{vital.unit}"


def alert_wire(alert: HealthAlert, *, seen: Iterable[tuple[UUID, str, Any]] = (), located: bool) -> dict[str, Any]:
    """One alert (``vital`` already joined); ``seen`` are (id, name, when) of those who looked at it."""
    urgent = alert.severity in URGENT
    return {
        "id": str(alert.id),
        "patientId": str(alert.patient_id),
        "alertType": alert.alert_type,
        "severity": alert.severity,
        "vitalType": alert.vital_type or None,
        "vitalId": str(alert.vital_id) if alert.vital_id else None,
        "message": _message(alert),
        "advice": alert.advice or None,
        "adviceText": str(ADVICE[alert.advice]) if alert.advice else None,
        "callNumber": settings.EMERGENCY_NUMBER if urgent else None,
        "note": _(_NO_AMBULANCE if alert.alert_type == AlertType.EMERGENCY_MANUAL else _NOT_SEEN) if urgent else None,
        "readings": alert.readings,
        "raised": bool(alert.raised_from),
        "occurredAt": iso(alert.occurred_at),
        "lastAt": iso(alert.last_at),
        "wasOffline": alert.was_offline,
        "notifiedCount": alert.notified_count,
        "location": alert.location if located else None,
        "acknowledgedAt": iso_or_none(alert.acknowledged_at),
        "seenBy": [{"id": str(one), "name": name, "at": iso(when)} for one, name, when in seen],
        "isResolved": alert.is_resolved,
        "resolution": alert.resolution or None,
        "resolvedAt": iso_or_none(alert.resolved_at),
        "resolvedById": str(alert.resolved_by_id) if alert.resolved_by_id else None,
        "createdAt": iso(alert.created_at),
    }


def _message(alert: HealthAlert) -> str:
    if alert.alert_type == AlertType.EMERGENCY_MANUAL:
        return alert.message or _("I need help.")
    what = str(VitalType(alert.vital_type).label)
    level = str(AlertSeverity(alert.severity).label)
    if alert.vital is None:
        return _("%(what)s: %(level)s") % {"what": what, "level": level}
    return _("%(what)s %(reading)s: %(level)s") % {
        "what": what, "reading": reading_text(alert.vital), "level": level,
    }  # fmt: skip


def _bounds(bounds: Bounds) -> dict[str, Any]:
    return {
        "minValue": number(bounds.min_value),
        "maxValue": number(bounds.max_value),
        "minSecondary": number(bounds.min_secondary),
        "maxSecondary": number(bounds.max_secondary),
    }


def threshold_wire(vital_type: str, own: VitalThreshold | None) -> dict[str, Any]:
    """The effective range of one type: the own one, else the default of the table."""
    shown: dict[str, Any] = {"vitalType": vital_type, "unit": KINDS[vital_type].unit, "isCustom": own is not None}
    if own is not None:
        return shown | _bounds(own) | {"byDoctor": own.by_doctor, "updatedAt": iso(own.updated_at)}
    ranges = [severity_table().ranges[part] for part in PARTS[vital_type]]
    first, second = ranges[0], ranges[1] if len(ranges) > 1 else Range()
    return shown | {
        "minValue": number(first.low),
        "maxValue": number(first.high),
        "minSecondary": number(second.low),
        "maxSecondary": number(second.high),
        "byDoctor": False,
        "updatedAt": None,
    }


def proposal_wire(proposal: ThresholdProposal) -> dict[str, Any]:
    """One proposal (``doctor`` joined)."""
    return {
        "id": str(proposal.id),
        "patientId": str(proposal.patient_id),
        "doctorId": str(proposal.doctor_id),
        "doctorName": proposal.doctor.full_name,
        "vitalType": proposal.vital_type,
        **_bounds(proposal),
        "reason": proposal.reason,
        "state": proposal.state,
        "createdAt": iso(proposal.created_at),
        "decidedAt": iso_or_none(proposal.decided_at),
    }


def thresholds_wire(
    patient_id: UUID, own: Mapping[str, VitalThreshold], proposals: Sequence[ThresholdProposal]
) -> dict[str, Any]:
    """The six effective ranges, the open proposals, and who has approved the table (nobody yet: a draft)."""
    table = severity_table()
    return {
        "patientId": str(patient_id),
        "thresholds": [threshold_wire(name, own.get(name)) for name in VitalType.values],
        "proposals": [proposal_wire(one) for one in proposals],
        "table": {"version": table.version, "signedBy": table.signed_by, "signedAt": table.signed_at},
        "note": None if table.signed_at else _("Not yet clinically approved."),
    }


def allergy_wire(allergy: Allergy) -> dict[str, Any]:
    """One allergy; ``isChecked`` false: the catalogue does not know it, so no medicine is compared with it."""
    return {
        "id": str(allergy.id),
        "substance": allergy.substance,
        "reaction": allergy.reaction,
        "severity": allergy.severity,
        "isChecked": bool(allergy.substances or allergy.atc_groups),
        "recordedById": str(allergy.recorded_by_id),
        "recordedAt": iso(allergy.created_at),
    }


def condition_wire(condition: Condition) -> dict[str, Any]:
    """One long-standing illness."""
    return {
        "id": str(condition.id),
        "name": condition.name,
        "since": condition.since.isoformat() if condition.since else None,
        "note": condition.note,
        "recordedById": str(condition.recorded_by_id),
        "recordedAt": iso(condition.created_at),
    }


def contact_wire(contact: EmergencyContact) -> dict[str, Any]:
    """One person to call."""
    return {
        "id": str(contact.id),
        "name": contact.name,
        "phoneNumber": contact.phone_number,
        "relationship": contact.relationship,
    }


def profile_wire(
    patient_id: UUID,
    profile: HealthProfile | None,
    *,
    allergies: Sequence[Allergy],
    conditions: Sequence[Condition],
    contacts: Sequence[EmergencyContact] | None,
    pregnant: bool,
    breastfeeding: bool,
) -> dict[str, Any]:
    """The whole profile; ``contacts`` None: not shown to this viewer."""
    days = ("pregnant_since", "pregnancy_due", "pregnancy_ended", "breastfeeding_since", "breastfeeding_until")
    values = {name: getattr(profile, name) if profile else None for name in days}
    return {
        "patientId": str(patient_id),
        "bloodType": (profile.blood_type if profile else "") or None,
        "noKnownAllergies": bool(profile and profile.no_known_allergies),
        "allergies": [allergy_wire(one) for one in allergies],
        "conditions": [condition_wire(one) for one in conditions],
        "pregnantSince": _day(values["pregnant_since"]),
        "pregnancyDue": _day(values["pregnancy_due"]),
        "pregnancyEnded": _day(values["pregnancy_ended"]),
        "isPregnantOrSixWeeksAfter": pregnant,
        "breastfeedingSince": _day(values["breastfeeding_since"]),
        "breastfeedingUntil": _day(values["breastfeeding_until"]),
        "isBreastfeeding": breastfeeding,
        "emergencyContacts": None if contacts is None else [contact_wire(one) for one in contacts],
        "updatedAt": iso_or_none(profile.updated_at) if profile else None,
    }


def _day(value: Any) -> str | None:
    return value.isoformat() if value else None
