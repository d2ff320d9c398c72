"""Shapes of requests and answers. The reading keeps the specification's own names (snake_case)."""

from typing import Any

from rest_framework import serializers

from apps.medications.api.serializers import MedicationInput
from apps.ocr.choices import ScanError, ScanState
from apps.prescriptions.api.serializers import MOST_MEDICINES, TextField
from dastern.core.api.serializers import PageOutput, StrictSerializer

PHOTO_UPLOAD = {
    "type": "object",
    "properties": {
        "image": {"type": "string", "format": "binary", "description": "JPEG, PNG or WebP, at most 10 MB"},
        "patientId": {"type": "string", "format": "uuid", "description": "for whom; left out by a patient"},
    },
    "required": ["image"],
}


EXTRACT_UPLOAD = PHOTO_UPLOAD | {
    "properties": {**PHOTO_UPLOAD["properties"], "schema": {"type": "string", "enum": ["universal", "static"]}},  # type: ignore[dict-item]
}


class ScanInput(StrictSerializer):
    """POST scan, beside the file."""

    patient_id = serializers.UUIDField(required=False)


class ExtractQuery(StrictSerializer):
    """GET scans/{id}/extract."""

    schema = serializers.ChoiceField(choices=["universal", "static"], default="universal")


class ExtractInput(ScanInput, ExtractQuery):
    """POST extract, beside the file."""


class ConfirmedMedicineInput(MedicationInput):
    """A medicine that a person compared with the paper."""

    confirmed_by_user = serializers.BooleanField(required=False, default=False)


class ConfirmInput(StrictSerializer):
    """POST confirm: the medicines as POST prescriptions/patient takes them, each confirmed."""

    scan_id = serializers.UUIDField()
    patient_id = serializers.UUIDField(required=False)
    title = TextField(200)
    start_date = serializers.DateField()
    end_date = serializers.DateField(required=False, allow_null=True)
    symptoms = TextField(1000)
    diagnosis = TextField(1000)
    doctor_name = TextField(200)
    notes = TextField(4000)
    attach_image = serializers.BooleanField(required=False, default=True)
    medicines_on_paper = serializers.IntegerField(min_value=1, max_value=MOST_MEDICINES, required=False)
    safety_reason = TextField(500)
    medications = ConfirmedMedicineInput(many=True, allow_empty=False, max_length=MOST_MEDICINES)  # type: ignore[call-arg]


class CropQuery(StrictSerializer):
    """GET crop: the path of a field in the reading, such as ``medications[0].name``."""

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        """``field`` is a word that serializers use themselves."""
        return {"field": serializers.CharField(max_length=80)}


# --- answers: the reading ----------------------------------------------------------------------------------------


class CandidateOutput(serializers.Serializer[Any]):
    """A name of the lists that a reading may stand for."""

    name = serializers.CharField()
    score = serializers.FloatField()


class ReadLeafOutput(serializers.Serializer[Any]):
    """One value: null is not printed or not read. ``bbox`` is [x, y, width, height] in pixels of the page."""

    value = serializers.JSONField(allow_null=True)
    confidence = serializers.FloatField()
    bbox = serializers.ListField(child=serializers.IntegerField(), allow_null=True)
    raw = serializers.CharField(required=False)
    candidates = CandidateOutput(many=True, required=False)


class PaperHeadOutput(serializers.Serializer[Any]):
    """The top of the form."""

    facility_km = ReadLeafOutput()
    facility_en = ReadLeafOutput()
    code = ReadLeafOutput()


class PaperPatientOutput(serializers.Serializer[Any]):
    """Whose prescription it is."""

    name = ReadLeafOutput()
    age = ReadLeafOutput()
    sex = ReadLeafOutput()


class PaperDosesOutput(serializers.Serializer[Any]):
    """The four times of day; 0 for a dash or a blank cell."""

    morning = ReadLeafOutput()
    noon = ReadLeafOutput()
    evening = ReadLeafOutput()
    night = ReadLeafOutput()


class PaperRowOutput(serializers.Serializer[Any]):
    """One row of the paper."""

    no = ReadLeafOutput()
    name = ReadLeafOutput()
    strength = ReadLeafOutput()
    quantity = ReadLeafOutput()
    unit = ReadLeafOutput()
    unit_code = ReadLeafOutput()
    route = ReadLeafOutput()
    doses = PaperDosesOutput()
    dose_unit = ReadLeafOutput()
    meal = ReadLeafOutput()


class PaperFootOutput(serializers.Serializer[Any]):
    """The bottom of the form."""

    date = ReadLeafOutput()
    time = ReadLeafOutput()
    doctor = ReadLeafOutput()


class ReadingOutput(serializers.Serializer[Any]):
    """The flat shape."""

    header = PaperHeadOutput()
    patient = PaperPatientOutput()
    diagnosis = ReadLeafOutput(many=True)
    medications = PaperRowOutput(many=True)
    footer = PaperFootOutput()


class ScanWarningOutput(serializers.Serializer[Any]):
    """A warning, of a field or of the whole page (an empty field)."""

    code = serializers.CharField()
    detail = serializers.CharField(allow_blank=True)

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        """``field`` is a word that serializers use themselves."""
        return {**super().get_fields(), "field": serializers.CharField(allow_blank=True)}


class QualityOutput(serializers.Serializer[Any]):
    """What was measured on the photo."""

    width = serializers.IntegerField()
    height = serializers.IntegerField()
    dpi = serializers.IntegerField()
    sharpness = serializers.FloatField()
    brightness = serializers.FloatField()
    skew_degrees = serializers.FloatField()
    rotated_degrees = serializers.IntegerField()


class SummaryOutput(serializers.Serializer[Any]):
    """How sure the reading is, and what a person has to look at."""

    total_medications = serializers.IntegerField()
    confidence_score = serializers.FloatField()
    needs_review = serializers.BooleanField()
    fields_needing_review = serializers.ListField(child=serializers.CharField())
    warnings = ScanWarningOutput(many=True)
    processing_time_ms = serializers.IntegerField()
    engines_used = serializers.ListField(child=serializers.CharField())
    layout = serializers.CharField()
    quality = QualityOutput()


# --- answers: the scan -------------------------------------------------------------------------------------------


class BlockOutput(serializers.Serializer[Any]):
    """A piece of text as it was found."""

    text = serializers.CharField(allow_blank=True)
    confidence = serializers.FloatField()
    bbox = serializers.ListField(child=serializers.IntegerField())
    engine = serializers.CharField(allow_blank=True)
    region = serializers.CharField(allow_blank=True)


class ExtractOutput(StrictSerializer):
    """A reading in one of the long shapes; the one that was not asked for is null."""

    schema = serializers.ChoiceField(choices=["universal", "static"])
    universal = serializers.DictField(allow_null=True)
    static = serializers.DictField(allow_null=True)
    blocks = BlockOutput(many=True)


class ScanErrorOutput(StrictSerializer):
    """Why it could not be read; the medicines can be typed."""

    code = serializers.ChoiceField(choices=ScanError.choices)
    message = serializers.CharField()
    manual_entry = serializers.BooleanField()


class ScanCardOutput(StrictSerializer):
    """Where a scan stands."""

    scan_id = serializers.UUIDField()
    patient_id = serializers.UUIDField()
    state = serializers.ChoiceField(choices=ScanState.choices)
    stage = serializers.CharField(allow_null=True)
    progress = serializers.IntegerField()
    error = ScanErrorOutput(allow_null=True)
    prescription_id = serializers.UUIDField(allow_null=True)
    created_at = serializers.DateTimeField()
    expires_at = serializers.DateTimeField(allow_null=True)


class ScanPage(PageOutput):
    """Scans that wait for an answer."""

    items = ScanCardOutput(many=True)


class MatchOutput(StrictSerializer):
    """A medicine that the name may mean; none is chosen."""

    name = serializers.CharField()
    score = serializers.FloatField(allow_null=True)
    catalogue_id = serializers.UUIDField(allow_null=True)
    name_en = serializers.CharField(allow_null=True)
    name_km = serializers.CharField(allow_null=True)
    strengths = serializers.ListField(child=serializers.CharField())


class ReviewRowOutput(StrictSerializer):
    """One row: as a medicine to complete, and what its name may mean."""

    row = serializers.IntegerField()
    bbox = serializers.ListField(child=serializers.IntegerField(), allow_null=True)
    proposal = serializers.DictField()
    matches = MatchOutput(many=True)

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        """``field`` is a word that serializers use themselves."""
        return {**super().get_fields(), "field": serializers.CharField()}


class FlagOutput(StrictSerializer):
    """A field to look at."""

    level = serializers.ChoiceField(choices=["CHECK", "RETYPE"])
    warnings = serializers.ListField(child=serializers.CharField())

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        """``field`` is a word that serializers use themselves."""
        return {**super().get_fields(), "field": serializers.CharField()}


class ReviewOutput(StrictSerializer):
    """What a person confirms."""

    rows = ReviewRowOutput(many=True)
    flags = FlagOutput(many=True)


class PagePictureOutput(StrictSerializer):
    """The straightened page; boxes are in its pixels."""

    url = serializers.CharField()
    width = serializers.IntegerField()
    height = serializers.IntegerField()


class ScanOutput(ScanCardOutput):
    """A scan with its reading."""

    result = ReadingOutput(allow_null=True)
    review = ReviewOutput(allow_null=True)
    page = PagePictureOutput(allow_null=True)
    image = serializers.CharField(allow_null=True)

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        """The summary keeps the specification's name."""
        return {**super().get_fields(), "extraction_summary": SummaryOutput(allow_null=True)}


class EnginesOutput(StrictSerializer):
    """GET health."""

    ready = serializers.BooleanField()
    engines = serializers.ListField(child=serializers.CharField())
    missing = serializers.ListField(child=serializers.CharField())
    languages = serializers.ListField(child=serializers.CharField())
    manual_entry = serializers.BooleanField()
