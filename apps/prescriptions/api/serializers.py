"""Shapes of requests and answers."""

from collections.abc import Mapping
from typing import Any

from rest_framework import serializers

from apps.medications.api.serializers import MedicationInput, MedicationOutput, WarningOutput
from apps.prescriptions.choices import PrescriptionSource, PrescriptionStatus, VersionState
from apps.prescriptions.services.content import HEADER_FIELDS
from apps.users.choices import Gender, Specialty
from dastern.core.api.serializers import NumberField, PageOutput, StrictSerializer

MOST_MEDICINES = 50


class TextField(serializers.CharField):
    """A text that may be left out or blank."""

    def __init__(self, max_length: int, **kwargs: Any) -> None:
        super().__init__(max_length=max_length, required=False, allow_blank=True, **kwargs)


class HeaderInput(StrictSerializer):
    """What is written above the medicines."""

    title = TextField(200)
    symptoms = TextField(1000)
    diagnosis = TextField(1000)
    clinical_note = TextField(4000)
    follow_up_date = serializers.DateField(required=False, allow_null=True)
    start_date = serializers.DateField(required=False)
    end_date = serializers.DateField(required=False, allow_null=True)


class CreateInput(HeaderInput):
    """POST prescriptions: a doctor writes."""

    patient_id = serializers.UUIDField()
    is_urgent = serializers.BooleanField(required=False)
    urgent_reason = TextField(500)
    safety_reason = TextField(500)
    medications = MedicationInput(many=True, allow_empty=False, max_length=MOST_MEDICINES)  # type: ignore[call-arg]


class PatientCreateInput(StrictSerializer):
    """POST prescriptions/patient: the patient enters what is on a paper or a box."""

    title = serializers.CharField(max_length=200)
    start_date = serializers.DateField()
    end_date = serializers.DateField(required=False, allow_null=True)
    diagnosis = TextField(1000)
    doctor_name = TextField(200)
    notes = TextField(4000)
    safety_reason = TextField(500)
    medications = MedicationInput(many=True, allow_empty=False, max_length=MOST_MEDICINES)  # type: ignore[call-arg]


class ChangeInput(HeaderInput):
    """PATCH: only what changes; ``medications`` is the whole new list. ``updatedAt`` is the one that was read."""

    doctor_name = TextField(200)
    medications = MedicationInput(many=True, allow_empty=False, max_length=MOST_MEDICINES, required=False)  # type: ignore[call-arg]
    change_reason = TextField(500)
    safety_reason = TextField(500)
    updated_at = serializers.DateTimeField(required=False)


class UrgentInput(ChangeInput):
    """POST urgent-update."""

    urgent_reason = serializers.CharField(max_length=500)


class CheckInput(StrictSerializer):
    """POST prescriptions/check: medicines that somebody is about to write."""

    patient_id = serializers.UUIDField(required=False)
    medications = MedicationInput(many=True, allow_empty=False, max_length=MOST_MEDICINES)  # type: ignore[call-arg]


class CheckOutput(StrictSerializer):
    """What the safety check says; ``keys`` are places in the list that was sent, or ids of medicines taken already."""

    warnings = WarningOutput(many=True)


class ReasonInput(StrictSerializer):
    """A step that may carry a reason."""

    reason = TextField(500)


class RetakeInput(StrictSerializer):
    """POST retake."""

    reason = serializers.CharField(max_length=500)


class ListQuery(StrictSerializer):
    """Query of GET prescriptions."""

    patient_id = serializers.UUIDField(required=False)
    status = serializers.ChoiceField(choices=PrescriptionStatus.choices, required=False)


class DiffQuery(StrictSerializer):
    """Query of GET versions/diff: ``from`` and ``to`` are version numbers."""

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        """The first is a word of Python's own."""
        return {name: serializers.IntegerField(min_value=1, max_value=32767) for name in ("from", "to")}


class MedicineAddInput(MedicationInput):
    """POST prescriptions/{id}/medications."""

    safety_reason = TextField(500)


class MedicineChangeInput(MedicineAddInput):
    """PATCH medications/{id}: only what changes; what results is checked as a whole (MedicineAddInput)."""

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        """The same fields, none required."""
        fields = super().get_fields()
        for field in fields.values():
            field.required = False
        return fields


class MedicineSettingsInput(StrictSerializer):
    """The patient's own settings of a medicine."""

    reminder_enabled = serializers.BooleanField(required=False)
    private = serializers.BooleanField(required=False)
    stock_count = NumberField(max_digits=8, decimal_places=2, min_value=0, required=False, allow_null=True)


def header_of(body: Mapping[str, Any]) -> dict[str, Any]:
    """The header fields of validated input, as services take them: only what was given."""
    return {name: body[name] for name in HEADER_FIELDS if name in body}


def entered(body: Mapping[str, Any]) -> dict[str, Any]:
    """The header of a validated PatientCreateInput; the patient's notes take the clinical note's place."""
    return header_of(body) | {"clinical_note": body.get("notes", "")}


# --- answers ------------------------------------------------------------------------------------------------------


class DoctorCardOutput(StrictSerializer):
    """The doctor who wrote it."""

    id = serializers.UUIDField()
    full_name = serializers.CharField()
    specialty = serializers.ChoiceField(choices=Specialty.choices, allow_null=True)
    hospital_clinic = serializers.CharField(allow_null=True)
    verified_doctor = serializers.BooleanField()


class HeaderOutput(StrictSerializer):
    """The part that versions keep."""

    title = serializers.CharField(allow_blank=True)
    symptoms = serializers.CharField(allow_blank=True)
    diagnosis = serializers.CharField(allow_blank=True)
    clinical_note = serializers.CharField(allow_blank=True)
    doctor_name = serializers.CharField(allow_blank=True)
    follow_up_date = serializers.DateField(allow_null=True)
    start_date = serializers.DateField()
    end_date = serializers.DateField(allow_null=True)


class VersionCardOutput(StrictSerializer):
    """A version without its content."""

    version_number = serializers.IntegerField()
    state = serializers.ChoiceField(choices=VersionState.choices)
    is_urgent = serializers.BooleanField()
    change_reason = serializers.CharField(allow_blank=True)
    author_id = serializers.UUIDField(allow_null=True)
    created_at = serializers.DateTimeField()
    decided_at = serializers.DateTimeField(allow_null=True)


class VersionOutput(VersionCardOutput):
    """A version: header and medicines after that change."""

    header = HeaderOutput()
    medications = MedicationOutput(many=True)


class VersionPage(PageOutput):
    """Versions of a prescription."""

    items = VersionCardOutput(many=True)


class PrescriptionOutput(HeaderOutput):
    """A prescription with its medicines in force, its versions in short, and a change that waits for the patient."""

    id = serializers.UUIDField()
    patient_id = serializers.UUIDField()
    patient_name = serializers.CharField()
    patient_gender = serializers.ChoiceField(choices=Gender.choices, allow_null=True)
    patient_age = serializers.IntegerField(allow_null=True)
    doctor_id = serializers.UUIDField(allow_null=True)
    doctor = DoctorCardOutput(allow_null=True)
    doctor_license_number = serializers.CharField(allow_blank=True)
    last_day = serializers.DateField(allow_null=True)
    status = serializers.ChoiceField(choices=PrescriptionStatus.choices)
    source = serializers.ChoiceField(choices=PrescriptionSource.choices)  # type: ignore[assignment]
    current_version = serializers.IntegerField()
    is_urgent = serializers.BooleanField()
    urgent_reason = serializers.CharField(allow_blank=True)
    urgent_acknowledged_at = serializers.DateTimeField(allow_null=True)
    retake_reason = serializers.CharField(allow_blank=True)
    activated_at = serializers.DateTimeField(allow_null=True)
    paused_at = serializers.DateTimeField(allow_null=True)
    stopped_at = serializers.DateTimeField(allow_null=True)
    stopped_reason = serializers.CharField(allow_blank=True)
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()
    medications = MedicationOutput(many=True)
    versions = VersionCardOutput(many=True)
    proposal = VersionOutput(allow_null=True)


class PrescriptionPage(PageOutput):
    """Prescriptions."""

    items = PrescriptionOutput(many=True)


class WrittenOutput(PrescriptionOutput):
    """The answer to a write of content: the prescription, and what the safety check says about it."""

    warnings = WarningOutput(many=True)


class MedicineWrittenOutput(MedicationOutput):
    """A medicine after a write, the version that holds it (APPLIED or PROPOSED), and the safety check."""

    version_number = serializers.IntegerField()
    version_state = serializers.ChoiceField(choices=VersionState.choices)
    warnings = WarningOutput(many=True)


class ShareOutput(StrictSerializer):
    """POST share."""

    url = serializers.CharField()
    expires_at = serializers.DateTimeField()


class FieldChangeOutput(StrictSerializer):
    """One field before and after; the values have the field's own shape."""

    field = serializers.CharField()
    old = serializers.JSONField(allow_null=True)
    new = serializers.JSONField(allow_null=True)


class MedicineChangeOutput(StrictSerializer):
    """A medicine that both versions name, and what differs."""

    medicine_name = serializers.CharField()
    strength = serializers.CharField(allow_blank=True)

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        """Adds ``fields``, a word that serializers use themselves."""
        return {**super().get_fields(), "fields": FieldChangeOutput(many=True)}


class DiffOutput(StrictSerializer):
    """GET versions/diff."""

    header = FieldChangeOutput(many=True)
    added = MedicationOutput(many=True)
    removed = MedicationOutput(many=True)
    changed = MedicineChangeOutput(many=True)

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        """Adds from and to."""
        numbers = {name: serializers.IntegerField() for name in ("from", "to")}
        return {**numbers, **super().get_fields()}
