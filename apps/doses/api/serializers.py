"""Shapes of requests and answers (domain.md §2.6)."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from apps.doses.choices import DoseSource, DoseStatus, SkipReason
from apps.doses.rules.windows import SNOOZE_MINUTES
from apps.doses.services.recording import MOST_IN_GROUP
from apps.medications.choices import MedicineUnit, TimePeriod
from dastern.core.api.serializers import AsciiDigitsMixin, NumberField, PageOutput, StrictSerializer
from dastern.core.errors import Invalid
from dastern.sync.wire import MOST_ACTS

LONGEST_HISTORY = 366


class _Amount(NumberField):
    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_digits=8, decimal_places=3, min_value=Decimal("0.001"), **kwargs)


class _Whole(AsciiDigitsMixin, serializers.IntegerField):
    """A whole number, maybe with Khmer digits."""


# --- requests -----------------------------------------------------------------------------------------------------


class PatientQuery(StrictSerializer):
    """Whose doses: the own ones, or a patient's who granted it."""

    patient_id = serializers.UUIDField(required=False)


class ScheduleQuery(PatientQuery):
    """Query of GET schedule."""

    date = serializers.DateField(required=False)
    group_by = serializers.ChoiceField(choices=["TIME_PERIOD"], default="TIME_PERIOD")


class HistoryQuery(PatientQuery):
    """Query of GET history; without days the last 30."""

    start = serializers.DateField(required=False)
    end = serializers.DateField(required=False)
    status = serializers.ChoiceField(choices=DoseStatus.choices, required=False)
    medication_id = serializers.UUIDField(required=False)


def span_checked(start: date, end: date) -> None:
    """Raise Invalid when the first day comes after the last, or lies more than a year before it."""
    if start > end:
        raise Invalid(errors=[("end", _("The last day is before the first."))])
    if (end - start).days >= LONGEST_HISTORY:
        raise Invalid(errors=[("start", _("At most 366 days can be shown at once."))])


class TakenInput(StrictSerializer):
    """POST taken; without ``takenAt`` it is taken now."""

    taken_at = serializers.DateTimeField(required=False, allow_null=True)
    offline = serializers.BooleanField(default=False)
    confirm_early = serializers.BooleanField(default=False)
    amount = _Amount(required=False, allow_null=True)


class SkipInput(StrictSerializer):
    """POST skip."""

    reason = serializers.ChoiceField(choices=SkipReason.choices)
    text = serializers.CharField(max_length=200, required=False, allow_blank=True)


class SnoozeInput(StrictSerializer):
    """POST snooze."""

    minutes = _Whole()

    def validate_minutes(self, value: int) -> int:
        """5, 10 or 15."""
        if value not in SNOOZE_MINUTES:
            raise serializers.ValidationError(_("Choose 5, 10 or 15 minutes."))
        return value


class CorrectInput(StrictSerializer):
    """POST correct: it was not taken after all, or at another time."""

    to = serializers.ChoiceField(choices=["NOT_TAKEN", "TAKEN"])
    taken_at = serializers.DateTimeField(required=False, allow_null=True)
    reason = serializers.CharField(max_length=200)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """TAKEN needs the time, NOT_TAKEN has none."""
        if (attrs["to"] == "TAKEN") != bool(attrs.get("taken_at")):
            raise serializers.ValidationError({"taken_at": [_("Give the time when, and only when, it was taken.")]})
        return attrs


class DoubleInput(StrictSerializer):
    """POST double: the answer to "one dose or two?"."""

    answer = serializers.ChoiceField(choices=["ONE", "TWO"])


class GroupInput(StrictSerializer):
    """POST group/taken: doses of one time of day."""

    dose_ids = serializers.ListField(child=serializers.UUIDField(), min_length=1, max_length=MOST_IN_GROUP)


class PrnQuery(PatientQuery):
    """Query of GET prn: what to show before the tap."""

    medication_id = serializers.UUIDField()


class PrnInput(StrictSerializer):
    """POST prn; without an amount the prescribed one."""

    medication_id = serializers.UUIDField()
    patient_id = serializers.UUIDField(required=False)
    taken_at = serializers.DateTimeField(required=False, allow_null=True)
    amount = _Amount(required=False, allow_null=True)
    reason = serializers.CharField(max_length=200, required=False, allow_blank=True)


class SyncEvent(StrictSerializer):
    """One event of POST sync. Only its shape is checked here: it is judged alone and never aborts the batch."""

    local_id = serializers.UUIDField()
    dose_id = serializers.UUIDField()
    status = serializers.ChoiceField(choices=["TAKEN", "SKIPPED"])
    taken_at = serializers.DateTimeField(required=False, allow_null=True)
    skip_reason = serializers.CharField(max_length=20, required=False, allow_null=True)
    device_timestamp = serializers.DateTimeField()


class SyncInput(StrictSerializer):
    """POST sync."""

    events = SyncEvent(many=True, max_length=MOST_ACTS)  # type: ignore[call-arg]  # the list's, DRF hands it on


class SyncEnvelope(StrictSerializer):
    """The body of POST sync without a look at its events: they are judged one by one."""

    events = serializers.ListField(max_length=MOST_ACTS)


class NudgeInput(StrictSerializer):
    """POST connections/nudge."""

    patient_id = serializers.UUIDField()
    dose_id = serializers.UUIDField()


class NudgeAnswerInput(StrictSerializer):
    """POST connections/nudge/respond."""

    caregiver_id = serializers.UUIDField()
    dose_id = serializers.UUIDField()
    response = serializers.CharField(max_length=200)


# --- answers ------------------------------------------------------------------------------------------------------


class DoseOutput(StrictSerializer):
    """A dose, in answers and in the sync feed alike."""

    id = serializers.UUIDField()
    patient_id = serializers.UUIDField()
    prescription_id = serializers.UUIDField()
    medication_id = serializers.UUIDField()
    medication_name = serializers.CharField()
    medication_name_khmer = serializers.CharField(allow_blank=True)
    strength = serializers.CharField(allow_blank=True)
    dosage = serializers.CharField(allow_blank=True)
    amount = serializers.CharField(allow_null=True)
    unit = serializers.ChoiceField(choices=MedicineUnit.choices)
    image_url = serializers.CharField(allow_null=True)
    scheduled_time = serializers.DateTimeField()
    local_date = serializers.DateField()
    time_period = serializers.ChoiceField(choices=TimePeriod.choices)
    reminder_time = serializers.CharField()
    reminder_enabled = serializers.BooleanField()
    frequency = serializers.CharField(allow_blank=True)
    timing = serializers.CharField(allow_blank=True)
    instructions = serializers.CharField(allow_blank=True)
    time_critical = serializers.BooleanField()
    grace_minutes = serializers.IntegerField()
    deadline = serializers.DateTimeField()
    half_interval_minutes = serializers.IntegerField()
    version_number = serializers.IntegerField()
    status = serializers.ChoiceField(choices=DoseStatus.choices)
    taken_at = serializers.DateTimeField(allow_null=True)
    taken_at_device = serializers.DateTimeField(allow_null=True)
    amount_taken = serializers.CharField(allow_null=True)
    skip_reason = serializers.ChoiceField(choices=SkipReason.choices, allow_null=True)
    skip_text = serializers.CharField(allow_blank=True)
    source = serializers.ChoiceField(choices=DoseSource.choices, allow_null=True)  # type: ignore[assignment]
    was_offline = serializers.BooleanField()
    early = serializers.BooleanField()
    possible_double = serializers.BooleanField()
    recorded_by_id = serializers.UUIDField(allow_null=True)
    recorded_at = serializers.DateTimeField(allow_null=True)
    snoozed_until = serializers.DateTimeField(allow_null=True)
    snooze_count = serializers.IntegerField()
    missed_at = serializers.DateTimeField(allow_null=True)


class ScheduleGroup(StrictSerializer):
    """One time of day."""

    period = serializers.ChoiceField(choices=TimePeriod.choices)
    color = serializers.CharField()
    doses = DoseOutput(many=True)


class ScheduleOutput(StrictSerializer):
    """A day by times of day; the four are always there."""

    date = serializers.DateField()
    daily_progress = serializers.IntegerField()
    groups = ScheduleGroup(many=True)


class TodayOutput(StrictSerializer):
    """Today in one list, with its figures; taken counts on time and late.

    ``lastIntakeAt`` and ``lastSyncAt`` (when the patient's phone last asked) are told to others only.
    """

    date = serializers.DateField()
    daily_progress = serializers.IntegerField()
    total = serializers.IntegerField()
    taken = serializers.IntegerField()
    on_time = serializers.IntegerField()
    missed = serializers.IntegerField()
    skipped = serializers.IntegerField()
    due = serializers.IntegerField()
    last_intake_at = serializers.DateTimeField(allow_null=True)
    last_sync_at = serializers.DateTimeField(allow_null=True)
    doses = DoseOutput(many=True)


class UpcomingOutput(StrictSerializer):
    """What comes next."""

    items = DoseOutput(many=True)


class DosePage(PageOutput):
    """A page of doses."""

    items = DoseOutput(many=True)


class HistoryOutput(DosePage):
    """A page of history; the percentage is that of the whole time asked for, null while no dose is closed."""

    start = serializers.DateField()
    end = serializers.DateField()
    adherence_percentage = serializers.IntegerField(allow_null=True)


class RecordedOutput(StrictSerializer):
    """The dose as it now is; ``warning`` is TWO_DOSES_TOGETHER when that should be said."""

    dose = DoseOutput()
    daily_progress = serializers.IntegerField()
    warning = serializers.CharField(allow_null=True)


class GroupResult(StrictSerializer):
    """What became of one dose of a group."""

    dose_id = serializers.UUIDField()
    outcome = serializers.ChoiceField(choices=["APPLIED", "MERGED", "SERVER_WINS", "REJECTED"])
    code = serializers.CharField(allow_null=True)
    dose = DoseOutput(allow_null=True)


class GroupOutput(StrictSerializer):
    """Per dose, in the order asked."""

    results = GroupResult(many=True)
    daily_progress = serializers.IntegerField()


class PrnStandingOutput(StrictSerializer):
    """How the ingredient stands: ``nextPossible`` null means nothing stands against an intake now."""

    medication_id = serializers.UUIDField()
    last_taken = serializers.DateTimeField(allow_null=True)
    next_possible = serializers.DateTimeField(allow_null=True)
    amount_in24_hours = serializers.CharField()
    max_per_day = serializers.CharField(allow_null=True)
    min_interval_hours = serializers.CharField(allow_null=True)


class PrnIntakeOutput(StrictSerializer):
    """An intake when needed, in answers and in the sync feed alike."""

    id = serializers.UUIDField()
    patient_id = serializers.UUIDField()
    prescription_id = serializers.UUIDField()
    medication_id = serializers.UUIDField()
    medication_name = serializers.CharField()
    medication_name_khmer = serializers.CharField(allow_blank=True)
    strength = serializers.CharField(allow_blank=True)
    unit = serializers.ChoiceField(choices=MedicineUnit.choices)
    taken_at = serializers.DateTimeField()
    amount = serializers.CharField()
    reason = serializers.CharField(allow_blank=True)
    over_limit = serializers.BooleanField()
    was_offline = serializers.BooleanField()
    recorded_by_id = serializers.UUIDField()
    recorded_at = serializers.DateTimeField()


class PrnOutput(StrictSerializer):
    """The intake, a warning when it went over the limit (OVER_LIMIT), and how the ingredient stands now."""

    intake = PrnIntakeOutput()
    warning = serializers.CharField(allow_null=True)
    standing = PrnStandingOutput()


class SyncResult(StrictSerializer):
    """What became of one event; ``reason`` is the code of a refusal."""

    local_id = serializers.CharField(allow_null=True)
    resolution = serializers.ChoiceField(choices=["APPLIED", "MERGED", "SERVER_WINS", "REJECTED"])
    reason = serializers.CharField(allow_null=True)
    dose = DoseOutput(allow_null=True)


class SyncOutput(StrictSerializer):
    """Counts and results in the order sent."""

    synced = serializers.IntegerField()
    failed = serializers.IntegerField()
    results = SyncResult(many=True)


class NudgeOutput(StrictSerializer):
    """How many are left for this dose."""

    remaining_nudges = serializers.IntegerField()


def recorded_answer(recorded: Any) -> Mapping[str, Any]:
    """``RecordedOutput`` of a service's answer."""
    return {
        "dose": recorded.dose,
        "dailyProgress": recorded.figures.progress,
        "warning": recorded.warning,
    }
