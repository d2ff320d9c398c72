"""What the code on a paper opens: who issued it, when, and whether it still holds. Nothing clinical, nobody's name."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from apps.prescriptions.models import Prescription
from apps.prescriptions.printing import check_read, paper_state
from apps.prescriptions.selectors import version_written_at
from dastern.core.localtime import zone

_SAID = {
    "CURRENT": lambda: _("This paper is genuine and in force."),
    "DRAFT": lambda: _("This paper is genuine. The patient has not confirmed the prescription yet."),
    "REPLACED": lambda: _("This paper is genuine, but a newer version has replaced it. Ask for the new one."),
    "OVER": lambda: _("This paper is genuine, but the treatment is over or was stopped."),
}


def check_view(request: HttpRequest, token: str) -> HttpResponse:
    """The page. Raises Http404 for a code that this platform never signed."""
    read = check_read(token)
    found = Prescription.objects.select_related("doctor", "patient").filter(pk=read[0]).first() if read else None
    if read is None or found is None:
        raise Http404
    state = paper_state(found, read[1])
    written = version_written_at(found, read[1])
    context = {
        "title": _("Prescription check"),
        "done": _SAID[state](),
        "state": state,
        "issuer": found.doctor.full_name if found.doctor else _("entered by the patient"),
        "clinic": found.doctor.hospital_clinic if found.doctor else "",
        "version": read[1],
        "written": written.astimezone(zone(found.patient.timezone)) if written else None,
    }
    return render(request, "account/check.html", context)
