"""The doctor's pages: own patients, and prescriptions written through the same services as everywhere else."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.text import capfirst
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from apps.connections.access import access_grant
from apps.connections.choices import Ability
from apps.connections.rules import may
from apps.doctor_dashboard import selectors
from apps.doctor_dashboard.forms import (
    ChangeForm,
    HeaderForm,
    MedicineForms,
    NewForm,
    ReasonForm,
    errors_show,
    medicine_forms,
)
from apps.doctor_dashboard.models import Patient
from apps.doctor_dashboard.sheets import change_lines, medicine_line
from apps.doctor_dashboard.sites import doctor_site, page_actor
from apps.doctor_dashboard.web import patients
from apps.doctor_dashboard.web.page import absent_is_404, page
from apps.doctor_dashboard.web.page import uuid_of as _uuid
from apps.prescriptions import services
from apps.prescriptions.choices import PrescriptionStatus
from apps.prescriptions.models import Prescription
from apps.prescriptions.rules import Move, next_status, snapshot_diff
from apps.prescriptions.selectors import (
    hidden_names,
    looked_at,
    medicines_of,
    prescription_shown_to,
    version_before,
    version_of,
)
from apps.prescriptions.services import Written
from apps.prescriptions.wire import prescription_wire, snapshot_seen
from dastern.core import clock
from dastern.core.actor import Actor
from dastern.core.admin import ReadOnlyAdmin
from dastern.core.errors import DomainError, NotFound
from dastern.core.localtime import iso

IN_COURSE = (PrescriptionStatus.ACTIVE, PrescriptionStatus.PAUSED)


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
        pages: list[tuple[str, Callable[..., HttpResponse], str]] = [
            ("<uuid:pk>/edit/", self.edit_view, "edit"),
            ("<uuid:pk>/pause/", self.pause_view, "pause"),
            ("<uuid:pk>/stop/", self.stop_view, "stop"),
            ("<uuid:pk>/versions/<int:number>/", self.version_view, "version"),
        ]
        mine = [
            path(route, self.admin_site.admin_view(view), name=f"prescriptions_prescription_{name}")
            for route, view, name in pages
        ]
        return [*mine, *super().get_urls()]

    # --- reading ------------------------------------------------------------------------------------------------

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """The sheet of one prescription. Raises Http404 (a denial is audited)."""
        actor = page_actor(request)
        return self._sheet(request, actor, _shown(actor, _uuid(object_id)), ReasonForm())

    def _sheet(
        self, request: HttpRequest, actor: Actor, prescription: Prescription, reason: ReasonForm
    ) -> TemplateResponse:
        shown = prescription_wire(prescription, actor.user_id)
        proposal = shown["proposal"]
        authored = prescription.doctor_id == actor.id and may(
            access_grant(actor.user_id, prescription.patient_id), Ability.PRESCRIBE
        )
        return page(
            request,
            "doctor/prescription.html",
            title=prescription.patient_name,
            prescription=prescription,
            medicines=[medicine_line(medicine) for medicine in shown["medications"]],
            versions=list(reversed(shown["versions"])),
            proposal=proposal,
            proposal_lines=change_lines(snapshot_diff(_now_of(shown), proposal)) if proposal else [],
            reason_form=reason,
            may_edit=authored and next_status(prescription.status, Move.CHANGE) is not None,
            may_pause=authored and next_status(prescription.status, Move.PAUSE) is not None,
            may_stop=authored and next_status(prescription.status, Move.STOP) is not None,
        )

    def version_view(self, request: HttpRequest, pk: UUID, number: int) -> HttpResponse:
        """One version: its content, and what it changed. Raises Http404."""
        actor = page_actor(request)
        prescription = _shown(actor, pk)
        hidden = hidden_names(prescription, actor.user_id)
        try:
            version = version_of(prescription, number)
        except NotFound as error:
            raise Http404 from error
        content = snapshot_seen(version, hidden)
        before = version_before(prescription, number)
        return page(
            request,
            "doctor/version.html",
            title=gettext("%(name)s: version %(number)s") % {"name": prescription.patient_name, "number": number},
            prescription=prescription,
            version=version,
            header=content["header"],
            medicines=[medicine_line(medicine) for medicine in content["medications"]],
            changes=change_lines(snapshot_diff(snapshot_seen(before, hidden), content)) if before else [],
        )

    # --- writing ------------------------------------------------------------------------------------------------

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        """Write a new prescription."""
        actor = page_actor(request)
        patients = Patient.objects.filter(pk__in=selectors.doctor_may_prescribe_for(actor, now=clock.now())).order_by(
            "full_name"
        )
        typed = request.POST if request.method == "POST" else None
        form = NewForm(typed, patients=patients, initial={"patient": request.GET.get("patient", "")})
        medicines = medicine_forms(_with_row(typed))
        if typed is not None and "add_row" not in typed and _valid(form, medicines):
            data = form.cleaned_data
            try:
                written = services.prescription_create(
                    actor=actor,
                    patient_id=data["patient"].pk,
                    header=form.header,
                    rows=medicines.rows,
                    is_urgent=data["is_urgent"],
                    urgent_reason=data["urgent_reason"],
                    safety_reason=data["safety_reason"],
                )
            except DomainError as error:
                errors_show(error, form, medicines)
            else:
                return self._written(request, written, gettext("The prescription was written."))
        return self._form(request, gettext("New prescription"), form, medicines, None)

    def edit_view(self, request: HttpRequest, pk: UUID) -> HttpResponse:
        """Change a prescription: a draft at once, a course in force as a proposal or urgently. Raises Http404."""
        actor = page_actor(request)
        prescription = _shown(actor, pk)
        typed = request.POST if request.method == "POST" else None
        form = ChangeForm(typed, initial=_header_initial(prescription))
        medicines = medicine_forms(_with_row(typed), list(medicines_of(prescription, actor.user_id)))
        if typed is not None and "add_row" not in typed and _valid(form, medicines):
            try:
                written = _change(actor, prescription, form, medicines)
            except DomainError as error:
                errors_show(error, form, medicines)
            else:
                return self._written(request, written, _change_said(prescription, form))
        title = gettext("Change the prescription of %(name)s") % {"name": prescription.patient_name}
        return self._form(request, title, form, medicines, prescription)

    def _form(
        self,
        request: HttpRequest,
        title: str,
        form: HeaderForm,
        medicines: MedicineForms,
        prescription: Prescription | None,
    ) -> TemplateResponse:
        return page(
            request,
            "doctor/prescription_form.html",
            title=title,
            form=form,
            medicines=medicines,
            prescription=prescription,
            in_course=prescription is not None and prescription.status in IN_COURSE,
            safety_stopped=form.safety_stopped or bool(form.data.get("safety_reason")),
        )

    def _written(self, request: HttpRequest, written: Written, said: str) -> HttpResponse:
        messages.success(request, said)
        for warning in written.warnings:
            tell = messages.warning if warning["tier"] != "INFO" else messages.info
            tell(request, warning["message"])
        return _to_sheet(written.prescription_id)

    def pause_view(self, request: HttpRequest, pk: UUID) -> HttpResponse:
        """Pause a course, with a reason. Raises Http404."""
        return self._step(request, pk, services.prescription_pause, gettext("The treatment is paused."))

    def stop_view(self, request: HttpRequest, pk: UUID) -> HttpResponse:
        """Stop a course, with a reason. Raises Http404."""
        return self._step(request, pk, services.prescription_stop, gettext("The treatment is stopped."))

    def _step(self, request: HttpRequest, pk: UUID, step: Any, said: str) -> HttpResponse:
        actor = page_actor(request)
        prescription = _shown(actor, pk)
        if request.method != "POST":
            return _to_sheet(pk)
        form = ReasonForm(request.POST)
        if form.is_valid():
            try:
                step(actor=actor, prescription_id=pk, reason=form.cleaned_data["reason"])
            except DomainError as error:
                form.add_error(None, error.localised())
            else:
                messages.success(request, said)
                return _to_sheet(pk)
        return self._sheet(request, actor, prescription, form)


def _shown(actor: Actor, prescription_id: UUID) -> Prescription:
    try:
        return prescription_shown_to(actor, prescription_id)
    except NotFound as error:
        raise Http404 from error


def _to_sheet(prescription_id: UUID) -> HttpResponseRedirect:
    return HttpResponseRedirect(reverse("doctor:prescriptions_prescription_change", args=[prescription_id]))


def _valid(form: HeaderForm, medicines: MedicineForms) -> bool:
    return all([form.is_valid(), medicines.all_valid()])  # both, so that every error is shown at once


def _with_row(typed: Any) -> Any:
    """The posted data with one more medicine, when the button of a page without scripts asked for it."""
    if typed is None or "add_row" not in typed:
        return typed
    more = typed.copy()
    more["medicines-TOTAL_FORMS"] = str(min(int(more.get("medicines-TOTAL_FORMS") or 0) + 1, 50))
    return more


def _now_of(shown: dict[str, Any]) -> dict[str, Any]:
    """The content in force, in the form of a version."""
    return {"header": {name: shown[name] for name in shown["proposal"]["header"]}, "medications": shown["medications"]}


def _header_initial(prescription: Prescription) -> dict[str, Any]:
    names = ("diagnosis", "symptoms", "clinical_note", "start_date", "end_date", "follow_up_date")
    return {name: getattr(prescription, name) for name in names} | {"updated_at": iso(prescription.updated_at)}


def _change(actor: Actor, prescription: Prescription, form: ChangeForm, medicines: MedicineForms) -> Written:
    data = form.cleaned_data
    shared: dict[str, Any] = {
        "actor": actor,
        "prescription_id": prescription.pk,
        "header": form.header,
        "rows": medicines.rows,
        "reason": data["change_reason"],
        "safety_reason": data["safety_reason"],
        "updated_at": data["updated_at"],
    }
    if data["is_urgent"]:
        return services.prescription_urgent_update(urgent_reason=data["urgent_reason"], **shared)
    return services.prescription_change(**shared)


def _change_said(prescription: Prescription, form: ChangeForm) -> str:
    if form.cleaned_data["is_urgent"]:
        return gettext("The change holds from now, and the patient was told why.")
    if prescription.status in IN_COURSE:
        return gettext("The change was proposed. The present plan goes on until the patient accepts.")
    return gettext("The draft was changed.")
