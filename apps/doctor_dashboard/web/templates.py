"""The doctor's own templates of prescriptions."""

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _

from apps.doctor_dashboard.models import PrescriptionTemplate
from apps.doctor_dashboard.services import template_delete
from apps.doctor_dashboard.sheets import medicine_line
from apps.doctor_dashboard.sites import page_actor
from apps.doctor_dashboard.web.page import page

MOST = 100
_EMPTY = {"private": False}


def list_view(request: HttpRequest) -> HttpResponse:
    """Every own template with its medicines."""
    rows = PrescriptionTemplate.objects.filter(doctor_id=page_actor(request).user_id).order_by("name")[:MOST]
    return page(
        request,
        "doctor/templates.html",
        title=_("Templates"),
        menu="write",
        templates=[
            (row, [medicine_line({**_EMPTY, **medicine}) for medicine in row.content["medications"]]) for row in rows
        ],
    )


def delete_view(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Delete an own template."""
    if request.method != "POST":
        raise Http404
    template_delete(actor=page_actor(request), template_id=pk)
    messages.success(request, _("The template was deleted."))
    return HttpResponseRedirect(reverse("doctor:templates"))
