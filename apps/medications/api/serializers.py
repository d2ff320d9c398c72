"""Shapes of requests and answers."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from apps.medications.choices import FrequencyType, MedicineForm, MedicineType, MedicineUnit
from apps.medications.rules import slots
from apps.medications.rules.formatting import number_text
from apps.medications.rules.regimen import days_of_supply
from apps.medications.rules.safety import TIERS
from dastern.core.api.serializers import AsciiDigitsMixin, PageOutput, StrictSerializer

MOST_TIMES = 12


class _Clock(AsciiDigitsMixin, serializers.TimeField):
    """``HH:mm``, maybe with Khmer digits; kept as text."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(format="%H:%M", input_formats=["%H:%M"], **kwargs)

    def to_internal_value(self, data: Any) -> Any:
        """The text ``HH:mm``."""
        return super().to_internal_value(data).strftime("%H:%M")

    def to_representation(self, value: Any) -> Any:
        """As stored."""
        return value


class _Amount(AsciiDigitsMixin, serializers.DecimalField):
    """A positive amount; a decimal string on the wire."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("max_digits", 8)
        kwargs.setdefault("decimal_places", 3)
        super().__init__(min_value=Decimal("0.001"), **kwargs)


class _Whole(AsciiDigitsMixin, serializers.IntegerField):
    """A whole number, maybe with Khmer digits."""


class _Text(serializers.CharField):
    """A text that may be left out or blank."""

    def __init__(self, max_length: int) -> None:
        super().__init__(max_length=max_length, required=False, allow_blank=True)


class DosageInput(StrictSerializer):
    """What is taken in one slot; validated into the stored form."""

    amount = _Amount()
    unit = serializers.ChoiceField(choices=MedicineUnit.choices, required=False, allow_null=True)
    extra = serializers.CharField(max_length=100, required=False, allow_null=True, allow_blank=True)
    before_meal = serializers.BooleanField(required=False, default=False)
    time = _Clock(required=False, allow_null=True)

    def validate(self, attrs: Mapping[str, Any]) -> dict[str, Any]:
        """The stored form: decimal text, optional parts only when given."""
        stored = {"amount": number_text(attrs["amount"]), "beforeMeal": attrs["before_meal"]}
        return stored | {name: attrs[name] for name in ("unit", "extra", "time") if attrs.get(name)}


class CustomTimeInput(StrictSerializer):
    """An intake at a clock time of its own."""

    time = _Clock()
    amount = _Amount()
    before_meal = serializers.BooleanField(required=False, default=False)

    def validate(self, attrs: Mapping[str, Any]) -> dict[str, Any]:
        """The stored form."""
        return {"time": attrs["time"], "amount": number_text(attrs["amount"]), "beforeMeal": attrs["before_meal"]}


class MedicationInput(StrictSerializer):
    """One medicine of a prescription (domain.md §2.5, §7.5: unit, amount and frequency have no default).

    Validated into the fields of ``models.Medication``. Days come from ``duration``, ``ongoing`` or the quantity
    divided by the daily amount; with none of them the medicine is refused.
    """

    medicine_name = serializers.CharField(max_length=255)
    medicine_name_khmer = _Text(255)
    catalogue_id = serializers.UUIDField(required=False, allow_null=True)
    medicine_type = serializers.ChoiceField(choices=MedicineType.choices, required=False, allow_blank=True)
    form = serializers.ChoiceField(choices=MedicineForm.choices, required=False, allow_blank=True)
    strength = _Text(60)
    unit = serializers.ChoiceField(choices=MedicineUnit.choices)
    dosage_amount = _Amount(required=False, allow_null=True)
    description = _Text(500)
    additional_note = _Text(500)
    instructions = _Text(500)
    morning_dosage = DosageInput(required=False, allow_null=True)
    daytime_dosage = DosageInput(required=False, allow_null=True)
    night_dosage = DosageInput(required=False, allow_null=True)
    custom_times = CustomTimeInput(many=True, required=False, max_length=MOST_TIMES)  # type: ignore[call-arg]
    frequency = _Text(100)
    timing = _Text(100)
    before_meal = serializers.BooleanField(required=False)
    frequency_type = serializers.ChoiceField(choices=FrequencyType.choices)
    interval_days = _Whole(min_value=1, max_value=365, required=False, allow_null=True)
    weekdays = serializers.ListField(child=_Whole(min_value=1, max_value=7), max_length=7, required=False)
    duration = _Whole(min_value=1, max_value=365, required=False, allow_null=True)
    ongoing = serializers.BooleanField(required=False)
    quantity = _Amount(decimal_places=2, required=False, allow_null=True)
    prn_max_per_day = _Amount(required=False, allow_null=True)
    prn_min_interval_hours = _Amount(max_digits=5, decimal_places=2, required=False, allow_null=True)
    reminder_enabled = serializers.BooleanField(required=False)
    time_critical = serializers.BooleanField(required=False)
    private = serializers.BooleanField(required=False)
    stock_count = _Amount(decimal_places=2, required=False, allow_null=True)

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        """Adds isPRN, whose wire name is no camelCase of a Python one."""
        fields = super().get_fields()
        fields["isPRN"] = serializers.BooleanField(source="is_prn", required=False)
        return fields

    def validate_weekdays(self, value: list[int]) -> list[int]:
        """Sorted and once each."""
        return sorted(set(value))

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """What belongs together; derives the duration from the quantity."""
        prn = bool(attrs.get("is_prn")) or attrs["frequency_type"] == FrequencyType.PRN
        attrs |= {"is_prn": prn, "frequency_type": FrequencyType.PRN if prn else attrs["frequency_type"]}
        intakes = slots(
            attrs.get("morning_dosage"),
            attrs.get("daytime_dosage"),
            attrs.get("night_dosage"),
            attrs.get("custom_times") or (),
        )
        errors: dict[str, list[Any]] = {}
        if not prn and not intakes:
            errors["morningDosage"] = [_("Give at least one time of day, or mark it as only when needed.")]
        if prn and intakes:
            errors["isPRN"] = [_("A medicine that is taken only when needed has no times of day.")]
        if attrs["frequency_type"] == FrequencyType.WEEKDAYS and not attrs.get("weekdays"):
            errors["weekdays"] = [_("Give the days of the week, 1 (Monday) to 7.")]
        if attrs["frequency_type"] == FrequencyType.EVERY_N_DAYS and not attrs.get("interval_days"):
            errors["intervalDays"] = [_("Give every how many days.")]
        if not errors and not prn and not attrs.get("ongoing") and not attrs.get("duration"):
            days = (
                days_of_supply(
                    attrs["quantity"],
                    intakes,
                    frequency_type=attrs["frequency_type"],
                    interval_days=attrs.get("interval_days"),
                    weekdays=attrs.get("weekdays", ()),
                )
                if attrs.get("quantity")
                else None
            )
            if not days:
                errors["duration"] = [_("Give the days of treatment, mark it as long-term, or give the quantity.")]
            else:
                attrs["duration"] = min(days, 365)
        if errors:
            raise serializers.ValidationError(errors)
        return attrs


# --- answers ------------------------------------------------------------------------------------------------------


class DosageOutput(StrictSerializer):
    """A slot as stored."""

    amount = serializers.CharField()
    unit = serializers.CharField(allow_null=True)
    extra = serializers.CharField(allow_null=True)
    before_meal = serializers.BooleanField()
    time = serializers.CharField(allow_null=True)


class CustomTimeOutput(StrictSerializer):
    """An intake at a clock time of its own."""

    time = serializers.CharField()
    amount = serializers.CharField()
    before_meal = serializers.BooleanField()


class MedicationOutput(StrictSerializer):
    """A medicine with every field."""

    id = serializers.UUIDField()
    prescription_id = serializers.UUIDField()
    row_number = serializers.IntegerField()
    batch_id = serializers.UUIDField(allow_null=True)
    catalogue_id = serializers.UUIDField(allow_null=True)
    medicine_name = serializers.CharField()
    medicine_name_khmer = serializers.CharField(allow_blank=True)
    image_url = serializers.CharField(allow_null=True)
    medicine_type = serializers.ChoiceField(choices=MedicineType.choices, allow_null=True)
    form = serializers.ChoiceField(choices=MedicineForm.choices, allow_null=True)
    strength = serializers.CharField(allow_blank=True)
    unit = serializers.ChoiceField(choices=MedicineUnit.choices)
    dosage_amount = serializers.CharField(allow_null=True)
    description = serializers.CharField(allow_blank=True)
    additional_note = serializers.CharField(allow_blank=True)
    instructions = serializers.CharField(allow_blank=True)
    morning_dosage = DosageOutput(allow_null=True)
    daytime_dosage = DosageOutput(allow_null=True)
    night_dosage = DosageOutput(allow_null=True)
    custom_times = CustomTimeOutput(many=True)
    frequency = serializers.CharField(allow_blank=True)
    timing = serializers.CharField(allow_blank=True)
    before_meal = serializers.BooleanField()
    frequency_type = serializers.ChoiceField(choices=FrequencyType.choices)
    interval_days = serializers.IntegerField(allow_null=True)
    weekdays = serializers.ListField(child=serializers.IntegerField())
    duration = serializers.IntegerField(allow_null=True)
    ongoing = serializers.BooleanField()
    quantity = serializers.CharField(allow_null=True)
    prn_max_per_day = serializers.CharField(allow_null=True)
    prn_min_interval_hours = serializers.CharField(allow_null=True)
    reminder_enabled = serializers.BooleanField()
    time_critical = serializers.BooleanField()
    private = serializers.BooleanField()
    stock_count = serializers.CharField(allow_null=True)
    starts_on = serializers.DateField(allow_null=True)
    retired_in_version = serializers.IntegerField(allow_null=True)

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        """Adds isPRN."""
        fields = super().get_fields()
        fields["isPRN"] = serializers.BooleanField()
        return fields


class WarningOutput(StrictSerializer):
    """One finding of the safety check. ``keys`` are ids of medicines, ``message`` is for people."""

    tier = serializers.ChoiceField(choices=TIERS)
    code = serializers.CharField()
    keys = serializers.ListField(child=serializers.CharField())
    message = serializers.CharField()


class CatalogueOutput(StrictSerializer):
    """A medicine of the catalogue."""

    id = serializers.UUIDField()
    name_en = serializers.CharField()
    name_km = serializers.CharField(allow_blank=True)
    brands = serializers.ListField(child=serializers.CharField())
    substances = serializers.ListField(child=serializers.CharField())
    forms = serializers.ListField(child=serializers.CharField())
    strengths = serializers.ListField(child=serializers.CharField())
    flags = serializers.ListField(child=serializers.CharField())
    source_checked = serializers.BooleanField()


class OwnOutput(StrictSerializer):
    """A name the person used before."""

    medicine_name = serializers.CharField()
    medicine_name_khmer = serializers.CharField(allow_blank=True)
    strength = serializers.CharField(allow_blank=True)
    unit = serializers.ChoiceField(choices=MedicineUnit.choices)
    catalogue_id = serializers.UUIDField(allow_null=True)


class SearchOutput(StrictSerializer):
    """GET medications/search: own medicines first, then the catalogue; 20 together at most."""

    own = OwnOutput(many=True)
    catalogue = CatalogueOutput(many=True)


class SearchQuery(StrictSerializer):
    """Query of the search."""

    q = serializers.CharField(max_length=100)


class ReminderInput(StrictSerializer):
    """PUT medications/{id}/reminder."""

    enabled = serializers.BooleanField()


class MedicationPageOutput(PageOutput):
    """A page of medicines."""

    items = MedicationOutput(many=True)
