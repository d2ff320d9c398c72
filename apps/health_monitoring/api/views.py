"""Endpoints of vitals, ranges, alerts and calls for help (domain.md §2.13)."""

from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from apps.connections.rules import Grant, self_grant
from apps.health_monitoring import services
from apps.health_monitoring.api import serializers as shapes
from apps.health_monitoring.rules.readings import KINDS
from apps.health_monitoring.selectors.alerts import alert_of, alerts_of, alerts_shown
from apps.health_monitoring.selectors.thresholds import threshold_shown, thresholds_of
from apps.health_monitoring.selectors.vitals import TrendPoint, vital_of, vitals_between, vitals_latest, vitals_trend
from apps.health_monitoring.services.journal import Recorded
from apps.health_monitoring.wire import number, vital_wire
from dastern.core.api.pagination import PAGES, page_of
from dastern.core.api.views import ApiView, IsPatient


class VitalsView(ApiView):
    """Readings."""

    @extend_schema(parameters=[shapes.VitalsQuery, *PAGES], responses={200: shapes.VitalPage})
    def get(self, request: Request) -> Response:
        """Readings between two local days, newest first."""
        return _vitals(self, request, self.parse_query(shapes.VitalsQuery))

    @extend_schema(request=shapes.VitalInput, responses={201: shapes.RecordedVitalOutput})
    def post(self, request: Request) -> Response:
        """Record a reading, one's own or (caregivers allowed everything) a patient's; an unusual one alerts."""
        actor = self.actor()
        recorded = services.vital_record(actor=actor, **self.parse(shapes.VitalInput))
        return self.answer(_recorded(recorded), status=201)


def _recorded(recorded: Recorded) -> dict[str, Any]:
    alert = recorded.alert
    shown = alerts_shown(self_grant(alert.patient_id), [alert])[0] if alert else None
    return {"vital": vital_wire(recorded.vital), "alert": shown}


def _vitals(view: ApiView, request: Request, query: dict[str, Any], patient_id: UUID | None = None) -> Response:
    rows = vitals_between(
        view.actor(),
        patient_id=patient_id or query.get("patient_id"),
        vital_type=query.get("vital_type"),
        start=query.get("start_date"),
        end=query.get("end_date"),
    )
    return view.answer(page_of(request, rows, lambda vitals: [vital_wire(vital) for vital in vitals]))


class PatientVitalsView(ApiView):
    """A patient's readings."""

    @extend_schema(parameters=[shapes.PatientVitalsQuery, *PAGES], responses={200: shapes.VitalPage})
    def get(self, request: Request, pk: UUID) -> Response:
        """As GET vitals, of a patient who granted it; every look is written down."""
        return _vitals(self, request, self.parse_query(shapes.PatientVitalsQuery), pk)


class LatestView(ApiView):
    """The newest of each type."""

    @extend_schema(parameters=[shapes.PatientQuery], responses={200: shapes.LatestOutput})
    def get(self, request: Request) -> Response:
        """The newest reading of each type that has one."""
        query = self.parse_query(shapes.PatientQuery)
        return self.answer({"items": [vital_wire(one) for one in vitals_latest(self.actor(), **query)]})


class VitalView(ApiView):
    """One reading."""

    @extend_schema(responses={200: shapes.VitalOutput})
    def get(self, request: Request, pk: UUID) -> Response:
        """The reading."""
        return self.answer(vital_wire(vital_of(self.actor(), pk)))

    @extend_schema(responses={204: None})
    def delete(self, request: Request, pk: UUID) -> Response:
        """Take back a reading that was a mistake; whoever was alerted is told."""
        services.vital_delete(actor=self.actor(), vital_id=pk)
        return self.answer(status=204)


class TrendsView(ApiView):
    """A trend."""

    @extend_schema(parameters=[shapes.TrendQuery], responses={200: shapes.VitalTrendOutput})
    def get(self, request: Request) -> Response:
        """Average, least and most of one type by day, week or month, and the effective range."""
        return _trend(self, self.parse_query(shapes.TrendQuery))


class PatientTrendsView(ApiView):
    """A patient's trend."""

    @extend_schema(parameters=[shapes.PatientTrendQuery], responses={200: shapes.VitalTrendOutput})
    def get(self, request: Request, pk: UUID) -> Response:
        """As GET trends, of a patient who granted it; every look is written down."""
        return _trend(self, self.parse_query(shapes.PatientTrendQuery) | {"patient_id": pk})


def _trend(view: ApiView, query: dict[str, Any]) -> Response:
    grant, points = vitals_trend(view.actor(), **query)
    vital_type = query["vital_type"]
    return view.answer(
        {
            "vitalType": vital_type,
            "unit": KINDS[vital_type].unit,
            "period": query["period"],
            "days": query["days"],
            "data": [_point(point) for point in points],
            "threshold": threshold_shown(grant.patient_id, vital_type),
        }
    )


def _point(point: TrendPoint) -> dict[str, Any]:
    second = point.average_secondary
    return {
        "date": point.date.isoformat(),
        "avgValue": number(round(point.average, 1)),
        "minValue": number(point.low),
        "maxValue": number(point.high),
        "avgSecondary": number(round(second, 1)) if second is not None else None,
        "count": point.count,
    }


class ThresholdsView(ApiView):
    """Ranges."""

    @extend_schema(parameters=[shapes.PatientQuery], responses={200: shapes.ThresholdsOutput})
    def get(self, request: Request) -> Response:
        """The six effective ranges and what doctors propose."""
        return self.answer(thresholds_of(self.actor(), **self.parse_query(shapes.PatientQuery)))

    @extend_schema(request=shapes.ThresholdInput, responses={200: shapes.ThresholdSetOutput})
    def put(self, request: Request) -> Response:
        """Set one's own range; with ``patientId`` a doctor proposes one."""
        body, actor = self.parse(shapes.ThresholdInput), self.actor()
        patient_id, vital_type = body.pop("patient_id", None), body.pop("vital_type")
        reason = body.pop("reason", "")
        if patient_id is None or patient_id == actor.id:
            set_ = services.threshold_set(actor=actor, vital_type=vital_type, bounds=body)
            return self.answer({"threshold": set_, "proposal": None})
        proposal = services.threshold_propose(
            actor=actor, patient_id=patient_id, vital_type=vital_type, bounds=body, reason=reason
        )
        return self.answer({"threshold": None, "proposal": proposal})


class ProposalAcceptView(ApiView):
    """Accept a proposed range."""

    permission_classes = [IsPatient]

    @extend_schema(request=None, responses={200: shapes.ProposalOutput})
    def post(self, request: Request, pk: UUID) -> Response:
        """The proposed range becomes mine."""
        return self.answer(services.proposal_decide(actor=self.actor(), proposal_id=pk, accept=True))


class ProposalDeclineView(ApiView):
    """Decline a proposed range."""

    permission_classes = [IsPatient]

    @extend_schema(request=None, responses={200: shapes.ProposalOutput})
    def post(self, request: Request, pk: UUID) -> Response:
        """My range stays as it is."""
        return self.answer(services.proposal_decide(actor=self.actor(), proposal_id=pk, accept=False))


class AlertsView(ApiView):
    """Alerts."""

    @extend_schema(parameters=[shapes.AlertsQuery, *PAGES], responses={200: shapes.AlertPage})
    def get(self, request: Request) -> Response:
        """Alerts of one's own or of a patient who granted it, newest first."""
        grant, rows = alerts_of(self.actor(), **self.parse_query(shapes.AlertsQuery))
        return self.answer(page_of(request, rows, lambda alerts: alerts_shown(grant, alerts)))


class AlertView(ApiView):
    """One alert."""

    @extend_schema(responses={200: shapes.AlertOutput})
    def get(self, request: Request, pk: UUID) -> Response:
        """The alert; a call for help is shown to every accepted link."""
        grant, alert = alert_of(self.actor(), pk)
        return self.answer(_shown(grant, alert))


def _shown(grant: Grant, alert: Any) -> dict[str, Any]:
    return alerts_shown(grant, [alert])[0]


class AlertAcknowledgeView(ApiView):
    """Seen."""

    @extend_schema(request=None, responses={200: shapes.AlertOutput})
    def patch(self, request: Request, pk: UUID) -> Response:
        """Say that one has seen the alert; the patient sees by whom, and it is not repeated."""
        return self.answer(services.alert_acknowledge(actor=self.actor(), alert_id=pk))


class AlertResolveView(ApiView):
    """Closed."""

    @extend_schema(request=None, responses={200: shapes.AlertOutput})
    def patch(self, request: Request, pk: UUID) -> Response:
        """Close the alert: the patient, or a doctor who sees vitals. One's own call for help: "I am safe"."""
        return self.answer(services.alert_resolve(actor=self.actor(), alert_id=pk))


class EmergencyView(ApiView):
    """Help."""

    permission_classes = [IsPatient]

    @extend_schema(request=shapes.EmergencyInput, responses={201: shapes.EmergencyOutput})
    def post(self, request: Request) -> Response:
        """Call everybody with an accepted link, whatever its level and the plan. This does not call an ambulance."""
        call = services.emergency_raise(actor=self.actor(), **self.parse(shapes.EmergencyInput))
        shown = _shown(self_grant(call.alert.patient_id), call.alert)
        answer = {"alert": shown, "notifiedCount": call.alert.notified_count, "merged": call.merged}
        return self.answer(answer, status=201)
