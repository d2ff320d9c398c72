"""The prescription form: writing, renewing, changing; warnings are answered before anything is written."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.translation import gettext, override

from apps.connections.access import access_require
from apps.connections.choices import Ability
from apps.doctor_dashboard import selectors
from apps.doctor_dashboard.choices import WarningReason
from apps.doctor_dashboard.forms import (
    ChangeForm,
    HeaderForm,
    MedicineForms,
    NewForm,
    errors_show,
    medicine_forms,
)
from apps.doctor_dashboard.models import Patient, PrescriptionTemplate, WarningAnswer
from apps.doctor_dashboard.services import warnings_answer
from apps.doctor_dashboard.sheets import ChangeLine, change_lines
from apps.doctor_dashboard.sites import page_actor
from apps.doctor_dashboard.web.page import page, uuid_of
from apps.doctor_dashboard.web.sheet import to_sheet
from apps.doses.selectors.regimens import TakenToday, taken_today
from apps.health_monitoring.selectors.profile import allergies_known
from apps.medications.choices import TimePeriod
from apps.medications.selectors import catalogue_found
from apps.medications.wire import medication_wire
from apps.prescriptions import services
from apps.prescriptions.choices import PrescriptionStatus
from apps.prescriptions.models import Prescription
from apps.prescriptions.rules import snapshot_diff
from apps.prescriptions.selectors import (
    medicines_of,
    prescription_for_paper,
    prescription_reread,
    prescription_shown_to,
)
from apps.prescriptions.services import Written
from apps.prescriptions.services.content import content_present, content_wanted
from dastern.core import clock
from dastern.core.actor import Actor
from dastern.core.errors import DomainError, NotFound, Stale
from dastern.core.localtime import iso, local_date

IN_COURSE = (PrescriptionStatus.ACTIVE, PrescriptionStatus.PAUSED)
RECENT = 3


@dataclass
class Draft:
    """What the page of the form shows beside the form itself."""

    prescription: Prescription | None = None
    patient: Patient | None = None
    warnings: Sequence[Mapping[str, Any]] = ()
    unanswered: list[str] = field(default_factory=list)  # warnings without a reason, as code and English sentence
    stale: list[ChangeLine] | None = None
    taken: Sequence[TakenToday] = ()
    recent: Sequence[Prescription] = ()
    templates: Sequence[PrescriptionTemplate] = ()
    allergies: list[str] = field(default_factory=list)


# --- a new one ----------------------------------------------------------------------------------------------------


def add_view(request: HttpRequest) -> HttpResponse:
    """Write a new prescription, from nothing, from an earlier one (``?repeat=``) or from a template."""
    actor, now = page_actor(request), clock.now()
    typed = request.POST if request.method == "POST" else None
    begun = _begun(request, actor)
    patient_id = _asked_patient(typed, request, begun)
    if patient_id is not None:  # a foreign patient is not there, and the try is audited
        access_require(actor, patient_id, Ability.PRESCRIBE, resource_type="prescription", now=now)
    patients = Patient.objects.filter(pk__in=selectors.doctor_may_prescribe_for(actor, now=now)).order_by("full_name")
    chosen = Patient.objects.get(pk=patient_id) if patient_id else None
    form = NewForm(typed, patients=patients, chosen=chosen, initial={**begun["header"], "patient": patient_id or ""})
    medicines = medicine_forms(_with_row(typed), copies=begun["medications"])
    draft = _draft_for(actor, chosen, now=now)
    if typed is not None and "add_row" not in typed and _valid(form, medicines):
        draft.patient = form.cleaned_data["patient"]
        if _warnings_pass(actor, draft, form, medicines):
            try:
                written = services.prescription_create(
                    actor=actor,
                    patient_id=form.cleaned_data["patient"].pk,
                    header=form.header,
                    rows=medicines.rows,
                    is_urgent=form.cleaned_data["is_urgent"],
                    urgent_reason=form.cleaned_data["urgent_reason"],
                    safety_reason=_reasons(form),
                )
            except DomainError as error:
                errors_show(error, form, medicines)
            else:
                return _written(request, actor, draft, form, written, gettext("The prescription was written."))
    elif typed is None and begun["medications"] and chosen is not None:
        _warnings_ahead(actor, draft, begun, medicines)
    title = gettext("New prescription")
    return _form(request, f"{title}: {chosen.full_name}" if chosen else title, form, medicines, draft)


def _asked_patient(typed: Any, request: HttpRequest, begun: Mapping[str, Any]) -> UUID | None:
    if typed is not None:
        asked = str(typed.get("patient", ""))
    else:
        asked = str(begun.get("patient") or request.GET.get("patient", ""))
    return uuid_of(asked) if asked else None


def _begun(request: HttpRequest, actor: Actor) -> dict[str, Any]:
    """Header and medicines that a new prescription begins with. NotFound for what the doctor may not see."""
    if repeat := request.GET.get("repeat"):
        earlier = prescription_shown_to(actor, uuid_of(repeat))
        header = {name: getattr(earlier, name) for name in ("diagnosis", "symptoms", "clinical_note")}
        today = local_date(clock.now(), earlier.patient.timezone)
        goes_on = earlier.status == PrescriptionStatus.ACTIVE and earlier.last_day and earlier.last_day >= today
        header["start_date"] = earlier.last_day + timedelta(days=1) if goes_on and earlier.last_day else today
        rows = [medication_wire(row) for row in medicines_of(earlier, actor.user_id)]
        return {"patient": earlier.patient_id, "header": header, "medications": rows}
    if name := request.GET.get("template"):
        kept = PrescriptionTemplate.objects.filter(pk=uuid_of(name), doctor_id=actor.user_id).first()
        if kept is None:
            raise NotFound
        told = kept.content["header"]
        header = {"diagnosis": told["diagnosis"], "symptoms": told["symptoms"], "clinical_note": told["clinicalNote"]}
        return {"header": header, "medications": kept.content["medications"]}
    return {"header": {}, "medications": []}


def _draft_for(actor: Actor, patient: Patient | None, *, now: Any) -> Draft:
    templates = PrescriptionTemplate.objects.filter(doctor_id=actor.user_id).order_by("name")
    draft = Draft(patient=patient, templates=list(templates[:20]))
    if patient is not None:
        rows = Prescription.objects.filter(patient_id=patient.pk, doctor_id=actor.user_id, deleted_at=None)
        draft.recent = list(rows.order_by("-created_at")[:RECENT])
        draft.allergies = _allergies(patient.pk)
    return draft


def _allergies(patient_id: UUID) -> list[str]:
    known = allergies_known(patient_id) or ()
    return [f"{one.name} ({one.reaction})" if one.reaction else one.name for one in known]


# --- a change -----------------------------------------------------------------------------------------------------


def edit_view(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Change a prescription: a draft at once, a course in force as a proposal or urgently."""
    actor, now = page_actor(request), clock.now()
    prescription = prescription_for_paper(actor, pk)  # its author alone; everybody else is refused alike
    typed = request.POST if request.method == "POST" else None
    form = ChangeForm(typed, initial=_header_initial(prescription))
    medicines = medicine_forms(_with_row(typed), list(medicines_of(prescription, actor.user_id)))
    draft = Draft(prescription=prescription, patient=Patient.objects.get(pk=prescription.patient_id))
    draft.allergies = _allergies(prescription.patient_id)
    draft.taken = _taken_today(prescription, medicines, now)
    ready = typed is not None and "add_row" not in typed and _valid(form, medicines)
    if ready and _warnings_pass(actor, draft, form, medicines):
        try:
            written = _change(actor, prescription, form, medicines)
        except Stale:
            _both_versions(actor, draft, form, medicines)
        except DomainError as error:
            errors_show(error, form, medicines)
        else:
            return _written(request, actor, draft, form, written, _change_said(prescription, form))
    title = gettext("Change the prescription of %(name)s") % {"name": prescription.patient_name}
    return _form(request, title, form, medicines, draft)


def _taken_today(prescription: Prescription, medicines: MedicineForms, now: Any) -> list[TakenToday]:
    shown = {UUID(key) for key in medicines.present}
    return [dose for dose in taken_today(patient_id=prescription.patient_id, now=now) if dose.medication_id in shown]


def _both_versions(actor: Actor, draft: Draft, form: ChangeForm, medicines: MedicineForms) -> None:
    """Somebody changed it meanwhile: what is stored now beside what was typed; saving again keeps the typed one."""
    assert draft.prescription is not None
    newest = prescription_reread(draft.prescription.pk)
    typed = content_wanted(newest, header=form.header, rows=medicines.rows, actor=actor)
    draft.stale = change_lines(snapshot_diff(content_present(newest).snapshot, typed.snapshot))
    draft.prescription = newest
    form.data = {**form.data.dict(), "updated_at": iso(newest.updated_at)}  # type: ignore[attr-defined]


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
        "safety_reason": _reasons(form),
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


# --- warnings -----------------------------------------------------------------------------------------------------


def _warnings_pass(actor: Actor, draft: Draft, form: HeaderForm, medicines: MedicineForms) -> bool:
    """Whether every warning has its reason (§7.5): a STOP a typed one, a WARN one tap, once until it changes."""
    assert draft.patient is not None
    _look(actor, draft, form.header, medicines.rows)
    stopped = any(warning["tier"] == "STOP" for warning in draft.warnings)
    form.safety_stopped = stopped
    if stopped and not form.cleaned_data["safety_reason"].strip():
        form.add_error("safety_reason", gettext("This could harm the patient. Change it, or write why it is right."))
        return False
    if draft.unanswered and not form.cleaned_data["warn_reason"]:
        form.add_error("warn_reason", gettext("Please choose a reason."))
        return False
    return True


def _look(actor: Actor, draft: Draft, header: Mapping[str, Any], rows: Sequence[Mapping[str, Any]]) -> None:
    patient = draft.patient
    assert patient is not None

    def found() -> list[dict[str, Any]]:
        return services.safety_preview(
            actor=actor, patient=patient, header=header, rows=rows, prescription=draft.prescription
        )

    draft.warnings = found()
    draft.unanswered = _unanswered(actor, draft, found)


def _unanswered(actor: Actor, draft: Draft, found: Any) -> list[str]:
    """The warnings that this doctor has not answered for this patient."""
    assert draft.patient is not None
    if not any(warning["tier"] == "WARN" for warning in draft.warnings):
        return []
    with override("en"):
        told = {f"{one['code']}: {one['message']}"[:600] for one in found() if one["tier"] == "WARN"}
    answered = WarningAnswer.objects.filter(
        doctor_id=actor.user_id, patient_id=draft.patient.pk, warning__in=told
    ).values_list("warning", flat=True)
    return sorted(told - set(answered))


def _warnings_ahead(actor: Actor, draft: Draft, begun: Mapping[str, Any], medicines: MedicineForms) -> None:
    """A renewal shows its warnings before the first save, so that it takes no further click."""
    asked = medicine_forms(_as_posted(medicines))
    if asked.all_valid():
        _look(actor, draft, {**begun["header"]}, asked.rows)


def _as_posted(medicines: MedicineForms) -> dict[str, Any]:
    """What a browser would post of forms that only their initial values fill."""
    data: dict[str, Any] = {"medicines-TOTAL_FORMS": len(medicines.initial_forms), "medicines-INITIAL_FORMS": 0}
    for number, form in enumerate(medicines.initial_forms):
        for name in form.fields:
            value = form.get_initial_for_field(form.fields[name], name)
            if value not in (None, False):
                data[f"medicines-{number}-{name}"] = value
    return _Posted(data)


class _Posted(dict[str, Any]):
    """A dict that widgets read like a POST."""

    def getlist(self, name: str) -> list[Any]:
        """The values of one field."""
        value = self.get(name, [])
        return value if isinstance(value, list) else [value]


def _reasons(form: HeaderForm) -> str:
    """What is written into the audit log about passed warnings."""
    reason = form.cleaned_data["warn_reason"]
    words = [form.cleaned_data["safety_reason"].strip(), WarningReason(reason).name if reason else ""]
    return "; ".join(filter(None, words))


# --- the page -----------------------------------------------------------------------------------------------------


def _form(request: HttpRequest, title: str, form: HeaderForm, medicines: MedicineForms, draft: Draft) -> HttpResponse:
    prescription = draft.prescription
    periods = dict(TimePeriod.choices)
    return page(
        request,
        "doctor/prescription_form.html",
        title=title,
        menu="write" if prescription is None else "prescriptions",
        form=form,
        medicines=medicines,
        draft=draft,
        taken=[(dose, periods[dose.time_period]) for dose in draft.taken],
        prescription=prescription,
        in_course=prescription is not None and prescription.status in IN_COURSE,
        safety_stopped=form.safety_stopped or bool(form.data.get("safety_reason")),
        asks_reason=bool(draft.unanswered),
    )


def _written(
    request: HttpRequest, actor: Actor, draft: Draft, form: HeaderForm, written: Written, said: str
) -> HttpResponse:
    reason = form.cleaned_data["warn_reason"]
    if reason and draft.patient is not None:
        warnings_answer(actor=actor, patient_id=draft.patient.pk, warnings=draft.unanswered, reason=reason)
    messages.success(request, said)
    for warning in written.warnings:
        tell = messages.warning if warning["tier"] != "INFO" else messages.info
        tell(request, warning["message"])
    return to_sheet(written.prescription_id, written=True)


def _valid(form: HeaderForm, medicines: MedicineForms) -> bool:
    return all([form.is_valid(), medicines.all_valid()])  # both, so that every error is shown at once


def _with_row(typed: Any) -> Any:
    """The posted data with one more medicine, when the button of a page without scripts asked for it."""
    if typed is None or "add_row" not in typed:
        return typed
    more = typed.copy()
    more["medicines-TOTAL_FORMS"] = str(min(int(more.get("medicines-TOTAL_FORMS") or 0) + 1, 50))
    return more


def medicines_view(request: HttpRequest) -> HttpResponse:
    """The catalogue for the list under the name of a medicine: at most twenty rows, in both scripts."""
    found = catalogue_found(request.GET.get("q", "")[:100])
    rows = [{"name": row.name_en, "khmer": row.name_km, "strengths": list(row.strengths)} for row in found]
    return JsonResponse({"medicines": rows})
