"""The log and its seals for staff: to read and search, never to write. Looking is itself written down."""

from contextlib import suppress
from typing import Any
from uuid import UUID

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _

from apps.audit.choices import AuditAction
from apps.audit.models import AuditLog, AuditSeal
from apps.audit.services import audit_record
from dastern.core.admin import LargeTablePaginator, StaffAdmin, staff_actor


@admin.register(AuditLog)
class AuditLogAdmin(StaffAdmin):
    """Search by the id of a person, of the data or of the request."""

    list_display = (
        "id",
        "created_at",
        "action_type",
        "outcome",
        "actor_role",
        "actor_id",
        "patient_id",
        "resource_type",
    )
    list_filter = ("outcome", "action_type", "actor_role")
    search_fields = ("actor_id", "patient_id", "resource_id", "request_id")
    search_help_text = _("The id of a person, of the data or of a request")
    ordering = ("-id",)
    paginator = LargeTablePaginator

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[AuditLog], search_term: str
    ) -> tuple[QuerySet[AuditLog], bool]:
        """Exact ids only: the indexes of this table know nothing else."""
        wanted = search_term.strip()
        if not wanted:
            return queryset, False
        found = Q(resource_id=wanted) | Q(request_id=wanted)
        with suppress(ValueError):
            found |= Q(actor_id=UUID(wanted)) | Q(patient_id=UUID(wanted))
        return queryset.filter(found), False

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        """The list; what was searched for is written down."""
        page = super().changelist_view(request, extra_context)
        audit_record(
            AuditAction.DATA_ACCESS, actor=staff_actor(request), resource_type="audit",
            details={"filters": request.GET.dict()},
        )  # fmt: skip
        return page

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """One entry."""
        entry = self.get_object(request, object_id)
        if entry is not None:
            audit_record(
                AuditAction.DATA_ACCESS, actor=staff_actor(request), resource_type="audit", resource_id=object_id,
                patient_id=entry.patient_id,
            )  # fmt: skip
        return super().change_view(request, object_id, form_url, extra_context)


@admin.register(AuditSeal)
class AuditSealAdmin(StaffAdmin):
    """The chain; ``manage.py audit_verify`` checks it."""

    list_display = ("id", "sealed_at", "row_count", "first_id", "last_id", "digest")
    ordering = ("-id",)
    fields = ("sealed_at", "row_count", "first_id", "last_id", "digest", "previous_digest")

    def get_queryset(self, request: HttpRequest) -> Any:
        """Without the leaves, which are long."""
        return super().get_queryset(request).defer("leaves")
