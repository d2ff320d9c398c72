"""Endpoints of adherence (domain.md §2.7). Three of them are hot and skip content negotiation."""

from uuid import UUID

from django.http import HttpResponse
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from apps.adherence import calendar, selectors
from apps.adherence.api import serializers as shapes
from apps.adherence.rules import FREE_TREND_DAYS
from apps.adherence.wire import calendar_wire, day_wire, figures_wire, medicine_wire
from apps.subscriptions.rules import Feature
from apps.subscriptions.services import feature_require
from dastern.core.api.pagination import PAGES, page_of
from dastern.core.api.renderers import fast_response
from dastern.core.api.views import ApiView


class TodayView(ApiView):
    """A day."""

    @extend_schema(parameters=[shapes.DayQuery], responses={200: shapes.AdherenceTodayOutput})
    def get(self, request: Request) -> HttpResponse:
        """Figures of today, or of the day named."""
        query = self.parse_query(shapes.DayQuery)
        return fast_response(selectors.daily(self.actor(), patient_id=query.get("patient_id"), day=query.get("date")))


class WeeklyView(ApiView):
    """Seven days."""

    @extend_schema(parameters=[shapes.PatientQuery], responses={200: shapes.WeeklyOutput})
    def get(self, request: Request) -> HttpResponse:
        """Figures of the last seven days."""
        query = self.parse_query(shapes.PatientQuery)
        return fast_response(selectors.weekly(self.actor(), patient_id=query.get("patient_id")))


class MonthlyView(ApiView):
    """Thirty days."""

    @extend_schema(parameters=[shapes.PatientQuery], responses={200: shapes.MonthlyOutput})
    def get(self, request: Request) -> HttpResponse:
        """Figures of the last thirty days; with a paid plan of the patient."""
        actor, query = self.actor(), self.parse_query(shapes.PatientQuery)
        figures = selectors.monthly(actor, patient_id=query.get("patient_id"))
        feature_require(query.get("patient_id") or actor.user_id, Feature.FULL_ANALYTICS)
        return fast_response(figures)


class TrendsView(ApiView):
    """Trends."""

    @extend_schema(parameters=[shapes.TrendQuery], responses={200: shapes.TrendOutput})
    def get(self, request: Request) -> Response:
        """Day by day; more than a week with a paid plan of the patient."""
        actor, query = self.actor(), self.parse_query(shapes.TrendQuery)
        days = selectors.trend(actor, patient_id=query.get("patient_id"), days=query["days"])
        if query["days"] > FREE_TREND_DAYS:
            feature_require(query.get("patient_id") or actor.user_id, Feature.FULL_ANALYTICS)
        return self.answer({"trendData": [day_wire(day) for day in days]})


class CalendarView(ApiView):
    """A month, day by day."""

    @extend_schema(parameters=[shapes.CalendarQuery], responses={200: shapes.CalendarOutput})
    def get(self, request: Request) -> Response:
        """Each day of a month with its doses and who recorded them. Free: it is the record itself, laid out by days."""
        query = self.parse_query(shapes.CalendarQuery)
        days = calendar.month(self.actor(), patient_id=query.get("patient_id"), first=query.get("month"))
        return self.answer(calendar_wire(days))


class MedicationsView(ApiView):
    """Medicine by medicine."""

    @extend_schema(parameters=[shapes.TrendQuery, *PAGES], responses={200: shapes.MedicineFiguresPage})
    def get(self, request: Request) -> Response:
        """Figures of each medicine with their sources; more than a week with a paid plan of the patient."""
        actor, query = self.actor(), self.parse_query(shapes.TrendQuery)
        found = calendar.medicines(actor, patient_id=query.get("patient_id"), days=query["days"])
        if query["days"] > FREE_TREND_DAYS:
            feature_require(query.get("patient_id") or actor.user_id, Feature.FULL_ANALYTICS)
        return self.answer(
            page_of(request, found.rows, lambda rows: [medicine_wire(row) for row in found.figures(rows)])
        )


class PrescriptionView(ApiView):
    """A course."""

    @extend_schema(responses={200: shapes.FiguresOutput})
    def get(self, request: Request, pk: UUID) -> Response:
        """Figures of one prescription."""
        return self.answer(figures_wire(selectors.of_prescription(self.actor(), pk)))


class MedicationView(ApiView):
    """A medicine."""

    @extend_schema(responses={200: shapes.FiguresOutput})
    def get(self, request: Request, pk: UUID) -> Response:
        """Figures of one medicine."""
        return self.answer(figures_wire(selectors.of_medication(self.actor(), pk)))


class StreakView(ApiView):
    """Streaks."""

    @extend_schema(parameters=[shapes.PatientQuery], responses={200: shapes.StreakOutput})
    def get(self, request: Request) -> Response:
        """Days in a row on which every closed dose was taken: now, and at best in a year."""
        query = self.parse_query(shapes.PatientQuery)
        current, best = selectors.streak(self.actor(), patient_id=query.get("patient_id"))
        return self.answer({"current": current, "best": best})
