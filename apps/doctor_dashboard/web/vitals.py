"""Vital signs of one patient: the trend, open alerts to see and close, ranges to propose."""

from decimal import Decimal
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext as _

from apps.connections.choices import Ability
from apps.connections.rules import may
from apps.doctor_dashboard.forms import RangeForm
from apps.doctor_dashboard.models import Patient
from apps.doctor_dashboard.selectors.sight import patient_granted
from apps.doctor_dashboard.sites import page_actor
from apps.doctor_dashboard.vital_chart import trend_svg
from apps.doctor_dashboard.web.page import page, uuid_of
from apps.health_monitoring.choices import AlertSeverity, VitalType
from apps.health_monitoring.rules.severity import Range
from apps.health_monitoring.selectors.alerts import alerts_of, alerts_shown
from apps.health_monitoring.selectors.thresholds import thresholds_shown
from apps.health_monitoring.selectors.vitals import vitals_trend
from apps.health_monitoring.services import alert_acknowledge, alert_resolve, threshold_propose
from apps.health_monitoring.wire import number
from dastern.core import clock
from dastern.core.actor import Actor
from dastern.core.errors import DomainError

DAYS = {"30": 30, "90": 90, "365": 365}
MOST_ALERTS = 50


def vitals_view(request: HttpRequest, pk: UUID) -> HttpResponse:
    """One type over 30, 90 or 365 days, with everything open. Every look is in the patient's log."""
    actor, now = page_actor(request), clock.now()
    kind, days = request.GET.get("kind", VitalType.BLOOD_PRESSURE), request.GET.get("days", "30")
    if kind not in VitalType.values or days not in DAYS:
        raise Http404
    grant = patient_granted(actor, pk, Ability.VIEW_VITALS, resource_type="vitals", now=now)
    form = RangeForm(request.POST if "propose" in request.POST else None)
    if request.method == "POST" and _done(request, actor, pk, kind, form):
        return HttpResponseRedirect(request.get_full_path())
    period = "daily" if days == "30" else "weekly"
    _grant, points = vitals_trend(actor, vital_type=kind, period=period, days=DAYS[days], patient_id=pk, now=now)
    shown = thresholds_shown(pk)
    usual = next(one for one in shown["thresholds"] if one["vitalType"] == kind)
    alerts = alerts_of(actor, patient_id=pk, resolved=False, now=now)[1][:MOST_ALERTS]
    patient = Patient.objects.get(pk=pk)
    return page(
        request,
        "doctor/vitals.html",
        title=_("%(name)s: vital signs") % {"name": patient.full_name},
        menu="patients",
        patient=patient,
        kind=kind,
        kinds=[(value, _capital(str(label))) for value, label in VitalType.choices],
        days=days,
        spans=[(text, _("%(days)s days") % {"days": text}) for text in DAYS],
        chart=trend_svg(points, ranges_of(usual), str(VitalType(kind).label)),
        points=[
            {
                "date": point.date, "average": number(round(point.average, 1)), "low": number(point.low),
                "high": number(point.high), "count": point.count,
                "secondary": number(round(point.average_secondary, 1)) if point.average_secondary else "",
            }
            for point in reversed(points)
        ],
        usual=usual,
        note=shown["note"],
        proposals=[one for one in shown["proposals"] if one["vitalType"] == kind],
        alerts=[
            {**one, "at": alert.last_at, "word": AlertSeverity(alert.severity).label}
            for one, alert in zip(alerts_shown(grant, alerts), alerts, strict=True)
        ],
        may_propose=may(grant, Ability.PROPOSE_THRESHOLDS),
        form=form,
    )  # fmt: skip


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def ranges_of(usual: dict[str, str | None]) -> list[Range]:
    """The effective range of each value of one type."""
    values = {name: None if usual[name] is None else Decimal(str(usual[name])) for name in (
        "minValue", "maxValue", "minSecondary", "maxSecondary",
    )}  # fmt: skip
    return [
        Range(values["minValue"], values["maxValue"]),
        Range(values["minSecondary"], values["maxSecondary"]),
    ]


def _done(request: HttpRequest, actor: Actor, patient_id: UUID, kind: str, form: RangeForm) -> bool:
    """Carry out what was posted; False when the page must say what is wrong."""
    try:
        if "seen" in request.POST:
            alert_acknowledge(actor=actor, alert_id=uuid_of(request.POST["seen"]))
        elif "close" in request.POST:
            alert_resolve(actor=actor, alert_id=uuid_of(request.POST["close"]))
        elif form.is_valid():
            bounds = {name: form.cleaned_data[name] for name in form.bounds}
            threshold_propose(
                actor=actor, patient_id=patient_id, vital_type=kind, bounds=bounds, reason=form.cleaned_data["reason"]
            )
        else:
            return False
    except DomainError as error:
        told = [f"{text}" for _field, text in error.errors] or [error.localised()]
        for text in told:
            form.add_error(None, text) if form.is_bound else messages.error(request, text)
        return not form.is_bound
    messages.success(request, _("Noted."))
    return True
