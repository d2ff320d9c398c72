"""The sheet of one prescription, its versions side by side, and the steps that need a reason."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext

from apps.connections.access import access_grant
from apps.connections.choices import Ability
from apps.connections.rules import may
from apps.doctor_dashboard.forms import ReasonForm, TemplateForm
from apps.doctor_dashboard.services import template_keep
from apps.doctor_dashboard.sheets import change_lines, medicine_line
from apps.doctor_dashboard.sites import page_actor
from apps.doctor_dashboard.web.page import page
from apps.prescriptions import services
from apps.prescriptions.api.views import pdf_response
from apps.prescriptions.models import Prescription
from apps.prescriptions.printing import prescription_pdf
from apps.prescriptions.rules import Move, next_status, snapshot_diff
from apps.prescriptions.selectors import (
    hidden_names,
    prescription_for_paper,
    prescription_shown_to,
    version_before,
    version_of,
)
from apps.prescriptions.wire import prescription_wire, snapshot_seen
from dastern.core import clock
from dastern.core.actor import Actor
from dastern.core.errors import DomainError, Invalid
from dastern.sync.feed import feed_held, feed_received


def to_sheet(prescription_id: UUID, *, written: bool = False) -> HttpResponseRedirect:
    """Back to the sheet; ``written`` lets the browser forget what it kept of the form."""
    address = reverse("doctor:prescriptions_prescription_change", args=[prescription_id])
    return HttpResponseRedirect(f"{address}?written=1" if written else address)


def sheet_view(request: HttpRequest, pk: UUID) -> HttpResponse:
    """The sheet. Raises NotFound (a denial is audited)."""
    actor = page_actor(request)
    return _sheet(request, actor, prescription_shown_to(actor, pk))


def _sheet(
    request: HttpRequest,
    actor: Actor,
    prescription: Prescription,
    reason: ReasonForm | None = None,
    template: TemplateForm | None = None,
) -> HttpResponse:
    shown = prescription_wire(prescription, actor.user_id)
    proposal = shown["proposal"]
    mine = prescription.doctor_id == actor.id
    authored = mine and may(access_grant(actor.user_id, prescription.patient_id), Ability.PRESCRIBE)
    return page(
        request,
        "doctor/prescription.html",
        title=prescription.patient_name,
        menu="prescriptions",
        prescription=prescription,
        medicines=[medicine_line(medicine) for medicine in shown["medications"]],
        versions=list(reversed(shown["versions"])),
        proposal=proposal,
        proposal_lines=change_lines(snapshot_diff(_now_of(shown), proposal)) if proposal else [],
        reason_form=reason or ReasonForm(),
        template_form=template or TemplateForm(initial={"name": prescription.diagnosis or prescription.title}),
        delivery=_delivery(prescription) if prescription.is_urgent else None,
        mine=mine,
        authored=authored,
        may_edit=authored and next_status(prescription.status, Move.CHANGE) is not None,
        may_pause=authored and next_status(prescription.status, Move.PAUSE) is not None,
        may_stop=authored and next_status(prescription.status, Move.STOP) is not None,
    )


def _delivery(prescription: Prescription) -> dict[str, Any]:
    """How far an urgent change has come: not received, received, acknowledged; and the phone's last sync (§7.3)."""
    return {
        "acknowledged": prescription.urgent_acknowledged_at,
        "received": feed_received(prescription.patient_id, "prescriptions", prescription.pk),
        "synced_at": feed_held(prescription.patient_id).seen_at,
    }


def _now_of(shown: dict[str, Any]) -> dict[str, Any]:
    """The content in force, in the form of a version."""
    return {"header": {name: shown[name] for name in shown["proposal"]["header"]}, "medications": shown["medications"]}


def version_view(request: HttpRequest, pk: UUID, number: int) -> HttpResponse:
    """One version beside the one that was in force before it: who, when, why, and what differs."""
    actor = page_actor(request)
    prescription = prescription_shown_to(actor, pk)
    hidden = hidden_names(prescription, actor.user_id)
    version = version_of(prescription, number)
    before = version_before(prescription, number)
    content = snapshot_seen(version, hidden)
    earlier = snapshot_seen(before, hidden) if before else None
    sides = [
        {
            "version": found,
            "header": seen["header"],
            "medicines": [medicine_line(medicine) for medicine in seen["medications"]],
        }
        for found, seen in ((before, earlier), (version, content))
        if seen is not None
    ]
    return page(
        request,
        "doctor/version.html",
        title=gettext("%(name)s: version %(number)s") % {"name": prescription.patient_name, "number": number},
        menu="prescriptions",
        prescription=prescription,
        version=version,
        sides=sides,
        changes=change_lines(snapshot_diff(earlier, content)) if earlier else [],
    )


def pdf_view(request: HttpRequest, pk: UUID) -> HttpResponse:
    """The paper, for the author."""
    actor = page_actor(request)
    found = prescription_for_paper(actor, pk)
    return pdf_response(prescription_pdf(found, actor.user_id, now=clock.now()), found.pk)


def template_view(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Keep an own prescription as a template."""
    if request.method != "POST":
        raise Http404
    actor = page_actor(request)
    form = TemplateForm(request.POST)
    if form.is_valid():
        try:
            template_keep(actor=actor, prescription_id=pk, name=form.cleaned_data["name"])
        except Invalid as error:
            form.add_error("name", str(error.errors[0][1]))
        else:
            messages.success(request, gettext("The template was kept."))
            return to_sheet(pk)
    return _sheet(request, actor, prescription_shown_to(actor, pk), template=form)


def pause_view(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Pause a course, with a reason."""
    return _step(request, pk, services.prescription_pause, gettext("The treatment is paused."))


def stop_view(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Stop a course, with a reason."""
    return _step(request, pk, services.prescription_stop, gettext("The treatment is stopped."))


def _step(request: HttpRequest, pk: UUID, step: Any, said: str) -> HttpResponse:
    actor = page_actor(request)
    prescription = prescription_shown_to(actor, pk)
    if request.method != "POST":
        return to_sheet(pk)
    form = ReasonForm(request.POST)
    if form.is_valid():
        try:
            step(actor=actor, prescription_id=pk, reason=form.cleaned_data["reason"])
        except DomainError as error:
            form.add_error(None, error.localised())
        else:
            messages.success(request, said)
            return to_sheet(pk)
    return _sheet(request, actor, prescription, form)
