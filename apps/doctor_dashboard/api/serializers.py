"""Shapes of requests and answers."""

from datetime import date
from typing import Any

from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from apps.adherence.api.serializers import LEVELS, DayOutput, FiguresOutput
from apps.connections.api.serializers import ConnectionOutput
from apps.connections.choices import PermissionLevel
from apps.doctor_dashboard.choices import AlertLevel, TimelineKind
from apps.doctor_dashboard.models import NOTE_LENGTH
from apps.doctor_dashboard.selectors import patients
from apps.prescriptions.api.serializers import PrescriptionOutput
from apps.prescriptions.choices import PrescriptionStatus
from apps.users.choices import Gender
from dastern.core.api.serializers import PageOutput, StrictSerializer

EARLIEST, LATEST = date(2000, 1, 1), date(2100, 12, 31)
MOST_DAYS = 366


class PatientsQuery(StrictSerializer):
    """Query of GET patients."""

    search = serializers.CharField(max_length=100, required=False, allow_blank=True)
    adherence_filter = serializers.ChoiceField(choices=patients.LEVELS, required=False)
    prescription_status = serializers.ChoiceField(choices=PrescriptionStatus.choices, required=False)
    sort_by = serializers.ChoiceField(choices=patients.SORTS, required=False)
    sort_order = serializers.ChoiceField(choices=["asc", "desc"], required=False)


class RangeQuery(StrictSerializer):
    """Query of GET patients/{id}/adherence: thirty days up to today without dates, a year at most."""

    start_date = serializers.DateField(required=False)
    end_date = serializers.DateField(required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """The first day must not come after the last, and neither lies outside what this product can hold."""
        for name in ("start_date", "end_date"):
            if name in attrs and not EARLIEST <= attrs[name] <= LATEST:
                wire = {"start_date": "startDate", "end_date": "endDate"}[name]
                raise serializers.ValidationError({wire: [_("Give a day from 2000 to 2100.")]})
        first, last = attrs.get("start_date"), attrs.get("end_date")
        if first and last and not 0 <= (last - first).days < MOST_DAYS:
            raise serializers.ValidationError({"endDate": [_("Give an end after the start, a year at most.")]})
        return attrs


class NotesQuery(StrictSerializer):
    """Query of GET notes."""

    patient_id = serializers.UUIDField(required=False)


class NoteInput(StrictSerializer):
    """PATCH notes/{id}."""

    content = serializers.CharField(max_length=NOTE_LENGTH)


class NoteCreateInput(NoteInput):
    """POST notes."""

    patient_id = serializers.UUIDField()


class DeclineInput(StrictSerializer):
    """POST connections/{id}/reject."""

    reason = serializers.CharField(max_length=500, required=False, allow_blank=True)


class DisconnectInput(StrictSerializer):
    """POST connections/{id}/disconnect: the patient reads why."""

    reason = serializers.CharField(max_length=500)


# --- answers ------------------------------------------------------------------------------------------------------


class ActivityOutput(StrictSerializer):
    """What a patient, or somebody for them, did."""

    patient_id = serializers.UUIDField()
    patient_name = serializers.CharField()
    action = serializers.CharField()
    text = serializers.CharField()
    at = serializers.DateTimeField()


class DashboardOutput(StrictSerializer):
    """GET doctor-dashboard."""

    total_patients = serializers.IntegerField()
    patients_needing_attention = serializers.IntegerField()
    today_alerts = serializers.IntegerField()
    recent_activity = ActivityOutput(many=True)
    pending_requests = serializers.IntegerField()


class PatientRowOutput(StrictSerializer):
    """A patient of the list; null is what the patient does not show."""

    id = serializers.UUIDField()
    full_name = serializers.CharField()
    age = serializers.IntegerField(allow_null=True)
    gender = serializers.ChoiceField(choices=Gender.choices, allow_null=True)
    active_prescriptions = serializers.IntegerField(allow_null=True)
    adherence_percentage = serializers.IntegerField(allow_null=True)
    adherence_level = serializers.ChoiceField(choices=LEVELS, allow_null=True)
    last_activity = serializers.DateTimeField(allow_null=True)
    connection_id = serializers.UUIDField()
    permission_level = serializers.ChoiceField(choices=PermissionLevel.choices)


class PatientRowPage(PageOutput):
    """A doctor's patients."""

    items = PatientRowOutput(many=True)


class PatientCardOutput(StrictSerializer):
    """Who the patient is, and what the link opens until when."""

    id = serializers.UUIDField()
    full_name = serializers.CharField()
    age = serializers.IntegerField(allow_null=True)
    gender = serializers.ChoiceField(choices=Gender.choices, allow_null=True)
    phone_number = serializers.CharField(allow_null=True)
    connection_id = serializers.UUIDField()
    permission_level = serializers.ChoiceField(choices=PermissionLevel.choices)
    connected_since = serializers.DateTimeField(allow_null=True)
    open_until = serializers.DateTimeField(allow_null=True)
    phone_synced_at = serializers.DateTimeField(allow_null=True)


class EventOutput(StrictSerializer):
    """One line of the timeline, in the reader's language."""

    at = serializers.DateTimeField()
    kind = serializers.ChoiceField(choices=TimelineKind.choices)
    text = serializers.CharField()
    detail = serializers.CharField(allow_blank=True)
    prescription_id = serializers.UUIDField(allow_null=True)


class NoteOutput(StrictSerializer):
    """An own note."""

    id = serializers.UUIDField()
    patient_id = serializers.UUIDField()
    content = serializers.CharField()
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()


class NotePage(PageOutput):
    """Own notes, newest first."""

    items = NoteOutput(many=True)


class DetailsOutput(StrictSerializer):
    """GET patients/{id}/details; parts that the patient does not show are null."""

    patient = PatientCardOutput()
    prescriptions = PrescriptionOutput(many=True)
    adherence = FiguresOutput(allow_null=True)
    alert = serializers.ChoiceField(choices=AlertLevel.choices, allow_null=True)
    timeline = EventOutput(many=True)
    notes = NoteOutput(many=True)


class MissAlertOutput(StrictSerializer):
    """Missed doses of the last three days."""

    level = serializers.ChoiceField(choices=AlertLevel.choices)
    in_a_row = serializers.IntegerField()
    days_with_misses = serializers.IntegerField()


class PatientAdherenceOutput(FiguresOutput):
    """GET patients/{id}/adherence."""

    start_date = serializers.DateField()
    end_date = serializers.DateField()
    timeline = DayOutput(many=True)
    alerts = MissAlertOutput(many=True)


class PendingPage(PageOutput):
    """Requests to connect that wait for the doctor."""

    items = ConnectionOutput(many=True)
