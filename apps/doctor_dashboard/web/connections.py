"""Requests to connect, ended connections, and the steps that a doctor may take on a link."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _

from apps.connections import services
from apps.connections.choices import ConnectionKind, ConnectionStatus
from apps.connections.selectors import links_of
from apps.doctor_dashboard.selectors.worklist import requests_waiting
from apps.doctor_dashboard.sites import page_actor
from apps.doctor_dashboard.web.page import page
from dastern.core.errors import DomainError

ENDED = 30
_EVERYTHING = {"prescriptionIds": [], "vitals": True, "adherence": True, "from": None, "to": None}


def list_view(request: HttpRequest) -> HttpResponse:
    """Who asks, and which connections ended."""
    actor = page_actor(request)
    mine = links_of(actor.user_id).filter(kind=ConnectionKind.DOCTOR).exclude(patient_id=actor.user_id)
    ended = mine.filter(status=ConnectionStatus.REVOKED).order_by("-revoked_at")[:ENDED]
    asked = mine.filter(status=ConnectionStatus.PENDING, initiator_id=actor.user_id)[:ENDED]
    return page(
        request,
        "doctor/connections.html",
        title=_("Connections"),
        menu="connections",
        requests=requests_waiting(actor),
        asked=list(asked),
        ended=list(ended),
    )


def step_view(request: HttpRequest, pk: UUID, step: str) -> HttpResponse:
    """Accept, decline, end, or ask to see more; a link of others is not there."""
    steps: dict[str, tuple[Callable[..., Any], str]] = {
        "accept": (services.connection_accept, _("The connection stands.")),
        "reject": (services.connection_reject, _("The request was declined.")),
        "disconnect": (services.connection_revoke, _("The connection was ended, and the patient was told why.")),
        "ask": (services.access_request_create, _("The patient was asked.")),
    }
    if request.method != "POST" or step not in steps:
        raise Http404
    service, said = steps[step]
    reason = request.POST.get("reason", "").strip()[:500]
    fields: dict[str, Any] = {} if step == "accept" else {"reason": reason}
    if step == "ask":
        fields["scope"] = _EVERYTHING
    if step in ("disconnect", "ask") and not reason:
        messages.error(request, _("Please give a reason."))
    else:
        try:
            service(actor=page_actor(request), link_id=pk, **fields)
        except DomainError as error:
            if error.status == 404:
                raise
            messages.error(request, error.localised())
        else:
            messages.success(request, said)
    return HttpResponseRedirect(reverse("doctor:connections"))
