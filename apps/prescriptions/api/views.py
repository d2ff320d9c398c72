"""Endpoints of prescriptions (domain.md §2.4)."""

from uuid import UUID

from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response

from apps.prescriptions import selectors, services
from apps.prescriptions.api import serializers as shapes
from apps.prescriptions.printing import prescription_pdf
from apps.prescriptions.rules import snapshot_diff
from apps.prescriptions.services import Written
from apps.prescriptions.wire import (
    diff_wire,
    prescription_wire,
    snapshot_seen,
    version_card,
    version_wire,
)
from dastern.core import clock, ratelimit
from dastern.core.api.authentication import visitor_of
from dastern.core.api.pagination import PAGES, page_of
from dastern.core.api.views import ApiView, IsDoctor, IsPatient
from dastern.core.localtime import iso


class PrescriptionApiView(ApiView):
    """A view whose answers are prescriptions."""

    def shown(self, prescription_id: UUID) -> Response:
        """The prescription after an allowed write."""
        return self.answer(prescription_wire(selectors.prescription_reread(prescription_id), self.actor().user_id))

    def written(self, result: Written, *, status: int = 200) -> Response:
        """The same after a write of content, with what the safety check says."""
        prescription = selectors.prescription_reread(result.prescription_id)
        return self.answer(
            prescription_wire(prescription, self.actor().user_id) | {"warnings": result.warnings}, status=status
        )


class PrescriptionsView(PrescriptionApiView):
    """Prescriptions."""

    @extend_schema(parameters=[shapes.ListQuery, *PAGES], responses={200: shapes.PrescriptionPage})
    def get(self, request: Request) -> Response:
        """What I may see: a patient the own ones, a doctor and a caregiver those of their patients."""
        query = self.parse_query(shapes.ListQuery)
        actor = self.actor()
        rows = selectors.prescriptions_listed(actor, **query)
        return self.answer(
            page_of(
                request,
                rows,
                lambda found: [prescription_wire(row, actor.user_id) for row in selectors.looked_at(actor, found)],
            )
        )

    @extend_schema(request=shapes.CreateInput, responses={201: shapes.WrittenOutput})
    def post(self, request: Request) -> Response:
        """Write a prescription (verified doctors): a draft that the patient confirms, or in force at once if urgent."""
        body = self.parse(shapes.CreateInput)
        result = services.prescription_create(
            actor=self.actor(),
            patient_id=body["patient_id"],
            header=shapes.header_of(body),
            rows=body["medications"],
            urgent_reason=body.get("urgent_reason", ""),
            is_urgent=body.get("is_urgent", False),
            safety_reason=body.get("safety_reason", ""),
        )
        return self.written(result, status=201)


class CheckView(ApiView):
    """The safety check before anything is saved."""

    @extend_schema(request=shapes.CheckInput, responses={200: shapes.CheckOutput})
    def post(self, request: Request) -> Response:
        """Compare medicines with each other, with what the patient takes already and with the allergies."""
        body = self.parse(shapes.CheckInput)
        found = services.medicines_check_for(
            actor=self.actor(), rows=body["medications"], patient_id=body.get("patient_id")
        )
        return self.answer({"warnings": found})


class PatientPrescriptionsView(PrescriptionApiView):
    """The patient's own entries."""

    permission_classes = [IsPatient]

    @extend_schema(request=shapes.PatientCreateInput, responses={201: shapes.WrittenOutput})
    def post(self, request: Request) -> Response:
        """Enter a prescription oneself; it is in force at once."""
        body = self.parse(shapes.PatientCreateInput)
        result = services.prescription_create_by_patient(
            actor=self.actor(),
            header=shapes.entered(body),
            rows=body["medications"],
            safety_reason=body.get("safety_reason", ""),
        )
        return self.written(result, status=201)


class PrescriptionView(PrescriptionApiView):
    """One prescription."""

    @extend_schema(responses={200: shapes.PrescriptionOutput})
    def get(self, request: Request, pk: UUID) -> Response:
        """The prescription with its medicines and versions."""
        actor = self.actor()
        return self.answer(prescription_wire(selectors.prescription_shown_to(actor, pk), actor.user_id))

    @extend_schema(request=shapes.ChangeInput, responses={200: shapes.WrittenOutput})
    def patch(self, request: Request, pk: UUID) -> Response:
        """Change it: its author, or the patient who entered it. A course in force gets a proposal from its doctor."""
        body = self.parse(shapes.ChangeInput)
        result = services.prescription_change(
            actor=self.actor(),
            prescription_id=pk,
            header=shapes.header_of(body),
            rows=body.get("medications"),
            reason=body.get("change_reason", ""),
            safety_reason=body.get("safety_reason", ""),
            updated_at=body.get("updated_at"),
        )
        return self.written(result)

    @extend_schema(responses={204: None})
    def delete(self, request: Request, pk: UUID) -> Response:
        """Hide a prescription that I entered; what was recorded stays."""
        services.prescription_delete(actor=self.actor(), prescription_id=pk)
        return self.answer(status=204)


class UrgentUpdateView(PrescriptionApiView):
    """Urgent changes."""

    permission_classes = [IsDoctor]

    @extend_schema(request=shapes.UrgentInput, responses={200: shapes.WrittenOutput})
    def post(self, request: Request, pk: UUID) -> Response:
        """Change it with effect from now; the patient is told why (its author only)."""
        body = self.parse(shapes.UrgentInput)
        result = services.prescription_urgent_update(
            actor=self.actor(),
            prescription_id=pk,
            urgent_reason=body["urgent_reason"],
            header=shapes.header_of(body),
            rows=body.get("medications"),
            reason=body.get("change_reason", ""),
            safety_reason=body.get("safety_reason", ""),
            updated_at=body.get("updated_at"),
        )
        return self.written(result)


class ConfirmView(PrescriptionApiView):
    """Confirm."""

    @extend_schema(request=None, responses={200: shapes.PrescriptionOutput})
    def post(self, request: Request, pk: UUID) -> Response:
        """Confirm a draft: it is in force and its doses are planned. Twice is harmless."""
        services.prescription_confirm(actor=self.actor(), prescription_id=pk)
        return self.shown(pk)


class RetakeView(PrescriptionApiView):
    """Send back."""

    @extend_schema(request=shapes.RetakeInput, responses={200: shapes.PrescriptionOutput})
    def post(self, request: Request, pk: UUID) -> Response:
        """Send a draft or a proposed change back to the doctor, with the reason."""
        reason = self.parse(shapes.RetakeInput)["reason"]
        services.prescription_retake(actor=self.actor(), prescription_id=pk, reason=reason)
        return self.shown(pk)


class RejectView(PrescriptionApiView):
    """Reject."""

    @extend_schema(request=shapes.ReasonInput, responses={200: shapes.PrescriptionOutput})
    def post(self, request: Request, pk: UUID) -> Response:
        """Reject a draft for good."""
        reason = self.parse(shapes.ReasonInput).get("reason", "")
        services.prescription_reject(actor=self.actor(), prescription_id=pk, reason=reason)
        return self.shown(pk)


class PauseView(PrescriptionApiView):
    """Pause."""

    @extend_schema(request=shapes.ReasonInput, responses={200: shapes.PrescriptionOutput})
    def post(self, request: Request, pk: UUID) -> Response:
        """Pause a course (the patient, or its author with a reason)."""
        reason = self.parse(shapes.ReasonInput).get("reason", "")
        services.prescription_pause(actor=self.actor(), prescription_id=pk, reason=reason)
        return self.shown(pk)


class ResumeView(PrescriptionApiView):
    """Resume."""

    @extend_schema(request=None, responses={200: shapes.PrescriptionOutput})
    def post(self, request: Request, pk: UUID) -> Response:
        """Go on with a paused course; what remains is planned from now."""
        services.prescription_resume(actor=self.actor(), prescription_id=pk)
        return self.shown(pk)


class StopView(PrescriptionApiView):
    """Stop."""

    @extend_schema(request=shapes.ReasonInput, responses={200: shapes.PrescriptionOutput})
    def post(self, request: Request, pk: UUID) -> Response:
        """Stop a course for good (the patient, or its author with a reason)."""
        reason = self.parse(shapes.ReasonInput).get("reason", "")
        services.prescription_stop(actor=self.actor(), prescription_id=pk, reason=reason)
        return self.shown(pk)


class AcknowledgeView(PrescriptionApiView):
    """Urgent change read."""

    @extend_schema(request=None, responses={200: shapes.PrescriptionOutput})
    def post(self, request: Request, pk: UUID) -> Response:
        """Say that I have read the urgent change."""
        services.urgent_acknowledge(actor=self.actor(), prescription_id=pk)
        return self.shown(pk)


class PdfView(PrescriptionApiView):
    """On paper."""

    answers_file = True

    @extend_schema(responses={(200, "application/pdf"): OpenApiTypes.BINARY})
    def get(self, request: Request, pk: UUID) -> HttpResponse:
        """The prescription as a bilingual A5 PDF with a code that tells whether it still holds (patient, author)."""
        actor = self.actor()
        ratelimit.check(request, "paper", str(actor.user_id))
        found = selectors.prescription_for_paper(actor, pk)
        return pdf_response(prescription_pdf(found, actor.user_id, now=clock.now()), found.pk)


class ShareView(PrescriptionApiView):
    """Share."""

    @extend_schema(request=None, responses={200: shapes.ShareOutput})
    def post(self, request: Request, pk: UUID) -> Response:
        """A link to the PDF for somebody without an account; it ends after an hour (patient, author)."""
        url, ends = services.prescription_share(actor=self.actor(), prescription_id=pk)
        return self.answer({"url": url, "expiresAt": iso(ends)})


class SharedView(PrescriptionApiView):
    """A shared link."""

    answers_file = True
    permission_classes = [AllowAny]

    @extend_schema(auth=[], responses={(200, "application/pdf"): OpenApiTypes.BINARY})
    def get(self, request: Request, token: str) -> HttpResponse:
        """The PDF behind a shared link; 410 when its hour is over. Private medicines stand only for their author."""
        ratelimit.check(request, "paper", f"address:{visitor_of(request).ip}")
        found, sharer = services.shared_read(token=token, visitor=visitor_of(request))
        return pdf_response(prescription_pdf(found, sharer, now=clock.now(), shared=True), found.pk)


def pdf_response(content: bytes, prescription_id: UUID) -> HttpResponse:
    """A PDF that a browser shows and that nothing on the way keeps."""
    name = f'inline; filename="prescription-{prescription_id}.pdf"'
    return HttpResponse(
        content, content_type="application/pdf", headers={"Content-Disposition": name, "Cache-Control": "no-store"}
    )


class VersionsView(PrescriptionApiView):
    """Versions."""

    @extend_schema(parameters=PAGES, responses={200: shapes.VersionPage})
    def get(self, request: Request, pk: UUID) -> Response:
        """The versions of a prescription, oldest first."""
        prescription = selectors.prescription_shown_to(self.actor(), pk)
        rows = selectors.versions_of(prescription)
        return self.answer(page_of(request, rows, lambda found: [version_card(version) for version in found]))


class VersionView(PrescriptionApiView):
    """One version."""

    @extend_schema(responses={200: shapes.VersionOutput})
    def get(self, request: Request, pk: UUID, number: int) -> Response:
        """The content of a version."""
        actor = self.actor()
        prescription = selectors.prescription_shown_to(actor, pk)
        version = selectors.version_of(prescription, number)
        return self.answer(version_wire(version, selectors.hidden_names(prescription, actor.user_id)))


class DiffView(PrescriptionApiView):
    """What changed."""

    @extend_schema(parameters=[shapes.DiffQuery], responses={200: shapes.DiffOutput})
    def get(self, request: Request, pk: UUID) -> Response:
        """What differs between two versions."""
        query = self.parse_query(shapes.DiffQuery)
        actor = self.actor()
        prescription = selectors.prescription_shown_to(actor, pk)
        hidden = selectors.hidden_names(prescription, actor.user_id)
        old, new = (snapshot_seen(selectors.version_of(prescription, query[end]), hidden) for end in ("from", "to"))
        return self.answer(diff_wire(snapshot_diff(old, new), old=query["from"], new=query["to"]))


class AcceptVersionView(PrescriptionApiView):
    """Accept a change."""

    @extend_schema(request=None, responses={200: shapes.PrescriptionOutput})
    def post(self, request: Request, pk: UUID, number: int) -> Response:
        """Accept a proposed change: the doses ahead follow it, the past stays."""
        services.version_accept(actor=self.actor(), prescription_id=pk, number=number)
        return self.shown(pk)


class DeclineVersionView(PrescriptionApiView):
    """Decline a change."""

    @extend_schema(request=shapes.ReasonInput, responses={200: shapes.PrescriptionOutput})
    def post(self, request: Request, pk: UUID, number: int) -> Response:
        """Decline a proposed change: the present plan goes on."""
        reason = self.parse(shapes.ReasonInput).get("reason", "")
        services.version_decline(actor=self.actor(), prescription_id=pk, number=number, reason=reason)
        return self.shown(pk)
