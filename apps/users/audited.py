"""The base of staff pages that show health data: read-only, and every look leaves an audit row (domain.md §1.1)."""

from typing import Any

from django.http import HttpRequest, HttpResponse

from apps.audit.choices import AuditAction
from apps.audit.services import audit_entry, audit_record_many
from dastern.core.admin import ReadOnlyAdmin, staff_actor


class AuditedAdmin(ReadOnlyAdmin):
    """A list and a page of rows that have a ``patient_id``: whose data a member of staff saw is written down."""

    actions = None
    list_per_page = 50
    show_full_result_count = False

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        """Audit every row that this page of the list shows."""
        found = super().get_changelist_instance(request)
        self._seen(request, found.result_list, "list")
        return found

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """Audit the row that is shown."""
        row = self.get_object(request, object_id) if object_id else None
        if row is not None and self.has_view_permission(request, row):
            self._seen(request, [row], "page")
        return super().changeform_view(request, object_id, form_url, extra_context)

    def history_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> HttpResponse:
        """Audit the row whose history is asked for."""
        row = self.get_object(request, object_id)
        if row is not None and self.has_view_permission(request, row):
            self._seen(request, [row], "history")
        return super().history_view(request, object_id, extra_context)

    def _seen(self, request: HttpRequest, rows: Any, where: str) -> None:
        actor = staff_actor(request)
        audit_record_many(
            audit_entry(
                AuditAction.DATA_ACCESS,
                actor=actor,
                resource_type=self.opts.model_name or "",
                resource_id=row.pk,
                patient_id=row.patient_id,
                details={"page": where},
            )
            for row in rows
        )
