"""Endpoints of recognition (domain.md §2.14)."""

from typing import Any
from uuid import UUID

from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from apps.ocr import rules, selectors, services
from apps.ocr.api import serializers as shapes
from apps.ocr.choices import ScanState
from apps.ocr.errors import FileTooLarge, NotRead, failure
from apps.ocr.models import Scan
from apps.ocr.photos import LARGEST, crop
from apps.ocr.wire import scan_card, scan_extract, scan_wire
from apps.prescriptions.api.serializers import WrittenOutput, header_of
from apps.prescriptions.selectors import prescription_reread
from apps.prescriptions.wire import prescription_wire
from dastern.core import ratelimit
from dastern.core.api.pagination import PAGES, page_of
from dastern.core.api.views import ApiView
from dastern.core.errors import NotFound

_FORM = 64 * 1024  # what a multipart body holds beside its file
_SPEAKS = {"khmer": ["km"], "paddle": ["en"], "tesseract": ["km", "en"]}


class TakesPhoto(ApiView):
    """A view that takes the photo of a prescription."""

    parser_classes = [MultiPartParser]

    def taken(self, request: Request, shape: type[shapes.ScanInput]) -> tuple[Scan, bool, dict[str, Any]]:
        """The stored scan, whether it was read within the request, and the fields beside the file.

        Raises for a scan that failed so soon.
        """
        actor = self.actor()
        ratelimit.check(request, "scan", str(actor.user_id))
        # by its length alone: eleven megabytes are not worth reading to refuse them
        if int(request.headers.get("Content-Length") or 0) > LARGEST + _FORM:
            raise FileTooLarge(extra={"limit": LARGEST})
        body = self.parse(shape, request.POST.dict())
        scan = services.scan_create(
            actor=actor, upload=request.FILES.get("image"), patient_id=body.get("patient_id")
        )  # fmt: skip
        services.scan_enqueue(scan.pk)
        finished = services.scan_wait(scan)
        scan.refresh_from_db()
        if scan.state == ScanState.FAILED:
            raise failure(scan.error)
        return scan, finished, body


class ScanView(TakesPhoto):
    """Scan."""

    answers_beside = {
        "200": {
            "scanId": {"type": "string", "format": "uuid"},
            "extraction_summary": {"$ref": "#/components/schemas/SummaryOutput"},
        }
    }

    @extend_schema(
        request={"multipart/form-data": shapes.PHOTO_UPLOAD},
        responses={200: shapes.ReadingOutput, 202: shapes.ScanCardOutput},
    )
    def post(self, request: Request) -> Response:
        """Read the photo of a prescription. Nothing is saved: a person confirms every row (ocr/confirm).

        200 with the reading when it is ready within eight seconds, else 202 with the id to poll (ocr/scans/{id}).
        """
        scan, finished, _ = self.taken(request, shapes.ScanInput)
        if not finished:
            return self.answer(scan_card(scan), status=202)
        response = self.answer(scan.shown["flat"])
        response.envelope_beside = {  # type: ignore[attr-defined]
            "scanId": str(scan.pk), "extraction_summary": scan.shown["summary"],
        }  # fmt: skip
        return response


class ExtractView(TakesPhoto):
    """Extract."""

    answers_beside = ScanView.answers_beside

    @extend_schema(
        request={"multipart/form-data": shapes.EXTRACT_UPLOAD},
        responses={200: shapes.ExtractOutput, 202: shapes.ScanCardOutput},
    )
    def post(self, request: Request) -> Response:
        """The same as scan, in the universal or static schema of the specification and with the raw blocks."""
        scan, finished, body = self.taken(request, shapes.ExtractInput)
        if not finished:
            return self.answer(scan_card(scan), status=202)
        response = self.answer(scan_extract(scan, body["schema"]))
        response.envelope_beside = {  # type: ignore[attr-defined]
            "scanId": str(scan.pk), "extraction_summary": scan.shown["summary"],
        }  # fmt: skip
        return response


class ExtractedView(ApiView):
    """The long shapes of a scan."""

    @extend_schema(parameters=[shapes.ExtractQuery], responses={200: shapes.ExtractOutput})
    def get(self, request: Request, pk: UUID) -> Response:
        """A scan that was read, in the universal or static schema and with the raw blocks."""
        schema = self.parse_query(shapes.ExtractQuery)["schema"]
        scan = selectors.scan_of(self.actor(), pk)
        if scan.state != ScanState.DONE:
            raise NotRead
        return self.answer(scan_extract(scan, schema))


class ScansView(ApiView):
    """Scans that wait."""

    @extend_schema(parameters=PAGES, responses={200: shapes.ScanPage})
    def get(self, request: Request) -> Response:
        """My scans that nobody has answered yet, newest first."""
        rows = selectors.scans_waiting(self.actor())
        return self.answer(page_of(request, rows, lambda found: [scan_card(row) for row in found]))


class OneScanView(ApiView):
    """One scan."""

    @extend_schema(responses={200: shapes.ScanOutput})
    def get(self, request: Request, pk: UUID) -> Response:
        """Where it stands and, once read, the reading with what its review needs."""
        return self.answer(scan_wire(selectors.scan_of(self.actor(), pk)))

    @extend_schema(responses={204: None})
    def delete(self, request: Request, pk: UUID) -> Response:
        """Throw it away with its pictures."""
        services.scan_discard(actor=self.actor(), scan_id=pk)
        return self.answer(status=204)


class CropView(ApiView):
    """A part of the page."""

    answers_file = True

    @extend_schema(parameters=[shapes.CropQuery], responses={(200, "image/jpeg"): OpenApiTypes.BINARY})
    def get(self, request: Request, pk: UUID) -> HttpResponse:
        """The part of the straightened page where a field or a row was found."""
        path = self.parse_query(shapes.CropQuery)["field"]
        scan = selectors.scan_of(self.actor(), pk)
        box = rules.box_of(scan.shown["flat"], path) if scan.reading and scan.page else None
        if box is None:
            raise NotFound
        with scan.page.open("rb") as file:
            part = crop(file.read(), box)
        return HttpResponse(part, content_type="image/jpeg", headers={"Cache-Control": "private, max-age=3600"})


class ConfirmView(ApiView):
    """Confirm."""

    @extend_schema(request=shapes.ConfirmInput, responses={201: WrittenOutput})
    def post(self, request: Request) -> Response:
        """Make a prescription of a scan: every row confirmed by a person who compared it with the paper.

        A patient's is in force at once, a doctor's waits as a draft for the patient.
        """
        actor, body = self.actor(), self.parse(shapes.ConfirmInput)
        rows: list[dict[str, Any]] = body["medications"]
        confirmed = [row.pop("confirmed_by_user") for row in rows]
        written = services.scan_confirm(
            actor=actor,
            scan_id=body["scan_id"],
            patient_id=body.get("patient_id"),
            header=header_of(body) | {"clinical_note": body.get("notes", "")},
            rows=rows,
            confirmed=confirmed,
            on_paper=body.get("medicines_on_paper"),
            attach_image=body["attach_image"],
            safety_reason=body.get("safety_reason", ""),
        )
        shown = prescription_wire(prescription_reread(written.prescription_id), actor.user_id)
        return self.answer(shown | {"warnings": written.warnings}, status=201)


class HealthView(ApiView):
    """Engines."""

    @extend_schema(responses={200: shapes.EnginesOutput})
    def get(self, request: Request) -> Response:
        """What can read here now; when nothing can, the medicines are typed."""
        told = selectors.engines_told()
        languages = sorted({language for name in told["engines"] for language in _SPEAKS.get(name, [])})
        ready = bool(told["engines"])
        return self.answer({**told, "ready": ready, "languages": languages, "manualEntry": True})
