"""Shapes of queries and answers."""

import datetime as dt
from typing import Any

from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from apps.doses.choices import DoseSource, DoseStatus
from apps.medications.choices import TimePeriod
from dastern.core.api.serializers import AsciiDigitsMixin, PageOutput, StrictSerializer

EARLIEST, LATEST = dt.date(2000, 1, 1), dt.date(2100, 12, 31)
LEVELS = ["GREEN", "YELLOW", "RED"]


class PatientQuery(StrictSerializer):
    """Whose figures: the own ones without ``patientId``."""

    patient_id = serializers.UUIDField(required=False)


class DayQuery(PatientQuery):
    """Which day: today without ``date``."""

    date = serializers.DateField(required=False)

    def validate_date(self, value: dt.date) -> dt.date:
        """A day for which this product can hold a record."""
        if not EARLIEST <= value <= LATEST:
            raise serializers.ValidationError(_("Give a day from 2000 to 2100."))
        return value


class TrendQuery(PatientQuery):
    """How many days."""

    days = serializers.IntegerField(min_value=7, max_value=365, default=30)


class MonthField(AsciiDigitsMixin, serializers.DateField):
    """``YYYY-MM`` as its first day."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(format="%Y-%m", input_formats=["%Y-%m"], **kwargs)


class CalendarQuery(PatientQuery):
    """Which month: the present one without ``month``."""

    month = MonthField(required=False)

    def validate_month(self, value: dt.date) -> dt.date:
        """A month for which this product can hold a record."""
        if not EARLIEST <= value <= LATEST:
            raise serializers.ValidationError(_("Give a day from 2000 to 2100."))
        return value


class FiguresOutput(StrictSerializer):
    """Counts, percentage and level."""

    percentage = serializers.IntegerField(allow_null=True)
    has_data = serializers.BooleanField()
    level = serializers.ChoiceField(choices=LEVELS, allow_null=True)
    taken = serializers.IntegerField()
    on_time = serializers.IntegerField()
    late = serializers.IntegerField()
    missed = serializers.IntegerField()
    skipped = serializers.IntegerField()
    due = serializers.IntegerField()
    total = serializers.IntegerField()


class DayOutput(FiguresOutput):
    """One day."""

    date = serializers.DateField()


class AdherenceTodayOutput(DayOutput):
    """A day with its progress."""

    progress = serializers.IntegerField()


class WeekOutput(FiguresOutput):
    """Up to seven days of a month."""

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        """Adds from and to, of which the first is a word of Python's own."""
        fields = super().get_fields()
        for name in ("from", "to"):
            fields[name] = serializers.DateField()
        return fields


class WeeklyOutput(FiguresOutput):
    """Seven days."""

    daily_data = DayOutput(many=True)


class MonthlyOutput(FiguresOutput):
    """Thirty days."""

    weekly_data = WeekOutput(many=True)


class TrendOutput(StrictSerializer):
    """Days of a trend, oldest first."""

    trend_data = DayOutput(many=True)


class SourcesOutput(StrictSerializer):
    """How many records came about how."""

    caregiver = serializers.IntegerField()
    offline_later = serializers.IntegerField()
    system = serializers.IntegerField()

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        """Adds ``self``, a word of Python's own."""
        return {"self": serializers.IntegerField(), **super().get_fields()}


class CalendarDoseOutput(StrictSerializer):
    """A dose of a day, and who said what became of it."""

    id = serializers.UUIDField()
    medication_id = serializers.UUIDField()
    medication_name = serializers.CharField()
    medication_name_khmer = serializers.CharField(allow_blank=True)
    strength = serializers.CharField(allow_blank=True)
    scheduled_time = serializers.DateTimeField()
    time_period = serializers.ChoiceField(choices=TimePeriod.choices)
    status = serializers.ChoiceField(choices=DoseStatus.choices)
    taken_at = serializers.DateTimeField(allow_null=True)
    source = serializers.ChoiceField(choices=DoseSource.choices, allow_null=True)  # type: ignore[assignment]


class CalendarDayOutput(DayOutput):
    """A day of the calendar."""

    sources = SourcesOutput()
    doses = CalendarDoseOutput(many=True)


class CalendarOutput(FiguresOutput):
    """A month."""

    month = serializers.CharField()
    sources = SourcesOutput()
    days = CalendarDayOutput(many=True)


class MedicineFiguresOutput(FiguresOutput):
    """A medicine."""

    medication_id = serializers.UUIDField()
    prescription_id = serializers.UUIDField()
    medicine_name = serializers.CharField()
    medicine_name_khmer = serializers.CharField(allow_blank=True)
    strength = serializers.CharField(allow_blank=True)
    sources = SourcesOutput()


class MedicineFiguresPage(PageOutput):
    """Medicines."""

    items = MedicineFiguresOutput(many=True)


class StreakOutput(StrictSerializer):
    """Days in a row on which every closed dose was taken."""

    current = serializers.IntegerField()
    best = serializers.IntegerField()
