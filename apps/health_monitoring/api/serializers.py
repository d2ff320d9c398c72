"""Shapes of requests and answers of vitals, ranges, alerts and calls for help (domain.md §2.13)."""

from decimal import Decimal
from typing import Any

from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import OpenApiExample, extend_schema_serializer
from rest_framework import serializers

from apps.health_monitoring.choices import AlertSeverity, AlertType, ProposalState, Resolution, VitalType
from apps.health_monitoring.selectors.vitals import PERIODS
from dastern.core.api.serializers import AsciiDigitsMixin, NumberField, PageOutput, StrictSerializer

LONGEST_TREND = 366


class _Value(NumberField):
    """A reading or a limit, up to four decimals as converted values have them."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_digits=9, decimal_places=4, min_value=Decimal(0), **kwargs)


class _Whole(AsciiDigitsMixin, serializers.IntegerField):
    """A whole number, maybe with Khmer digits."""


# --- requests -----------------------------------------------------------------------------------------------------


class PatientQuery(StrictSerializer):
    """Whose: the own ones, or a patient's who granted it."""

    patient_id = serializers.UUIDField(required=False)


class VitalsQuery(PatientQuery):
    """Query of GET vitals; days are the patient's local ones."""

    vital_type = serializers.ChoiceField(choices=VitalType.choices, required=False)
    start_date = serializers.DateField(required=False)
    end_date = serializers.DateField(required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """The first day comes first."""
        start, end = attrs.get("start_date"), attrs.get("end_date")
        if start and end and start > end:
            raise serializers.ValidationError({"endDate": [_("The last day is before the first.")]})
        return attrs


class PatientVitalsQuery(VitalsQuery):
    """Query of GET patients/{id}/vitals: the path names the patient."""

    patient_id = None  # type: ignore[assignment]  # DRF's way to take a field away


class TrendQuery(PatientQuery):
    """Query of GET trends: the last ``days`` local days by day, week or month."""

    vital_type = serializers.ChoiceField(choices=VitalType.choices)
    period = serializers.ChoiceField(choices=list(PERIODS), default="daily")
    days = _Whole(min_value=1, max_value=LONGEST_TREND, default=30)


class PatientTrendQuery(TrendQuery):
    """Query of GET trends/{id}: the path names the patient."""

    patient_id = None  # type: ignore[assignment]


@extend_schema_serializer(
    examples=[
        OpenApiExample(
            "blood pressure",
            value={"vitalType": "BLOOD_PRESSURE", "value": "165", "valueSecondary": "100", "unit": "mmHg"},
            request_only=True,
        )
    ]
)
class VitalInput(StrictSerializer):
    """POST vitals; without ``measuredAt`` it is measured now, without ``unit`` the usual unit is meant."""

    vital_type = serializers.ChoiceField(choices=VitalType.choices)
    value = _Value()
    value_secondary = _Value(required=False, allow_null=True)
    unit = serializers.CharField(max_length=20, required=False, allow_null=True)
    measured_at = serializers.DateTimeField(required=False, allow_null=True)
    notes = serializers.CharField(max_length=500, required=False, allow_blank=True)
    source = serializers.CharField(max_length=50, required=False)  # type: ignore[assignment]
    patient_id = serializers.UUIDField(required=False)
    local_id = serializers.UUIDField(required=False)


@extend_schema_serializer(
    examples=[
        OpenApiExample(
            "own range", value={"vitalType": "GLUCOSE", "minValue": "80", "maxValue": "160"}, request_only=True
        )
    ]
)
class ThresholdInput(PatientQuery):
    """PUT thresholds: the own range of one type (all limits null: the default again).

    With ``patientId`` a doctor proposes the range to a patient, with a reason.
    """

    vital_type = serializers.ChoiceField(choices=VitalType.choices)
    min_value = _Value(required=False, allow_null=True)
    max_value = _Value(required=False, allow_null=True)
    min_secondary = _Value(required=False, allow_null=True)
    max_secondary = _Value(required=False, allow_null=True)
    reason = serializers.CharField(max_length=500, required=False, allow_blank=True)


class AlertsQuery(PatientQuery):
    """Query of GET alerts."""

    resolved = serializers.BooleanField(required=False)


class _Coordinate(serializers.FloatField):
    """A number of degrees; JSON keeps it a number."""


class LocationInput(StrictSerializer):
    """Where the person is, in degrees; ``accuracy`` in metres."""

    latitude = _Coordinate(min_value=-90, max_value=90)
    longitude = _Coordinate(min_value=-180, max_value=180)
    accuracy = _Coordinate(min_value=0, max_value=1_000_000, required=False)


@extend_schema_serializer(examples=[OpenApiExample("a call", value={"message": "I fell."}, request_only=True)])
class EmergencyInput(StrictSerializer):
    """POST emergency."""

    message = serializers.CharField(max_length=500, required=False, allow_blank=True)
    location = LocationInput(required=False, allow_null=True)


# --- answers ------------------------------------------------------------------------------------------------------


class VitalOutput(StrictSerializer):
    """A reading in the kept unit, and as it was typed."""

    id = serializers.UUIDField()
    patient_id = serializers.UUIDField()
    vital_type = serializers.ChoiceField(choices=VitalType.choices)
    value = serializers.CharField()
    value_secondary = serializers.CharField(allow_null=True)
    unit = serializers.CharField()
    entered_value = serializers.CharField()
    entered_unit = serializers.CharField()
    measured_at = serializers.DateTimeField()
    notes = serializers.CharField(allow_blank=True)
    is_abnormal = serializers.BooleanField()
    severity = serializers.ChoiceField(choices=AlertSeverity.choices, allow_null=True)
    source = serializers.CharField()  # type: ignore[assignment]
    was_offline = serializers.BooleanField()
    recorded_by_id = serializers.UUIDField()
    recorded_at = serializers.DateTimeField()


class SeenOutput(StrictSerializer):
    """Who looked at an alert."""

    id = serializers.UUIDField()
    name = serializers.CharField()
    at = serializers.DateTimeField()


class LocationOutput(StrictSerializer):
    """Where the person is."""

    latitude = serializers.FloatField()
    longitude = serializers.FloatField()
    accuracy = serializers.FloatField(required=False)


class AlertOutput(StrictSerializer):
    """An alert; ``location`` only for emergency contacts and links that see everything."""

    id = serializers.UUIDField()
    patient_id = serializers.UUIDField()
    alert_type = serializers.ChoiceField(choices=AlertType.choices)
    severity = serializers.ChoiceField(choices=AlertSeverity.choices)
    vital_type = serializers.ChoiceField(choices=VitalType.choices, allow_null=True)
    vital_id = serializers.UUIDField(allow_null=True)
    message = serializers.CharField()
    advice = serializers.CharField(allow_null=True)
    advice_text = serializers.CharField(allow_null=True)
    call_number = serializers.CharField(allow_null=True)
    note = serializers.CharField(allow_null=True)
    readings = serializers.IntegerField()
    raised = serializers.BooleanField()
    occurred_at = serializers.DateTimeField()
    last_at = serializers.DateTimeField()
    was_offline = serializers.BooleanField()
    notified_count = serializers.IntegerField()
    location = LocationOutput(allow_null=True)
    acknowledged_at = serializers.DateTimeField(allow_null=True)
    seen_by = SeenOutput(many=True)
    is_resolved = serializers.BooleanField()
    resolution = serializers.ChoiceField(choices=Resolution.choices, allow_null=True)
    resolved_at = serializers.DateTimeField(allow_null=True)
    resolved_by_id = serializers.UUIDField(allow_null=True)
    created_at = serializers.DateTimeField()


class RecordedVitalOutput(StrictSerializer):
    """The reading, and the alert it raised or joined."""

    vital = VitalOutput()
    alert = AlertOutput(allow_null=True)


class EmergencyOutput(StrictSerializer):
    """The call. ``notifiedCount`` 0: nobody is linked, so the phone must say so and dial."""

    alert = AlertOutput()
    notified_count = serializers.IntegerField()
    merged = serializers.BooleanField()


class VitalPage(PageOutput):
    """A page of readings, newest first."""

    items = VitalOutput(many=True)


class LatestOutput(StrictSerializer):
    """The newest reading of each type that has one."""

    items = VitalOutput(many=True)


class AlertPage(PageOutput):
    """A page of alerts, newest first."""

    items = AlertOutput(many=True)


class VitalTrendPointOutput(StrictSerializer):
    """One day, week or month; ``date`` is its first day."""

    date = serializers.DateField()
    avg_value = serializers.CharField()
    min_value = serializers.CharField()
    max_value = serializers.CharField()
    avg_secondary = serializers.CharField(allow_null=True)
    count = serializers.IntegerField()


class ThresholdOutput(StrictSerializer):
    """The effective range of a type; a side that is null is open."""

    vital_type = serializers.ChoiceField(choices=VitalType.choices)
    unit = serializers.CharField()
    is_custom = serializers.BooleanField()
    min_value = serializers.CharField(allow_null=True)
    max_value = serializers.CharField(allow_null=True)
    min_secondary = serializers.CharField(allow_null=True)
    max_secondary = serializers.CharField(allow_null=True)
    by_doctor = serializers.BooleanField()
    updated_at = serializers.DateTimeField(allow_null=True)


class VitalTrendOutput(StrictSerializer):
    """A trend and the range it is read against."""

    vital_type = serializers.ChoiceField(choices=VitalType.choices)
    unit = serializers.CharField()
    period = serializers.ChoiceField(choices=list(PERIODS))
    days = serializers.IntegerField()
    data = VitalTrendPointOutput(many=True)  # type: ignore[assignment]  # the wire's own word
    threshold = ThresholdOutput()


class ProposalOutput(StrictSerializer):
    """A range that a doctor proposes."""

    id = serializers.UUIDField()
    patient_id = serializers.UUIDField()
    doctor_id = serializers.UUIDField()
    doctor_name = serializers.CharField()
    vital_type = serializers.ChoiceField(choices=VitalType.choices)
    min_value = serializers.CharField(allow_null=True)
    max_value = serializers.CharField(allow_null=True)
    min_secondary = serializers.CharField(allow_null=True)
    max_secondary = serializers.CharField(allow_null=True)
    reason = serializers.CharField(allow_blank=True)
    state = serializers.ChoiceField(choices=ProposalState.choices)
    created_at = serializers.DateTimeField()
    decided_at = serializers.DateTimeField(allow_null=True)


class TableOutput(StrictSerializer):
    """Which severity table is in force, and who has signed it."""

    version = serializers.CharField()
    signed_by = serializers.CharField(allow_null=True)
    signed_at = serializers.CharField(allow_null=True)


class ThresholdsOutput(StrictSerializer):
    """The six effective ranges, open proposals, and whether a clinician has approved the table."""

    patient_id = serializers.UUIDField()
    thresholds = ThresholdOutput(many=True)
    proposals = ProposalOutput(many=True)
    table = TableOutput()
    note = serializers.CharField(allow_null=True)


class ThresholdSetOutput(StrictSerializer):
    """What PUT made: the own range, or (for a doctor) a proposal; the other is null."""

    threshold = ThresholdOutput(allow_null=True)
    proposal = ProposalOutput(allow_null=True)
