"""The lists of the doctor's site, on Django's admin; what stands behind a row is a page of web/."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import URLPattern, path
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from apps.doctor_dashboard import selectors
from apps.doctor_dashboard.models import Patient
from apps.doctor_dashboard.sites import doctor_site, page_actor
from apps.doctor_dashboard.web import patients, prescribing, sheet
from apps.doctor_dashboard.web.page import View, absent_is_404
from apps.doctor_dashboard.web.page import uuid_of as _uuid
from apps.prescriptions.models import Prescription
from apps.prescriptions.selectors import looked_at
from dastern.core import clock
from dastern.core.admin import ReadOnlyAdmin


class DoctorAdmin(ReadOnlyAdmin):
    """A page of the doctor's site. The site admits verified doctors only; rows come from selectors with a viewer."""

    actions = None
    list_per_page = 20
    show_full_result_count = False

    def has_module_permission(self, request: HttpRequest) -> bool:
        """Everybody whom the site admits."""
        return self.admin_site.has_permission(request)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Everybody whom the site admits; rows are narrowed by ``get_queryset`` and the pages themselves."""
        return self.admin_site.has_permission(request)

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """The list, under the plain name of what it lists."""
        title = capfirst(str(self.model._meta.verbose_name_plural))  # noqa: SLF001  (Django's documented API)
        return super().changelist_view(request, {**(extra_context or {}), "title": title})

    def history_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> HttpResponse:
        """Django's own history knows nothing of services. Raises Http404."""
        raise Http404


@admin.register(Patient, site=doctor_site)
class PatientAdmin(DoctorAdmin):
    """Connected patients: the list and the chart, both read-only (web/patients.py)."""

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """The list."""
        return patients.list_view(request)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """The chart. Raises Http404 (audited) for a stranger."""
        return absent_is_404(patients.chart_view)(request, _uuid(object_id))


@admin.register(Prescription, site=doctor_site)
class PrescriptionAdmin(DoctorAdmin):
    """Prescriptions: the list, the sheet, and the form that writes and changes them."""

    list_display = ("patient_name", "reason", "status", "start_date", "last_day", "current_version")
    list_filter = ("status",)
    search_fields = ("patient_name", "diagnosis", "symptoms")
    ordering = ("-created_at",)

    @admin.display(description=_("for"))
    def reason(self, prescription: Prescription) -> str:
        """What it is for."""
        return prescription.diagnosis or prescription.symptoms or prescription.title

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Everybody whom the site admits; for whom one may write is asked in the form and again by the service."""
        return self.admin_site.has_permission(request)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Prescription]:
        """What the doctor wrote, and what lies inside grants."""
        return selectors.doctor_prescriptions(page_actor(request), now=clock.now())

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        """Audit whose prescriptions are shown on this page of the list."""
        found = super().get_changelist_instance(request)
        looked_at(page_actor(request), list(found.result_list))
        return found

    def get_urls(self) -> list[URLPattern]:
        """The pages and steps of one prescription."""
        pages: list[tuple[str, View, str]] = [
            ("<uuid:pk>/edit/", prescribing.edit_view, "edit"),
            ("<uuid:pk>/pause/", sheet.pause_view, "pause"),
            ("<uuid:pk>/stop/", sheet.stop_view, "stop"),
            ("<uuid:pk>/versions/<int:number>/", sheet.version_view, "version"),
            ("<uuid:pk>/pdf/", sheet.pdf_view, "pdf"),
            ("<uuid:pk>/template/", sheet.template_view, "template"),
        ]
        mine = [
            path(route, self.admin_site.admin_view(absent_is_404(view)), name=f"prescriptions_prescription_{name}")
            for route, view, name in pages
        ]
        return [*mine, *super().get_urls()]

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """The sheet of one prescription. Raises Http404 (a denial is audited)."""
        return absent_is_404(sheet.sheet_view)(request, _uuid(object_id))

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        """Write a new prescription."""
        return absent_is_404(prescribing.add_view)(request)
