"""Endpoints of doses (domain.md §2.6), and those of nudges (§2.3), which need a dose."""

from collections import defaultdict
from typing import Any, Final
from uuid import UUID

from django.http import HttpResponse
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from apps.doses import services
from apps.doses.api import serializers as shapes
from apps.doses.selectors.days import doses_of_day, doses_upcoming, prn_load, viewer_grant
from apps.doses.selectors.history import doses_between, doses_of_medicine, figures_between, span_of
from apps.doses.services.prn import PrnFigures
from apps.doses.services.push import doses_sync
from apps.doses.wire import amount_wire
from dastern.core import clock
from dastern.core.api.pagination import PAGES, page_numbers
from dastern.core.api.renderers import fast_response
from dastern.core.api.views import ApiView, IsPatient
from dastern.core.localtime import iso

# The colours of the times of day (domain.md §2.6); evening and night share one.
_COLOURS: Final = {"MORNING": "#FFC107", "NOON": "#2D5BFF", "EVENING": "#6B4AA3", "NIGHT": "#6B4AA3"}


class ScheduleView(ApiView):
    """A day by times of day."""

    @extend_schema(parameters=[shapes.ScheduleQuery], responses={200: shapes.ScheduleOutput})
    def get(self, request: Request) -> HttpResponse:
        """The doses of a local day (today without ``date``) in four groups."""
        query = self.parse_query(shapes.ScheduleQuery)
        day = doses_of_day(self.actor(), patient_id=query.get("patient_id"), day=query.get("date"))
        groups: dict[str, list[Any]] = defaultdict(list)
        for dose in day.doses:
            groups[dose["timePeriod"]].append(dose)
        return fast_response(
            {
                "date": day.date.isoformat(),
                "dailyProgress": day.figures.progress,
                "groups": [
                    {"period": period, "color": colour, "doses": groups[period]} for period, colour in _COLOURS.items()
                ],
            }
        )


class TodayView(ApiView):
    """Today."""

    @extend_schema(parameters=[shapes.PatientQuery], responses={200: shapes.TodayOutput})
    def get(self, request: Request) -> HttpResponse:
        """Today's doses in the order of the plan, with the day's figures."""
        query = self.parse_query(shapes.PatientQuery)
        day = doses_of_day(self.actor(), patient_id=query.get("patient_id"))
        figures = day.figures
        return fast_response(
            {
                "date": day.date.isoformat(),
                "dailyProgress": figures.progress,
                "total": figures.total,
                "taken": figures.taken,
                "onTime": figures.on_time,
                "missed": figures.missed,
                "skipped": figures.skipped,
                "due": figures.due,
                "lastIntakeAt": iso(day.last_intake_at) if day.last_intake_at else None,
                "lastSyncAt": iso(day.last_sync_at) if day.last_sync_at else None,
                "doses": day.doses,
            }
        )


class UpcomingView(ApiView):
    """What comes next."""

    @extend_schema(
        parameters=[
            shapes.PatientQuery,
            OpenApiParameter("limit", {"type": "integer", "minimum": 1, "maximum": 100, "default": 10}),
        ],
        responses={200: shapes.UpcomingOutput},
    )
    def get(self, request: Request) -> HttpResponse:
        """The next due doses, soonest first."""
        query = self.parse_query(shapes.PatientQuery)
        _page, limit = page_numbers(request, default_limit=10)
        doses = doses_upcoming(self.actor(), patient_id=query.get("patient_id"), limit=limit)
        return fast_response({"items": doses})


class HistoryView(ApiView):
    """What was."""

    @extend_schema(parameters=[shapes.HistoryQuery, *PAGES], responses={200: shapes.HistoryOutput})
    def get(self, request: Request) -> HttpResponse:
        """Doses between two local days, newest first, and the adherence over all of them."""
        query = self.parse_query(shapes.HistoryQuery)
        page, limit = page_numbers(request)
        now = clock.now()
        grant = viewer_grant(self.actor(), query.get("patient_id"), now=now)
        span = span_of(grant.patient_id, query.get("start"), query.get("end"), now=now)
        shapes.span_checked(span.start, span.end)
        status, medication_id = query.get("status"), query.get("medication_id")
        figures = figures_between(grant, span, medication_id=medication_id)
        total = figures.of_status(status) if status else figures.total
        items = doses_between(
            grant, span, status=status, medication_id=medication_id, limit=limit, offset=(page - 1) * limit
        )
        return fast_response(
            {
                **_page_of(items, page, limit, total),
                "start": span.start.isoformat(),
                "end": span.end.isoformat(),
                "adherencePercentage": figures.percentage,
            }
        )


def _page_of(items: list[Any], page: int, limit: int, total: int) -> dict[str, Any]:
    return {"items": items, "page": page, "limit": limit, "total": total, "totalPages": -(-total // limit)}


class MedicineDosesView(ApiView):
    """The doses of one medicine."""

    @extend_schema(parameters=PAGES, responses={200: shapes.DosePage})
    def get(self, request: Request, pk: UUID) -> HttpResponse:
        """Past and planned doses of a medicine, newest first."""
        page, limit = page_numbers(request)
        items, total = doses_of_medicine(self.actor(), pk, limit=limit, offset=(page - 1) * limit)
        return fast_response(_page_of(items, page, limit, total))


class TakenView(ApiView):
    """Taken."""

    @extend_schema(request=shapes.TakenInput, responses={200: shapes.RecordedOutput})
    def post(self, request: Request, pk: UUID) -> HttpResponse:
        """Record an intake, one's own or (caregivers allowed everything) a patient's."""
        body = self.parse(shapes.TakenInput)
        recorded = services.dose_take(actor=self.actor(), dose_id=pk, **body)
        return fast_response(shapes.recorded_answer(recorded))


class SkipView(ApiView):
    """Skipped."""

    @extend_schema(request=shapes.SkipInput, responses={200: shapes.RecordedOutput})
    def post(self, request: Request, pk: UUID) -> HttpResponse:
        """Record that a dose is left out, and why."""
        recorded = services.dose_skip(actor=self.actor(), dose_id=pk, **self.parse(shapes.SkipInput))
        return fast_response(shapes.recorded_answer(recorded))


class SnoozeView(ApiView):
    """Later."""

    @extend_schema(request=shapes.SnoozeInput, responses={200: shapes.RecordedOutput})
    def post(self, request: Request, pk: UUID) -> HttpResponse:
        """Remind again in 5, 10 or 15 minutes; the patient only."""
        recorded = services.dose_snooze(actor=self.actor(), dose_id=pk, **self.parse(shapes.SnoozeInput))
        return fast_response(shapes.recorded_answer(recorded))


class UndoView(ApiView):
    """Undo."""

    @extend_schema(request=None, responses={200: shapes.RecordedOutput})
    def post(self, request: Request, pk: UUID) -> HttpResponse:
        """Take back what I recorded last, within ten minutes."""
        return fast_response(shapes.recorded_answer(services.dose_undo(actor=self.actor(), dose_id=pk)))


class CorrectView(ApiView):
    """Correct."""

    @extend_schema(request=shapes.CorrectInput, responses={200: shapes.RecordedOutput})
    def post(self, request: Request, pk: UUID) -> HttpResponse:
        """Say within 24 hours that it was not taken, or at another time, and why."""
        recorded = services.dose_correct(actor=self.actor(), dose_id=pk, **self.parse(shapes.CorrectInput))
        return fast_response(shapes.recorded_answer(recorded))


class DoubleView(ApiView):
    """One dose or two."""

    @extend_schema(request=shapes.DoubleInput, responses={200: shapes.RecordedOutput})
    def post(self, request: Request, pk: UUID) -> HttpResponse:
        """Answer whether a dose that two people (or phones) recorded was one dose or two."""
        two = self.parse(shapes.DoubleInput)["answer"] == "TWO"
        return fast_response(shapes.recorded_answer(services.double_answer(actor=self.actor(), dose_id=pk, two=two)))


class GroupTakenView(ApiView):
    """A time of day at once."""

    permission_classes = [IsPatient]

    @extend_schema(request=shapes.GroupInput, responses={200: shapes.GroupOutput})
    def post(self, request: Request) -> HttpResponse:
        """Record my doses of one time of day as taken now; each is answered for itself."""
        answers, figures = services.group_take(actor=self.actor(), **self.parse(shapes.GroupInput))
        results = [
            {"doseId": str(one.dose_id), "outcome": one.outcome, "code": one.code, "dose": one.dose} for one in answers
        ]
        return fast_response({"results": results, "dailyProgress": figures.progress})


class PrnView(ApiView):
    """When needed."""

    @extend_schema(parameters=[shapes.PrnQuery], responses={200: shapes.PrnStandingOutput})
    def get(self, request: Request) -> HttpResponse:
        """Before the tap: last taken, next possible, amount in 24 hours."""
        figures = services.prn_standing(actor=self.actor(), **self.parse_query(shapes.PrnQuery))
        return fast_response(_standing(figures))

    @extend_schema(request=shapes.PrnInput, responses={201: shapes.PrnOutput})
    def post(self, request: Request) -> HttpResponse:
        """Record an intake; over the limit it is recorded too, with a warning."""
        actor = self.actor()
        intake, figures = services.prn_take(actor=actor, **self.parse(shapes.PrnInput))
        shown = prn_load(actor, intake.patient_id, [intake.id])[intake.id]
        warning = "OVER_LIMIT" if intake.over_limit else None
        return fast_response({"intake": shown, "warning": warning, "standing": _standing(figures)}, status=201)


def _standing(figures: PrnFigures) -> dict[str, Any]:
    medicine, standing = figures.medicine, figures.standing
    apart = medicine.limits.least_apart
    return {
        "medicationId": str(medicine.id),
        "lastTaken": iso(standing.last_taken) if standing.last_taken else None,
        "nextPossible": iso(standing.next_possible) if standing.next_possible else None,
        "amountIn24Hours": amount_wire(standing.amount_in_24_h),
        "maxPerDay": amount_wire(medicine.limits.most_a_day),
        "minIntervalHours": f"{apart.total_seconds() / 3600:g}" if apart else None,
    }


class SyncView(ApiView):
    """Events of an older phone. The local id makes a repeat harmless, so Idempotency-Key is not looked at."""

    permission_classes = [IsPatient]
    honours_idempotency_key = False

    @extend_schema(request=shapes.SyncInput, responses={200: shapes.SyncOutput})
    def post(self, request: Request) -> HttpResponse:
        """Judge events as sync/push judges acts; one that cannot be judged is refused alone."""
        events = self.parse(shapes.SyncEnvelope)["events"]
        return fast_response(doses_sync(actor=self.actor(), events=events, now=clock.now()))


class NudgeView(ApiView):
    """Remind gently."""

    @extend_schema(request=shapes.NudgeInput, responses={200: shapes.NudgeOutput})
    def post(self, request: Request) -> Response:
        """Remind a patient of an open dose; twice a dose at most."""
        left = services.dose_nudge(actor=self.actor(), **self.parse(shapes.NudgeInput))
        return self.answer({"remainingNudges": left})


class NudgeAnswerView(ApiView):
    """Answer a reminder."""

    permission_classes = [IsPatient]

    @extend_schema(request=shapes.NudgeAnswerInput, responses={204: None})
    def post(self, request: Request) -> Response:
        """Answer the caregiver who reminded me of this dose."""
        services.nudge_answer(actor=self.actor(), now=clock.now(), **self.parse(shapes.NudgeAnswerInput))
        return self.answer(status=204)
