"""Medicines as they go over the wire, in answers, snapshots and the sync feed alike."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any
from uuid import UUID

from apps.medications.models import CatalogueMedicine, Medication
from apps.medications.rules.formatting import number_text
from dastern.core.api.exceptions import camel
from dastern.core.files import file_link


def _number(value: Decimal | None) -> str | None:
    return None if value is None else number_text(Decimal(value))


def _dosage(stored: dict[str, Any] | None) -> dict[str, Any] | None:
    if stored is None:
        return None
    return {
        "amount": number_text(Decimal(str(stored["amount"]))),
        "unit": stored.get("unit"),
        "extra": stored.get("extra"),
        "beforeMeal": bool(stored.get("beforeMeal")),
        "time": stored.get("time"),
    }


def medication_wire(medication: Medication) -> dict[str, Any]:
    """A medicine with every field of domain.md §2.5. Amounts are decimal strings."""
    return {
        "id": str(medication.id),
        "prescriptionId": str(medication.prescription_id),
        "rowNumber": medication.row_number,
        "batchId": str(medication.batch_id) if medication.batch_id else None,
        "catalogueId": str(medication.catalogue_id) if medication.catalogue_id else None,
        "medicineName": medication.medicine_name,
        "medicineNameKhmer": medication.medicine_name_khmer,
        "imageUrl": file_link(medication.image.name),
        "medicineType": medication.medicine_type or None,
        "form": medication.form or None,
        "strength": medication.strength,
        "unit": medication.unit,
        "dosageAmount": _number(medication.dosage_amount),
        "description": medication.description,
        "additionalNote": medication.additional_note,
        "instructions": medication.instructions,
        "morningDosage": _dosage(medication.morning_dosage),
        "daytimeDosage": _dosage(medication.daytime_dosage),
        "nightDosage": _dosage(medication.night_dosage),
        "customTimes": [
            {
                "time": extra["time"],
                "amount": number_text(Decimal(str(extra["amount"]))),
                "beforeMeal": bool(extra.get("beforeMeal")),
            }
            for extra in medication.custom_times
        ],
        "frequency": medication.frequency,
        "timing": medication.timing,
        "beforeMeal": medication.before_meal,
        "frequencyType": medication.frequency_type,
        "intervalDays": medication.interval_days,
        "weekdays": list(medication.weekdays),
        "duration": medication.duration,
        "ongoing": medication.ongoing,
        "quantity": _number(medication.quantity),
        "isPRN": medication.is_prn,
        "prnMaxPerDay": _number(medication.prn_max_per_day),
        "prnMinIntervalHours": _number(medication.prn_min_interval_hours),
        "reminderEnabled": medication.reminder_enabled,
        "timeCritical": medication.time_critical,
        "private": medication.private,
        "stockCount": _number(medication.stock_count),
        "startsOn": medication.starts_on.isoformat() if medication.starts_on else None,
        "retiredInVersion": medication.retired_in_version,
    }


def catalogue_wire(medicine: CatalogueMedicine) -> dict[str, Any]:
    """A medicine of the catalogue."""
    return {
        "id": str(medicine.id),
        "nameEn": medicine.name_en,
        "nameKm": medicine.name_km,
        "brands": list(medicine.brands),
        "substances": list(medicine.substances),
        "forms": list(medicine.forms),
        "strengths": list(medicine.strengths),
        "flags": list(medicine.flags),
        "sourceChecked": medicine.source_checked,
    }


_OF_THE_ROW = frozenset({"id", "prescription_id", "patient_id", "image", "created_by_id", "created_in_version"})


def medication_of_wire(shown: Mapping[str, Any]) -> Medication:
    """An unsaved medicine that prescribes what ``shown`` (a ``medication_wire``) says, under the same id."""
    medication = Medication(id=UUID(str(shown["id"])))
    for column in Medication._meta.concrete_fields:  # noqa: SLF001  (Django's documented API)
        name = "isPRN" if column.attname == "is_prn" else camel(column.attname)
        if column.attname in _OF_THE_ROW or name not in shown:
            continue
        value = shown[name]
        if isinstance(value, Mapping):  # a slot: stored without the parts that were left out
            value = {part: said for part, said in value.items() if said is not None}
        setattr(medication, column.attname, column.to_python("" if value is None and not column.null else value))
    return medication
