"""The fifth room: a result becomes the JSON of the API (flat with a confidence on every leaf) and its summary."""

from typing import Any

from apps.ocr.pipeline.types import Field, Medication, ScanResult

CHECK, CERTAIN = 0.60, 0.80
SLOTS = ("morning", "noon", "evening", "night")


def plain(result: ScanResult) -> dict[str, Any]:
    """The flat shape with bare values; null is not printed or not read."""
    return _flat(result, lambda field: field.value)


def flat(result: ScanResult) -> dict[str, Any]:
    """The flat shape, every leaf ``{value, confidence, bbox}``; ``raw`` and ``candidates`` where there are any."""
    return _flat(result, leaf)


def leaf(field: Field[Any]) -> dict[str, Any]:
    """One value with what is known about it."""
    shown: dict[str, Any] = {
        "value": field.value,
        "confidence": round(field.confidence, 3),
        "bbox": field.box.as_list() if field.box else None,
    }
    if field.raw and field.raw != field.value:
        shown["raw"] = field.raw
    if field.candidates:
        shown["candidates"] = [{"name": one.name, "score": round(one.score, 1)} for one in field.candidates]
    return shown


def summary(result: ScanResult) -> dict[str, Any]:
    """``extraction_summary``: how sure the reading is and what a person has to look at."""
    weighted: list[tuple[float, float]] = []
    review: list[str] = []
    for path, field, weight in _fields(result):
        weighted.append((weight, field.confidence))
        if field.confidence < CERTAIN:
            review.append(path)
    total = sum(weight for weight, _ in weighted)
    score = sum(weight * confidence for weight, confidence in weighted) / total if result.medications and total else 0.0
    return {
        "total_medications": len(result.medications),
        "confidence_score": round(score, 3),
        "needs_review": bool(review or result.warnings or not result.medications),
        "fields_needing_review": review,
        "warnings": [
            {"code": str(notice), "field": notice.where, "detail": notice.detail} for notice in result.warnings
        ],
        "processing_time_ms": result.took_ms,
        "engines_used": list(result.engines),
        "layout": result.layout,
        "quality": {
            "width": result.quality.width,
            "height": result.quality.height,
            "dpi": result.quality.dpi,
            "sharpness": round(result.quality.sharpness, 1),
            "brightness": round(result.quality.brightness, 1),
            "skew_degrees": round(result.quality.skew_degrees, 2),
            "rotated_degrees": result.quality.rotated_degrees,
        },
    }


def _flat(result: ScanResult, show: Any) -> dict[str, Any]:
    header, patient, footer = result.header, result.patient, result.footer
    return {
        "header": {
            "facility_km": show(header.facility_km),
            "facility_en": show(header.facility_en),
            "code": show(header.code),
        },
        "patient": {"name": show(patient.name), "age": show(patient.age), "sex": show(patient.sex)},
        "diagnosis": [show(field) for field in result.diagnosis],
        "medications": [_row(row, show) for row in result.medications],
        "footer": {"date": show(footer.date), "time": show(footer.time), "doctor": show(footer.doctor)},
    }


def _row(row: Medication, show: Any) -> dict[str, Any]:
    return {
        "no": show(row.no),
        "name": show(row.name),
        "strength": show(row.strength),
        "quantity": show(row.quantity),
        "unit": show(row.unit),
        "unit_code": show(row.unit_code),
        "route": show(row.route),
        "doses": {slot: show(getattr(row.doses, slot)) for slot in SLOTS},
        "dose_unit": show(row.dose_unit),
        "meal": show(row.meal),
    }


def _fields(result: ScanResult) -> list[tuple[str, Field[Any], float]]:
    """What the overall confidence is made of: names and doses weigh most."""
    fields: list[tuple[str, Field[Any], float]] = []
    for i, row in enumerate(result.medications):
        at = f"medications[{i}]"
        fields += [(f"{at}.name", row.name, 3.0), (f"{at}.strength", row.strength, 2.0)]
        fields.append((f"{at}.quantity", row.quantity, 2.0))
        for slot in SLOTS:
            field = getattr(row.doses, slot)
            # a time of day that the form does not have is nothing to review
            if field.value is not None or field.raw or field.box:
                fields.append((f"{at}.doses.{slot}", field, 1.5))
    fields += [("patient.name", result.patient.name, 0.5), ("footer.date", result.footer.date, 0.5)]
    return fields
