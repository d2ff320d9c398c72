"""Shapes of requests and answers."""

from collections.abc import Mapping
from datetime import time
from typing import Any

from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from apps.doses.services.recording import MOST_IN_GROUP
from apps.medications.api.serializers import MedicationInput, MedicationOutput, WarningOutput
from apps.prescriptions.choices import PrescriptionStatus
from dastern.core.api.serializers import AsciiDigitsMixin, PageOutput, StrictSerializer

# What a medicine of a group does not say: the group says when, and every day.
_OF_THE_GROUP = (
    "morningDosage", "daytimeDosage", "nightDosage", "customTimes", "frequencyType", "intervalDays", "weekdays",
    "duration",
)  # fmt: skip


class ClockField(AsciiDigitsMixin, serializers.TimeField):
    """``HH:mm``, maybe with Khmer digits."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(format="%H:%M", input_formats=["%H:%M"], **kwargs)


class BatchMedicineInput(MedicationInput):
    """A medicine of a group: what domain.md §2.5 asks of every medicine, without times of its own.

    Unit and amount have no default, and days come from ``durationDays``, ``ongoing`` or the quantity (domain.md §7.5).
    """

    duration_days = serializers.IntegerField(min_value=1, max_value=365, required=False, allow_null=True)

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        """Those of a medicine, without its times and days."""
        fields = super().get_fields()
        for name in _OF_THE_GROUP:
            del fields[name]
        return fields

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """The amount is asked here; the whole is checked by ``at`` when the group's time is known."""
        if not attrs.get("dosage_amount") and not attrs.get("is_prn"):
            raise serializers.ValidationError({"dosageAmount": [_("Give the amount.")]})
        return self.at(attrs, time(12))

    def at(self, attrs: Mapping[str, Any], clock: time) -> dict[str, Any]:
        """A medicine as the prescription stores it, taken at ``clock`` every day."""
        row = dict(attrs)
        prn = bool(row.get("is_prn"))
        if "duration_days" in row:
            row["duration"] = row.pop("duration_days")
        row["frequency_type"] = "PRN" if prn else "DAILY"
        row["custom_times"] = [] if prn else [_intake(row, clock)]
        try:
            return super().validate(row)
        except serializers.ValidationError as error:
            detail = error.detail
            assert isinstance(detail, dict)
            raise serializers.ValidationError(
                {"durationDays" if name == "duration" else name: told for name, told in detail.items()}
            ) from error


def _intake(row: Mapping[str, Any], clock: time) -> dict[str, Any]:
    from apps.medications.rules.formatting import number_text

    return {
        "time": f"{clock:%H:%M}",
        "amount": number_text(row["dosage_amount"]),
        "beforeMeal": bool(row.get("before_meal")),
    }


def retimed(row: Mapping[str, Any], clock: time) -> dict[str, Any]:
    """A validated medicine of a group at the group's clock time."""
    return {**row, "custom_times": [intake | {"time": f"{clock:%H:%M}"} for intake in row["custom_times"]]}


class BatchInput(StrictSerializer):
    """POST batch-medication."""

    name = serializers.CharField(max_length=180)
    scheduled_time = ClockField()
    medicines = BatchMedicineInput(many=True, allow_empty=False, max_length=MOST_IN_GROUP)  # type: ignore[call-arg]


class BatchChangeInput(StrictSerializer):
    """PATCH: only what changes."""

    name = serializers.CharField(max_length=180, required=False)
    scheduled_time = ClockField(required=False)
    is_active = serializers.BooleanField(required=False)


class BatchQuery(StrictSerializer):
    """Query of the list: another person's groups, for somebody who may see them."""

    patient_id = serializers.UUIDField(required=False)


# --- answers ------------------------------------------------------------------------------------------------------


class BatchProgressOutput(StrictSerializer):
    """Doses taken of those no longer open, and when the next one is due; null in the sync feed."""

    next_dose_at = serializers.DateTimeField(allow_null=True)
    taken = serializers.IntegerField()
    total = serializers.IntegerField()


class BatchOutput(StrictSerializer):
    """A group."""

    id = serializers.UUIDField()
    patient_id = serializers.UUIDField()
    prescription_id = serializers.UUIDField()
    name = serializers.CharField()
    scheduled_time = serializers.CharField()
    is_active = serializers.BooleanField()
    status = serializers.ChoiceField(choices=PrescriptionStatus.choices)
    medicines = MedicationOutput(many=True)
    progress = BatchProgressOutput(allow_null=True)
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()


class BatchWrittenOutput(BatchOutput):
    """A group after its medicines were written, with what the safety check says."""

    warnings = WarningOutput(many=True)


class BatchPage(PageOutput):
    """Groups."""

    items = BatchOutput(many=True)
