"""Scans and photos for tests: a reading as the pipeline gives it, and pages of the generator."""

import io
from datetime import timedelta
from functools import lru_cache
from typing import Any
from uuid import UUID

from django.core.files.base import ContentFile
from PIL import Image

from apps.ocr.choices import ScanState
from apps.ocr.models import Scan
from apps.ocr.pipeline import formatter, schemas
from apps.ocr.pipeline.types import (
    Box,
    Candidate,
    Doses,
    Field,
    Footer,
    Medication,
    Notice,
    Patient,
    ScanResult,
    WarningCode,
)
from apps.users.models import User
from dastern.core import clock


def jpeg(width: int = 600, height: int = 800, colour: str = "white", **options: Any) -> bytes:
    """A picture of one colour."""
    out = io.BytesIO()
    Image.new("RGB", (width, height), colour).save(out, "JPEG", **options)
    return out.getvalue()


def row(called: str = "Amoxicillin", doses: tuple[float | None, ...] = (1, 1, 1, 1), **fields: Any) -> Medication:
    """One row of a paper: 500 mg, 28 tablets, read with certainty unless ``fields`` say otherwise."""
    sure: dict[str, Any] = {
        "no": Field(1, 0.99), "name": Field(called, 0.97, box=Box(60, 300, 200, 30)),
        "strength": Field("500mg", 0.97, box=Box(270, 300, 80, 30)), "quantity": Field(28.0, 0.97),
        "unit": Field("គ្រាប់", 0.97), "unit_code": Field("tablet", 0.97),
        "doses": Doses(*(Field(amount, 0.97 if amount is not None else 0.0) for amount in doses)),
    }  # fmt: skip
    return Medication(**sure | fields)


def result(*rows: Medication, warnings: tuple[Notice, ...] = ()) -> ScanResult:
    """What the pipeline would answer for these rows."""
    return ScanResult(
        patient=Patient(name=Field("សុខា", 0.95), age=Field(66, 0.95), sex=Field("F", 0.95)),
        medications=rows or (row(),),
        footer=Footer(date=Field("2026-11-20", 0.95)),
        warnings=warnings,
        engines=("paddle", "khmer"),
        layout="ruled",
        page=jpeg(),
    )


def unclear_row() -> Medication:
    """A name that nobody accepted, with its candidates, and a dose that was not read."""
    return row(
        "Prednisone",
        (1, 0, None, 0),
        name=Field(
            None, 0.4, raw="Prednisonc", box=Box(60, 340, 200, 30),
            candidates=(Candidate("Prednisone", 90.0), Candidate("Prednisolone", 84.0)),
        ),
    )  # fmt: skip


def read_scan(
    patient: User, *rows: Medication, requested_by: User | None = None, prescription_id: UUID | None = None,
    warnings: tuple[Notice, ...] = (),
) -> Scan:  # fmt: skip
    """A finished scan of ``patient``, stored as the worker stores it."""
    now = clock.now()
    read = result(*rows, warnings=warnings)
    scan = Scan(
        patient=patient,
        requested_by=requested_by or patient,
        state=ScanState.DONE,
        progress=100,
        attempts=1,
        reading={
            "flat": formatter.flat(read),
            "summary": formatter.summary(read),
            "universal": schemas.universal(read),
            "static": schemas.static(read),
            "blocks": schemas.blocks(read),
            "page": {"width": 600, "height": 800},
        },
        prescription_id=prescription_id,
        created_at=now,
        beat_at=now,
        finished_at=now,
        expires_at=None if prescription_id else now + timedelta(hours=24),
    )
    scan.image.save("photo.jpg", ContentFile(jpeg()), save=False)
    scan.page.save("page.jpg", ContentFile(read.page), save=False)
    scan.save(force_insert=True)
    return scan


@lru_cache(maxsize=8)
def page(layout: str = "heqip8", level: str = "easy", number: int = 0) -> tuple[bytes, dict[str, Any]]:
    """A photo of the generator with its truth."""
    from bench.ocr.cases import make_case
    from bench.ocr.pages import photo

    return photo(make_case("dev", number, layout, level))


__all__ = ["Notice", "WarningCode", "jpeg", "page", "read_scan", "result", "row", "unclear_row"]
