"""The doctor's own account: licence, sessions, second step, and what was done with it."""

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _

from apps.audit.choices import AuditAction, Outcome
from apps.audit.people import names_of
from apps.audit.selectors import audit_own
from apps.authentication.selectors import sessions_of
from apps.authentication.services import session_end
from apps.authentication.services.second_factor import confirmed_since
from apps.doctor_dashboard.sites import page_actor
from apps.doctor_dashboard.web.page import number_of, page
from apps.users.models import User
from dastern.core import clock

PAGE = 50


def profile_view(request: HttpRequest) -> HttpResponse:
    """Who I am to patients and staff, and where I am signed in."""
    actor = page_actor(request)
    return page(
        request,
        "doctor/profile.html",
        title=_("My account"),
        menu="profile",
        me=User.objects.get(pk=actor.user_id),
        factor_since=confirmed_since(actor.user_id),
        sessions=list(sessions_of(actor.user_id, now=clock.now())[:PAGE]),
    )


def session_end_view(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Sign a phone out."""
    if request.method != "POST":
        raise Http404
    session_end(actor=page_actor(request), session_id=pk)
    messages.success(request, _("The device was signed out."))
    return HttpResponseRedirect(reverse("doctor:profile"))


def activity_view(request: HttpRequest) -> HttpResponse:
    """My own acts and looks, newest first, as the audit log holds them."""
    before = number_of(request, "before", 0) if request.GET.get("before") else 0
    rows = audit_own(page_actor(request), {}).order_by("-id")
    if before:
        rows = rows.filter(id__lt=before)
    shown = list(rows[:PAGE])
    names = names_of({row.patient_id for row in shown if row.patient_id})
    lines = [
        {
            "at": row.created_at,
            "act": str(AuditAction(row.action_type).label) if row.action_type in AuditAction.values else "",
            "what": row.resource_type,
            "patient": names.get(row.patient_id, "") if row.patient_id else "",
            "denied": row.outcome == Outcome.DENIED,
            "ip": row.ip_address,
        }
        for row in shown
    ]
    older = shown[-1].pk if len(shown) == PAGE else None
    return page(request, "doctor/activity.html", title=_("My activity"), menu="profile", lines=lines, older=older)
