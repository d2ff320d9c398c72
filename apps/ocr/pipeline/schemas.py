"""The two long shapes of the specification: universal ``cambodia-prescription-universal-v2.0`` and static v1.

Both say what the paper says and nothing else: what the forms do not print stays null or empty.
"""

import re
from datetime import datetime
from typing import Any, Final

from apps.ocr.pipeline.types import Box, Doses, Field, Medication, ScanResult

UNIVERSAL: Final = "cambodia-prescription-universal-v2.0"
STATIC: Final = "static-v1"
# the specification's names of the columns ព្រឹក, ថ្ងៃត្រង់, ល្ងាច, យប់, and their hours
_SLOTS: Final = (
    ("morning", "morning", "06:00-08:00"), ("noon", "midday", "11:00-12:00"), ("evening", "afternoon", "17:00-18:00"),
    ("night", "evening", "20:00-22:00"),
)  # fmt: skip
_COLUMNS: Final = ("no", "name", "strength", "quantity", "unit", "route")
_STRENGTH: Final = re.compile(r"\s*(\d+(?:[.,]\d+)?)\s*([a-zA-Zµμ%]+(?:/.*)?)\s*$")
_KHMER: Final = re.compile(r"[\u1780-\u17ff]")


def _box(box: Box | None) -> list[int] | None:
    return box.as_list() if box else None


def universal(result: ScanResult, *, extraction_id: str = "", at: datetime | None = None) -> dict[str, Any]:
    """The universal schema. ``extraction_id`` and ``at`` name the scan; boxes are in pixels of the page."""
    items = [_item(row) for row in result.medications]
    days = [row.duration_days.value for row in result.medications if row.duration_days.value]
    codes = [str(notice) for notice in result.warnings]
    return {
        "metadata": {
            "schema": UNIVERSAL,
            "extraction_id": extraction_id or None,
            "extracted_at": at.isoformat() if at else None,
            "languages": _languages(result),
            "image": {
                "width": result.quality.width,
                "height": result.quality.height,
                "dpi": result.quality.dpi,
                "sharpness": round(result.quality.sharpness, 1),
                "brightness": round(result.quality.brightness, 1),
            },
        },
        "healthcare_facility": {
            "name": {"khmer": _leaf(result.header.facility_km), "english": _leaf(result.header.facility_en)},
            "type": None,
            "department": None,
            "address": None,
            "phone": None,
        },
        "patient": {
            "id": _leaf(result.header.code),
            "name": _leaf(result.patient.name),
            "age": _leaf(result.patient.age),
            "gender": _leaf(result.patient.sex),
            "weight": None,
            "insurance": None,
        },
        "prescription_details": {
            "number": None,
            "date": _leaf(result.footer.date),
            "time": _leaf(result.footer.time),
            "type": None,
            "validity": None,
        },
        "clinical_information": {
            "symptoms": [],
            "diagnosis": [{"text": _leaf(one), "code": None} for one in result.diagnosis],
            "allergies": [],
            "vitals": None,
        },
        "medications": {
            "table_structure": {
                "layout": result.layout,
                "rows": len(items),
                "column_guessed": "COLUMN_GUESSED" in codes,
            },
            "items": items,
            # what a medicine is stands in the catalogue, not on the paper: not judged here
            "summary": {
                "total_medications": len(items),
                "controlled_substances": None,
                "antibiotics_present": None,
                "max_duration_days": max(days, default=None),
            },
        },
        "prescriber": {
            "name": _leaf(result.footer.doctor),
            "licence": None,
            "signature_present": None,
            "stamp_present": None,
            "date": _leaf(result.footer.date),
        },
        "pharmacy_information": None,
        "additional_information": {"warnings": codes},
        "digital_verification": {"qr": list(result.qr), "barcode": []},
        "footer_information": {"date": _leaf(result.footer.date), "doctor": _leaf(result.footer.doctor)},
        "raw_extraction_data": {"blocks": blocks(result), "engines_used": list(result.engines)},
    }  # fmt: skip


def _leaf(field: Field[Any]) -> dict[str, Any]:
    return {"value": field.value, "confidence": round(field.confidence, 3), "bbox": _box(field.box)}


def _languages(result: ScanResult) -> list[str]:
    text = " ".join(block.text for block in result.blocks)
    return [name for name, found in (("km", _KHMER.search(text)), ("en", re.search("[A-Za-z]", text))) if found]


def _item(row: Medication) -> dict[str, Any]:
    name, raw = row.name.value, row.name.raw or row.name.value
    strength = _STRENGTH.match(row.strength.value or "")
    slots, amounts = _slots(row.doses, row.dose_unit.value or row.unit.value)
    return {
        "item_number": row.no.value,
        "medication": {
            "name": {
                "brand": None,
                "generic": None,
                "local": name if name and _KHMER.search(name) else None,
                "full_text": raw or None,
                "accepted": name,
                "confidence": round(row.name.confidence, 3),
                "bbox": _box(row.name.box),
                "candidates": [{"name": one.name, "score": round(one.score, 1)} for one in row.name.candidates],
            },
            "strength": {
                "value": row.strength.value,
                "numeric": float(strength[1].replace(",", ".")) if strength else None,
                "unit": strength[2] if strength else None,
            },
            "form": row.unit_code.value,
            "route": row.route.value,
            "packaging": row.unit.value,
        },
        "dosing": {
            "duration": {
                "value": row.duration_days.value,
                "unit": "day" if row.duration_days.value else None,
                "text_original": row.duration_days.raw or None,
                "khmer_text": None,
                "note": None,
                "bbox": _box(row.duration_days.box),
            },
            "schedule": {
                "type": "time_slots",
                "frequency": {
                    "times_per_day": sum(1 for amount in amounts if amount) if None not in amounts else None,
                    "interval_hours": None,
                    "text": None,
                },
                "time_slots": slots,
            },
            "prn_instructions": {
                "as_needed": None,
                "condition": None,
                "max_dose_per_day": None,
                "min_interval_hours": None,
            },
            "total_quantity": _leaf(row.quantity),
            "daily_totals": sum(filter(None, amounts)) if None not in amounts else None,
        },
        "instructions": {
            "timing_with_food": {
                "before_meal": row.meal.value == "before",
                "after_meal": row.meal.value == "after",
                "with_meal": row.meal.value == "with",
                "empty_stomach": False,
                "text": row.meal.raw or None,
            },
            "special_instructions": [],
            "warnings": [],
        },
        "dispensing": None,
        "clinical_notes": {"indication": None, "therapeutic_class": None},
    }  # fmt: skip


def _slots(doses: Doses, unit: str | None) -> tuple[list[dict[str, Any]], list[float | None]]:
    shown, amounts = [], []
    for name, period, hours in _SLOTS:
        field: Field[float] = getattr(doses, name)
        amounts.append(field.value)
        shown.append({
            "period": period,
            "time_range": hours,
            "dose": {"value": field.raw or None, "numeric": field.value, "unit": unit, "bbox": _box(field.box)},
            "enabled": bool(field.value) if field.value is not None else None,
        })  # fmt: skip
    return shown, amounts


def blocks(result: ScanResult) -> list[dict[str, Any]]:
    """Every piece of text as it was found."""
    return [
        {
            "text": block.text, "confidence": round(block.confidence, 3), "bbox": block.box.as_list(),
            "engine": block.engine, "region": block.region,
        }
        for block in result.blocks
    ]  # fmt: skip


def static(result: ScanResult) -> dict[str, Any]:
    """The static schema, version 1: every field {value, bbox, confidence, engine_used}, the table as cells."""
    return {
        "schema": STATIC,
        "header": {
            "facility_km": _used(result.header.facility_km),
            "facility_en": _used(result.header.facility_en),
            "code": _used(result.header.code),
        },
        "patient_info": {
            "name": _used(result.patient.name), "age": _used(result.patient.age), "sex": _used(result.patient.sex),
        },
        "clinical_info": {"diagnosis": [_used(one) for one in result.diagnosis]},
        "medication_table": [
            {"cells": _cells(place, row)} for place, row in enumerate(result.medications)
        ],
        "footer": {
            "date": _used(result.footer.date), "time": _used(result.footer.time), "doctor": _used(result.footer.doctor),
        },
    }  # fmt: skip


def _used(field: Field[Any]) -> dict[str, Any]:
    return {**_leaf(field), "engine_used": field.engine or None}


def _cells(place: int, row: Medication) -> list[dict[str, Any]]:
    fields: list[tuple[str, Field[Any]]] = [(name, getattr(row, name)) for name in _COLUMNS]
    fields += [(name, getattr(row.doses, name)) for name, *_ in _SLOTS]
    return [
        {
            "row": place,
            "col": column,
            "text": field.raw or ("" if field.value is None else str(field.value)),
            "bbox": _box(field.box),
            "confidence": round(field.confidence, 3),
            "content_type": name,
        }
        for column, (name, field) in enumerate(fields)
    ]
