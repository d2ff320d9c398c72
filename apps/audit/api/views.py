"""Endpoints of the audit log (domain.md §2.9)."""

from django.http import StreamingHttpResponse
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from apps.audit import selectors, wire
from apps.audit.api import serializers as shapes
from apps.audit.choices import AuditAction
from apps.audit.models import AuditLog
from apps.audit.services import audit_record
from dastern.core import clock, ratelimit
from dastern.core.api.pagination import PAGES, page_of
from dastern.core.api.views import ApiView, IsPatient, IsStaff
from dastern.core.localtime import phnom_penh


class OwnView(ApiView):
    """My actions."""

    @extend_schema(parameters=[shapes.OwnQuery, *PAGES], responses={200: shapes.OwnActionPage})
    def get(self, request: Request) -> Response:
        """What I did, newest first."""
        rows = selectors.audit_own(self.actor(), self.parse_query(shapes.OwnQuery))
        return self.answer(page_of(request, rows, lambda found: [wire.own_wire(entry) for entry in found]))


class MyDataView(ApiView):
    """Who touched my data."""

    permission_classes = [IsPatient]

    @extend_schema(parameters=[shapes.AboutQuery, *PAGES], responses={200: shapes.TouchedPage})
    def get(self, request: Request) -> Response:
        """Everybody else's acts on my data, allowed and refused, newest first (messages only when asked for)."""
        rows = selectors.audit_about(self.actor().user_id, self.parse_query(shapes.AboutQuery))
        return self.answer(page_of(request, rows, wire.touched_wire))


class MyDataExportView(ApiView):
    """Who touched my data, as a file."""

    permission_classes = [IsPatient]
    answers_file = True

    @extend_schema(
        parameters=[shapes.ExportQuery],
        responses={
            (200, "text/csv"): OpenApiTypes.STR,
            (200, "application/json"): shapes.TouchedOutput(many=True),
        },
    )
    def get(self, request: Request) -> StreamingHttpResponse:
        """The whole list as CSV (for a spreadsheet) or JSON, streamed; at most 5 an hour."""
        query = self.parse_query(shapes.ExportQuery)
        actor = self.actor()
        ratelimit.check(request, "export", str(actor.user_id))
        kind = query.pop("format")
        audit_record(
            AuditAction.DATA_EXPORT, actor=actor, resource_type="audit", patient_id=actor.user_id,
            details={"format": kind},
        )  # fmt: skip
        rows = wire.touched_all(selectors.audit_about(actor.user_id, query).iterator(chunk_size=1000), actor.language)
        titles = {"at": _("When"), "who": _("Who"), "role": _("Role"), "what": _("What"), "outcome": _("Result")}
        body = wire.csv_stream(rows, titles) if kind == "csv" else wire.json_stream(rows)
        name = f"who-saw-my-data-{phnom_penh(clock.now()):%Y-%m-%d}.{kind}"
        return StreamingHttpResponse(
            body,
            content_type="text/csv; charset=utf-8" if kind == "csv" else "application/json",
            headers={"Content-Disposition": f'attachment; filename="{name}"'},
        )


class AllView(ApiView):
    """The log."""

    permission_classes = [IsStaff]

    @extend_schema(parameters=[shapes.StaffQuery, *PAGES], responses={200: shapes.AuditEntryPage})
    def get(self, request: Request) -> Response:
        """Everything, for staff; looking is itself written down."""
        query = self.parse_query(shapes.StaffQuery)
        page = page_of(request, selectors.audit_filtered(AuditLog.objects.all(), query), wire.staff_wire)
        audit_record(
            AuditAction.DATA_ACCESS, actor=self.actor(), resource_type="audit", patient_id=query.get("patient_id"),
            details={"filters": {name: str(value) for name, value in query.items()}},
        )  # fmt: skip
        return self.answer(page)
