"""A doctor's private notes, written beside the chart."""

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _

from apps.doctor_dashboard.errors import LinkNeeded
from apps.doctor_dashboard.forms import NoteForm
from apps.doctor_dashboard.selectors.chart import notes_of
from apps.doctor_dashboard.services import note_change, note_create, note_delete
from apps.doctor_dashboard.sites import page_actor
from apps.doctor_dashboard.web.page import page
from apps.doctor_dashboard.web.patients import chart_view


def add_view(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Write a note about a connected patient."""
    if request.method != "POST":
        raise Http404
    form = NoteForm(request.POST)
    if not form.is_valid():
        return chart_view(request, pk, form)
    try:
        note_create(actor=page_actor(request), patient_id=pk, content=form.cleaned_data["content"])
    except LinkNeeded as error:
        raise Http404 from error
    messages.success(request, _("The note was kept. Only you can read it."))
    return _to_chart(pk)


def change_view(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Change or delete an own note; anybody else's is not there."""
    actor = page_actor(request)
    note = notes_of(actor).filter(pk=pk).first()
    if note is None:
        raise Http404
    form = NoteForm(request.POST or None, initial={"content": note.content})
    if request.method == "POST":
        if "delete" in request.POST:
            note_delete(actor=actor, note_id=pk)
            messages.success(request, _("The note was deleted."))
            return _to_chart(note.patient_id)
        if form.is_valid():
            note_change(actor=actor, note_id=pk, content=form.cleaned_data["content"])
            messages.success(request, _("The note was changed."))
            return _to_chart(note.patient_id)
    return page(request, "doctor/note.html", title=_("Note"), form=form, note=note)


def _to_chart(patient_id: UUID) -> HttpResponseRedirect:
    return HttpResponseRedirect(reverse("doctor:doctor_dashboard_patient_change", args=[patient_id]) + "#notes")
