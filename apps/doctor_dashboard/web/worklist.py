"""The first page: who needs me today."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.dateformat import format as date_format
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _

from apps.connections.access import access_denied, access_grant, access_seen_many
from apps.connections.choices import Ability
from apps.connections.rules import Side
from apps.doctor_dashboard.charts import sparkline
from apps.doctor_dashboard.choices import MarkState, WorklistKind
from apps.doctor_dashboard.rules import Item
from apps.doctor_dashboard.selectors.worklist import worklist
from apps.doctor_dashboard.services import worklist_mark
from apps.doctor_dashboard.services.marks import SNOOZE_DAYS
from apps.doctor_dashboard.sites import page_actor
from apps.doctor_dashboard.web.page import number_of, page, uuid_of
from dastern.core import clock
from dastern.core.errors import NotFound
from dastern.core.localtime import phnom_penh


def worklist_view(request: HttpRequest) -> HttpResponse:
    """The rows that need somebody, the most pressing first."""
    actor, now = page_actor(request), clock.now()
    kind = request.GET.get("kind", "")
    state = request.GET.get("state", MarkState.OPEN)
    if (kind and kind not in WorklistKind.values) or state not in MarkState.values:
        raise Http404
    found = worklist(actor, now=now, kind=kind, state=state, page=number_of(request, "page"))
    shown = {row.item.patient_id for row in found.rows if row.item.kind != WorklistKind.CONNECTION_REQUEST}
    access_seen_many(actor, shown, resource_type="worklist", ability=Ability.VIEW_CARD, now=now)
    return page(
        request,
        "doctor/index.html",
        title=_("Who needs me today"),
        worklist=found,
        rows=[(row, _sentence(row.item), sparkline(row.days, found.today)) for row in found.rows],
        kinds=[(value, label, found.counts[value]) for value, label in WorklistKind.choices if found.counts[value]],
        kind_labels=WorklistKind.choices,
        kind=kind,
        state=state,
        paging=f"state={state}&kind={kind}",
        menu="worklist",
        states=[(MarkState.OPEN, _("To do")), (MarkState.SNOOZED, _("Later")), (MarkState.DONE, _("Done"))],
        snooze=[(1, _("tomorrow")), (3, _("in three days")), (7, _("in a week"))],
    )


def _sentence(item: Item) -> str:
    facts = item.facts
    match item.kind:
        case WorklistKind.MISSED_IN_A_ROW:
            return _missed(facts)
        case WorklistKind.LOW_ADHERENCE:
            return _("%(percentage)d %% taken in seven days") % facts
        case WorklistKind.ENDING:
            return f"{facts['prescription']}: " + _("last day %(day)s") % {"day": date_format(facts["last_day"], "j F")}
        case WorklistKind.PAUSED_LONG:
            since = date_format(phnom_penh(facts["since"]), "j F")
            return f"{facts['prescription']}: " + _("paused since %(day)s") % {"day": since}
        case WorklistKind.SENT_BACK | WorklistKind.URGENT_NOT_RECEIVED:
            return f"{facts['prescription']}: {facts['reason']}"
        case WorklistKind.DRAFT:
            return str(facts["prescription"])
        case WorklistKind.CONNECTION_REQUEST | WorklistKind.VITAL_ALERT:
            return str(facts["message"])
    return ""


def _missed(facts: dict[str, Any]) -> str:
    words = []
    if facts["run"] > 1:
        words.append(_("%(run)d in a row") % facts)
    if facts["days"] > 1:
        words.append(_("on %(days)d of three days") % facts)
    return ", ".join(words)


def mark_view(request: HttpRequest) -> HttpResponse:
    """Done, later or a remark. A row of somebody else's patient is not there, and the try is audited."""
    if request.method != "POST":
        raise Http404
    actor = page_actor(request)
    key, action = request.POST.get("key", "")[:120], request.POST.get("action", "")
    state, _colon, days = action.partition(":")
    if state not in (*MarkState.values, "REMARK") or (days and days not in map(str, SNOOZE_DAYS)):
        raise Http404
    remark = request.POST.get("remark")
    try:
        worklist_mark(
            actor=actor,
            key=key,
            state=None if state == "REMARK" else state,
            days=int(days) if days else None,
            remark=None if remark is None else remark.strip()[:500],
        )
    except NotFound:
        patient_id = uuid_of(request.POST.get("patient", ""))
        if access_grant(actor.user_id, patient_id).side is Side.NONE:
            access_denied(
                actor, patient_id, resource_type="worklist", resource_id=patient_id, ability=Ability.VIEW_CARD
            )
        raise
    messages.success(request, _("Noted."))
    back = request.POST.get("next", "")
    safe = url_has_allowed_host_and_scheme(back, allowed_hosts={request.get_host()})
    return HttpResponseRedirect(back if safe else reverse("doctor:index"))
