"""Scans as the API tells them, with what the review screens need."""

from collections.abc import Iterator
from typing import Any
from uuid import UUID

from apps.ocr import rules
from apps.ocr.choices import ScanState
from apps.ocr.errors import failure_text
from apps.ocr.models import Scan
from apps.ocr.selectors import catalogue_matches
from dastern.core.files import file_link
from dastern.core.localtime import iso


def scan_card(scan: Scan) -> dict[str, Any]:
    """Where a scan stands, without what it says."""
    return {
        "scanId": str(scan.pk),
        "patientId": str(scan.patient_id),
        "state": scan.state,
        "stage": scan.stage or None,
        "progress": scan.progress,
        "error": _error(scan),
        "prescriptionId": str(scan.prescription_id) if scan.prescription_id else None,
        "createdAt": iso(scan.created_at),
        "expiresAt": iso(scan.expires_at) if scan.expires_at else None,
    }


def _error(scan: Scan) -> dict[str, Any] | None:
    if scan.state != ScanState.FAILED:
        return None
    return {"code": scan.error, "message": str(failure_text(scan.error)), "manualEntry": True}


def scan_wire(scan: Scan) -> dict[str, Any]:
    """A scan with its reading and the review of it."""
    reading = scan.shown
    return scan_card(scan) | {
        "result": reading.get("flat"),
        "extraction_summary": reading.get("summary"),
        "review": review(scan) if reading else None,
        "page": {"url": file_link(scan.page.name), **reading["page"]} if scan.page and reading else None,
        "image": file_link(scan.image.name) if scan.image else None,
    }


def scan_extract(scan: Scan, schema: str) -> dict[str, Any]:
    """A reading in one of the long shapes, with the raw blocks."""
    shown = {name: scan.shown[name] if name == schema else None for name in ("universal", "static")}
    return {"schema": schema, **shown, "blocks": scan.shown["blocks"]}


def review(scan: Scan) -> dict[str, Any]:
    """What a person confirms: each row as a medicine, up to three catalogue medicines, and what to look at."""
    reading = scan.shown["flat"]
    rows = reading["medications"]
    offered = [_names(row) for row in rows]
    known = catalogue_matches(name for names in offered for name, _ in names)
    return {
        "rows": [
            {
                "row": place,
                "field": f"medications[{place}]",
                "bbox": list(box) if (box := rules.box_of(reading, f"medications[{place}]")) else None,
                "proposal": rules.proposed(row),
                "matches": [_match(name, score, known.get(name.casefold())) for name, score in names],
            }
            for place, (row, names) in enumerate(zip(rows, offered, strict=True))
        ],
        "flags": [
            {"field": flag.field, "level": flag.level, "warnings": list(flag.warnings)}
            for flag in rules.flags(reading, scan.shown["summary"]["warnings"])
        ],
    }


def _names(row: dict[str, Any]) -> list[tuple[str, float | None]]:
    """The name as accepted (if it was), then the candidates; three at most."""
    name = row["name"]
    offered: list[tuple[str, float | None]] = [(one["name"], one["score"]) for one in name.get("candidates", [])]
    if name["value"] and name["value"].casefold() not in {known.casefold() for known, _ in offered}:
        offered.insert(0, (name["value"], None))
    return offered[:3]


def _match(name: str, score: float | None, medicine: Any) -> dict[str, Any]:
    return {
        "name": name,
        "score": score,
        "catalogueId": str(medicine.pk) if medicine else None,
        "nameEn": medicine.name_en if medicine else None,
        "nameKm": medicine.name_km if medicine else None,
        "strengths": medicine.strengths if medicine else [],
    }


def scans_exported(user_id: UUID) -> Iterator[dict[str, Any]]:
    """Every scan of a patient with its raw reading, for the export."""
    rows = Scan.objects.filter(patient_id=user_id, reading__isnull=False).order_by("created_at", "id")
    for scan in rows.iterator(chunk_size=50):
        yield {**scan_card(scan), "result": scan.shown["flat"], "blocks": scan.shown["blocks"]}
