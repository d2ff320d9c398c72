"""The list of patients, the chart of one, and the timeline."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from apps.adherence.rules import summed
from apps.connections.choices import Ability
from apps.connections.rules import may
from apps.doctor_dashboard.charts import MARKS, calendar_svg, sparkline, state_words
from apps.doctor_dashboard.choices import TimelineKind
from apps.doctor_dashboard.forms import NoteForm
from apps.doctor_dashboard.selectors.chart import Chart, chart, doses_on
from apps.doctor_dashboard.selectors.patients import LEVELS, SORTS, patients_listed
from apps.doctor_dashboard.selectors.sight import patient_granted
from apps.doctor_dashboard.selectors.timeline import PAGE, timeline
from apps.doctor_dashboard.sheets import by_slot, dose_line, event_line
from apps.doctor_dashboard.sites import page_actor
from apps.doctor_dashboard.vital_chart import trend_svg
from apps.doctor_dashboard.web.page import number_of, page
from apps.doctor_dashboard.web.vitals import ranges_of
from apps.health_monitoring.choices import VitalType
from apps.health_monitoring.selectors.profile import allergies_known
from apps.health_monitoring.selectors.thresholds import thresholds_shown
from apps.health_monitoring.selectors.vitals import vitals_trend
from apps.medications.warnings import allergies_unknown
from apps.prescriptions.choices import PrescriptionStatus
from apps.prescriptions.rules import age_on
from apps.users.choices import Gender
from dastern.core import clock
from dastern.core.actor import Actor
from dastern.core.localtime import local_date

LIMIT = 20
TREND_DAYS = 90
FIGURE_DAYS = 30


def list_view(request: HttpRequest) -> HttpResponse:
    """Search in both scripts, filters and order; a page of twenty."""
    asked = {name: request.GET.get(name, "") for name in ("q", "level", "status", "gender", "sort")}
    allowed = {
        "level": LEVELS, "status": PrescriptionStatus.values, "gender": Gender.values, "sort": SORTS,
    }  # fmt: skip
    if any(asked[name] and asked[name] not in values for name, values in allowed.items()):
        raise Http404
    now = clock.now()
    found = patients_listed(
        page_actor(request),
        now=now,
        search=asked["q"][:100],
        adherence=asked["level"],
        status=asked["status"],
        gender=asked["gender"],
        sort=asked["sort"] or "adherence",
        page=number_of(request, "page"),
        limit=LIMIT,
        spark=True,
    )
    return page(
        request,
        "doctor/patients.html",
        title=_("My patients"),
        menu="patients",
        found=found,
        rows=[
            (row, sparkline(row.days or {}, local_date(now, row.patient.timezone)) if row.figures else "")
            for row in found.rows
        ],
        asked=asked,
        levels=[("GREEN", _("90 % and more")), ("YELLOW", _("70 to 89 %")), ("RED", _("less than 70 %")),
                ("NONE", _("no figures"))],
        statuses=PrescriptionStatus.choices,
        genders=Gender.choices,
        sorts=[("adherence", _("lowest adherence")), ("name", _("name")), ("lastActivity", _("longest silent")),
               ("activePrescriptions", _("fewest prescriptions"))],
        query=_query(asked),
    )  # fmt: skip


def _query(asked: dict[str, str]) -> str:
    from urllib.parse import urlencode

    return urlencode({name: value for name, value in asked.items() if value})


def chart_view(request: HttpRequest, patient_id: UUID, note: NoteForm | None = None) -> HttpResponse:
    """Everything about one patient that the grant opens. NotFound for a stranger."""
    actor, now = page_actor(request), clock.now()
    found = chart(actor, patient_id, now=now)
    chosen = _day(request.GET.get("day", "")) or found.today
    doses, people = doses_on(found.grant, chosen, now=now)
    born = found.patient.date_of_birth
    return page(
        request,
        "doctor/patient.html",
        title=found.patient.full_name,
        menu="patients",
        chart=found,
        patient=found.patient,
        age=age_on(born, found.today) if born else "—",
        figures=_figures(found),
        calendar=calendar_svg(found.calendar, found.today, chosen) if found.calendar else "",
        legend=[(state, MARKS[state], word) for state, word in state_words().items()],
        chosen=chosen,
        sees_vitals=may(found.grant, Ability.VIEW_VITALS),
        trends=_trends(actor, found),
        sees_doses=may(found.grant, Ability.VIEW_DOSES),
        doses=[dose_line(dose, people, found.patient.timezone) for dose in doses],
        slots=by_slot(found.medicines) if found.medicines is not None else None,
        may_prescribe=may(found.grant, Ability.PRESCRIBE),
        allergies=_allergies(found),
        note_form=note or NoteForm(),
    )


def _trends(actor: Actor, found: Chart) -> Any:
    """Blood pressure and sugar of ninety days, where they may be seen."""
    if not may(found.grant, Ability.VIEW_VITALS):
        return []
    usual = {row["vitalType"]: row for row in thresholds_shown(found.patient.pk)["thresholds"]}
    drawn = []
    for kind in (VitalType.BLOOD_PRESSURE, VitalType.GLUCOSE):
        _grant, points = vitals_trend(actor, vital_type=kind, days=TREND_DAYS, patient_id=found.patient.pk)
        if points:
            label = str(kind.label)
            drawn.append((label, trend_svg(points, ranges_of(usual[kind]), label)))
    return drawn


def _allergies(found: Chart) -> str:
    """What stands in the banner; for doctors who may see the health profile."""
    if not may(found.grant, Ability.VIEW_HEALTH_PROFILE):
        return _("The patient does not show this to you.")
    known = allergies_known(found.patient.pk)
    if known is None:
        return allergies_unknown()
    named = [f"{one.name} ({one.reaction})" if one.reaction else one.name for one in known]
    return ", ".join(named) or _("asked, none known")


def _figures(found: Chart) -> Any:
    if found.calendar is None:
        return None
    closed = [cell.day for cell in found.calendar if cell.day.date <= found.today]
    return summed(closed[-FIGURE_DAYS:])


def _day(text: str) -> date | None:
    try:
        day = date.fromisoformat(text) if text else None
    except ValueError as error:
        raise Http404 from error
    return day


def timeline_view(request: HttpRequest, pk: UUID) -> HttpResponse:
    """One list of what happened, filtered by kind, fifty at a time."""
    actor, now = page_actor(request), clock.now()
    kind = request.GET.get("kind", "")
    if kind and kind not in TimelineKind.values:
        raise Http404
    grant = patient_granted(actor, pk, Ability.VIEW_CARD, resource_type="timeline", now=now)
    before = _instant(request.GET.get("before", ""))
    events = timeline(actor, grant, now=now, kind=kind, before=before)
    found = chart_head(pk)
    return page(
        request,
        "doctor/timeline.html",
        title=_("%(name)s: timeline") % {"name": found.full_name},
        menu="patients",
        patient=found,
        events=[event_line(event, found.timezone) for event in events],
        kinds=TimelineKind.choices,
        kind=kind,
        older=events[-1].at.isoformat() if len(events) == PAGE else "",
    )


def chart_head(patient_id: UUID) -> Any:
    """The patient's row, for the head of a page whose door was passed."""
    from apps.doctor_dashboard.models import Patient

    return Patient.objects.get(pk=patient_id)


def _instant(text: str) -> datetime | None:
    try:
        found = datetime.fromisoformat(text) if text else None
    except ValueError as error:
        raise Http404 from error
    if found is not None and found.tzinfo is None:
        raise Http404
    return found
