"""Endpoints of the doctor's dashboard (domain.md §2.12): verified doctors only, from the selectors of the pages."""

from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from apps.adherence.rules import summed
from apps.adherence.wire import day_wire, figures_wire
from apps.audit.choices import AuditAction
from apps.connections import services as links
from apps.connections.api.serializers import ConnectionOutput
from apps.connections.wire import link_wire, links_wire
from apps.doctor_dashboard import services
from apps.doctor_dashboard.api import serializers as shapes
from apps.doctor_dashboard.selectors import doctor_prescriptions, doctor_require
from apps.doctor_dashboard.selectors.chart import chart, notes_of
from apps.doctor_dashboard.selectors.overview import adherence_span, overview
from apps.doctor_dashboard.selectors.patients import patients_listed
from apps.doctor_dashboard.selectors.timeline import timeline
from apps.doctor_dashboard.selectors.worklist import requests_waiting
from apps.doctor_dashboard.wire import (
    activity_wire,
    card_wire,
    event_wire,
    figures_of_chart,
    note_wire,
    patient_row_wire,
)
from apps.prescriptions.api.serializers import ListQuery, PrescriptionOutput, PrescriptionPage
from apps.prescriptions.models import Prescription
from apps.prescriptions.selectors import looked_at, prescription_shown_to, prescriptions_listed, prescriptions_shown
from apps.prescriptions.wire import prescription_wire
from dastern.core import clock
from dastern.core.actor import Actor
from dastern.core.api.pagination import PAGES, page_numbers, page_of
from dastern.core.api.views import ApiView, IsDoctor

TIMELINE = 20
LIMIT = 20


class DoctorApiView(ApiView):
    """A view for verified doctors; that they still are is asked of the database on every request."""

    permission_classes = [IsDoctor]

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Raises DoctorNotVerified after the role was looked at."""
        super().initial(request, *args, **kwargs)
        doctor_require(self.actor())


class DashboardView(DoctorApiView):
    """The day."""

    @extend_schema(responses={200: shapes.DashboardOutput})
    def get(self, request: Request) -> Response:
        """My day in figures."""
        found = overview(self.actor(), now=clock.now())
        return self.answer(
            {
                "totalPatients": found.patients,
                "patientsNeedingAttention": found.attention,
                "todayAlerts": found.alerts,
                "recentActivity": [
                    activity_wire(who, name, action, str(AuditAction(action).label), at)
                    for who, name, action, at in found.recent
                ],
                "pendingRequests": found.requests,
            }
        )


class PatientsView(DoctorApiView):
    """Patients."""

    @extend_schema(parameters=[shapes.PatientsQuery, *PAGES], responses={200: shapes.PatientRowPage})
    def get(self, request: Request) -> Response:
        """My patients: the lowest adherence first unless another order is asked for."""
        query = self.parse_query(shapes.PatientsQuery)
        page, limit = page_numbers(request, default_limit=LIMIT)
        found = patients_listed(
            self.actor(),
            now=clock.now(),
            search=query.get("search", ""),
            adherence=query.get("adherence_filter", ""),
            status=query.get("prescription_status", ""),
            sort=query.get("sort_by", "adherence"),
            descending=query.get("sort_order") == "desc",
            page=page,
            limit=limit,
        )
        return self.answer(
            {
                "items": [patient_row_wire(row) for row in found.rows],
                "page": page,
                "limit": limit,
                "total": found.total,
                "totalPages": found.pages,
            }
        )


class DetailsView(DoctorApiView):
    """One patient."""

    @extend_schema(responses={200: shapes.DetailsOutput})
    def get(self, request: Request, pk: UUID) -> Response:
        """Everything about a patient that the grant opens."""
        actor, now = self.actor(), clock.now()
        found = chart(actor, pk, now=now)
        rows = prescriptions_shown().filter(pk__in=[row.pk for row in found.prescriptions]).order_by("-created_at")
        events = timeline(actor, found.grant, now=now, limit=TIMELINE)
        return self.answer(
            {
                "patient": card_wire(found),
                "prescriptions": [prescription_wire(row, actor.user_id) for row in looked_at(actor, list(rows))],
                "adherence": figures_of_chart(found),
                "alert": found.alert,
                "timeline": [event_wire(event, found.patient.timezone) for event in events],
                "notes": [note_wire(note) for note in found.notes],
            }
        )


class PatientAdherenceView(DoctorApiView):
    """Adherence of one patient."""

    @extend_schema(parameters=[shapes.RangeQuery], responses={200: shapes.PatientAdherenceOutput})
    def get(self, request: Request, pk: UUID) -> Response:
        """Figures, every day of the span, and the alert of the last three days."""
        query = self.parse_query(shapes.RangeQuery)
        span = adherence_span(
            self.actor(), pk, first=query.get("start_date"), last=query.get("end_date"), now=clock.now()
        )
        pulse = span.pulse
        return self.answer(
            {
                **figures_wire(summed(span.days)),
                "startDate": span.first.isoformat(),
                "endDate": span.last.isoformat(),
                "timeline": [day_wire(day) for day in span.days],
                "alerts": [
                    {"level": pulse.alert, "inARow": pulse.in_a_row, "daysWithMisses": pulse.missed_days}
                ] if pulse is not None and pulse.alert else [],
            }
        )  # fmt: skip


class PendingView(DoctorApiView):
    """Requests."""

    @extend_schema(parameters=PAGES, responses={200: shapes.PendingPage})
    def get(self, request: Request) -> Response:
        """Patients who ask to connect with me, the oldest first."""
        me = self.actor()
        return self.answer(page_of(request, requests_waiting(me), lambda rows: links_wire(rows, me.user_id)))


class AcceptPatientView(DoctorApiView):
    """Accept."""

    @extend_schema(request=None, responses={200: ConnectionOutput})
    def post(self, request: Request, pk: UUID) -> Response:
        """Accept a patient's request; what it opens was the patient's word."""
        actor = self.actor()
        return self.answer(link_wire(links.connection_accept(actor=actor, link_id=pk), actor.user_id))


class RejectPatientView(DoctorApiView):
    """Decline."""

    @extend_schema(request=shapes.DeclineInput, responses={200: ConnectionOutput})
    def post(self, request: Request, pk: UUID) -> Response:
        """Decline a patient's request."""
        actor, reason = self.actor(), self.parse(shapes.DeclineInput).get("reason", "")
        return self.answer(link_wire(links.connection_reject(actor=actor, link_id=pk, reason=reason), actor.user_id))


class DisconnectView(DoctorApiView):
    """Disconnect."""

    @extend_schema(request=shapes.DisconnectInput, responses={200: ConnectionOutput})
    def post(self, request: Request, pk: UUID) -> Response:
        """End the connection with a patient, who is told why."""
        actor, reason = self.actor(), self.parse(shapes.DisconnectInput)["reason"]
        return self.answer(link_wire(links.connection_revoke(actor=actor, link_id=pk, reason=reason), actor.user_id))


class NotesView(DoctorApiView):
    """Notes."""

    @extend_schema(parameters=[shapes.NotesQuery, *PAGES], responses={200: shapes.NotePage})
    def get(self, request: Request) -> Response:
        """My own notes, newest first, about one patient or all."""
        patient_id = self.parse_query(shapes.NotesQuery).get("patient_id")
        rows = notes_of(self.actor(), patient_id)
        return self.answer(page_of(request, rows, lambda found: [note_wire(note) for note in found]))

    @extend_schema(request=shapes.NoteCreateInput, responses={201: shapes.NoteOutput})
    def post(self, request: Request) -> Response:
        """Write a note about a connected patient; nobody else reads it."""
        body = self.parse(shapes.NoteCreateInput)
        note = services.note_create(actor=self.actor(), patient_id=body["patient_id"], content=body["content"])
        return self.answer(note_wire(note), status=201)


class NoteView(DoctorApiView):
    """One note."""

    @extend_schema(request=shapes.NoteInput, responses={200: shapes.NoteOutput})
    def patch(self, request: Request, pk: UUID) -> Response:
        """Change an own note."""
        content = self.parse(shapes.NoteInput)["content"]
        return self.answer(note_wire(services.note_change(actor=self.actor(), note_id=pk, content=content)))

    @extend_schema(responses={204: None})
    def delete(self, request: Request, pk: UUID) -> Response:
        """Delete an own note."""
        services.note_delete(actor=self.actor(), note_id=pk)
        return self.answer(status=204)


class DoctorPrescriptionsView(DoctorApiView):
    """Prescriptions."""

    @extend_schema(parameters=[ListQuery, *PAGES], responses={200: PrescriptionPage})
    def get(self, request: Request) -> Response:
        """What I wrote, and what lies inside my patients' grants; newest first."""
        actor = self.actor()
        query = self.parse_query(ListQuery)
        rows = prescriptions_listed(actor, **query) if "patient_id" in query else _of_everybody(actor, **query)
        return self.answer(
            page_of(
                request, rows, lambda found: [prescription_wire(row, actor.user_id) for row in looked_at(actor, found)]
            )
        )


def _of_everybody(actor: Actor, status: str | None = None) -> QuerySet[Prescription]:
    """The prescriptions of all patients: one condition for five hundred grants, not five hundred."""
    within = doctor_prescriptions(actor, now=clock.now())
    rows = prescriptions_shown().filter(pk__in=within.values("pk")).order_by("-created_at", "-id")
    return rows.filter(status=status) if status else rows


class DoctorPrescriptionView(DoctorApiView):
    """One prescription."""

    @extend_schema(responses={200: PrescriptionOutput})
    def get(self, request: Request, pk: UUID) -> Response:
        """A prescription that I may see."""
        actor = self.actor()
        return self.answer(prescription_wire(prescription_shown_to(actor, pk), actor.user_id))
