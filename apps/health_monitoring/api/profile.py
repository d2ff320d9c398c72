"""Endpoints and shapes of the health profile."""

from typing import Any
from uuid import UUID

from django.core.validators import RegexValidator
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import OpenApiExample, extend_schema, extend_schema_serializer
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from apps.health_monitoring import services
from apps.health_monitoring.api.serializers import PatientQuery
from apps.health_monitoring.choices import AllergySeverity, BloodType
from apps.health_monitoring.selectors.profile import profile_of
from dastern.core.api.serializers import CodeField, StrictSerializer
from dastern.core.api.views import ApiView


class HealthProfileInput(PatientQuery):
    """PATCH profile: what is left out stays, null forgets."""

    blood_type = serializers.ChoiceField(choices=BloodType.choices, required=False, allow_null=True)
    no_known_allergies = serializers.BooleanField(required=False)
    pregnant_since = serializers.DateField(required=False, allow_null=True)
    pregnancy_due = serializers.DateField(required=False, allow_null=True)
    pregnancy_ended = serializers.DateField(required=False, allow_null=True)
    breastfeeding_since = serializers.DateField(required=False, allow_null=True)
    breastfeeding_until = serializers.DateField(required=False, allow_null=True)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """The column of the blood type is never null."""
        if "blood_type" in attrs:
            attrs["blood_type"] = attrs["blood_type"] or ""
        return attrs


@extend_schema_serializer(
    examples=[
        OpenApiExample(
            "allergy",
            value={"substance": "Amoxicillin", "reaction": "Rash", "severity": "MODERATE"},
            request_only=True,
        )
    ]
)
class AllergyInput(PatientQuery):
    """POST profile/allergies: a substance, a brand, a Khmer name or a class of medicines."""

    substance = serializers.CharField(max_length=120)
    reaction = serializers.CharField(max_length=200, required=False, allow_blank=True)
    severity = serializers.ChoiceField(choices=AllergySeverity.choices, default=AllergySeverity.UNKNOWN)


@extend_schema_serializer(examples=[OpenApiExample("illness", value={"name": "Hypertension"}, request_only=True)])
class ConditionInput(PatientQuery):
    """POST profile/conditions."""

    name = serializers.CharField(max_length=120)
    since = serializers.DateField(required=False, allow_null=True)
    note = serializers.CharField(max_length=500, required=False, allow_blank=True)


@extend_schema_serializer(
    examples=[
        OpenApiExample(
            "contact",
            value={"name": "Dara", "phoneNumber": "+85512345678", "relationship": "daughter"},
            request_only=True,
        )
    ]
)
class EmergencyContactInput(PatientQuery):
    """POST profile/contacts."""

    name = serializers.CharField(max_length=100)
    phone_number = CodeField(
        max_length=20,
        validators=[RegexValidator(r"^\+?[0-9]{3,15}$", _("Give a phone number in digits, such as +85512345678."))],
    )
    relationship = serializers.CharField(max_length=50, required=False, allow_blank=True)


class AllergyOutput(StrictSerializer):
    """One allergy; ``isChecked`` false: the catalogue does not know it, so no medicine is compared with it."""

    id = serializers.UUIDField()
    substance = serializers.CharField()
    reaction = serializers.CharField(allow_blank=True)
    severity = serializers.ChoiceField(choices=AllergySeverity.choices)
    is_checked = serializers.BooleanField()
    recorded_by_id = serializers.UUIDField()
    recorded_at = serializers.DateTimeField()


class ConditionOutput(StrictSerializer):
    """One long-standing illness."""

    id = serializers.UUIDField()
    name = serializers.CharField()
    since = serializers.DateField(allow_null=True)
    note = serializers.CharField(allow_blank=True)
    recorded_by_id = serializers.UUIDField()
    recorded_at = serializers.DateTimeField()


class EmergencyContactOutput(StrictSerializer):
    """One person to call."""

    id = serializers.UUIDField()
    name = serializers.CharField()
    phone_number = serializers.CharField()
    relationship = serializers.CharField(allow_blank=True)


class HealthProfileOutput(StrictSerializer):
    """The health profile; ``emergencyContacts`` null: not shown to this viewer."""

    patient_id = serializers.UUIDField()
    blood_type = serializers.ChoiceField(choices=BloodType.choices, allow_null=True)
    no_known_allergies = serializers.BooleanField()
    allergies = AllergyOutput(many=True)
    conditions = ConditionOutput(many=True)
    pregnant_since = serializers.DateField(allow_null=True)
    pregnancy_due = serializers.DateField(allow_null=True)
    pregnancy_ended = serializers.DateField(allow_null=True)
    is_pregnant_or_six_weeks_after = serializers.BooleanField()
    breastfeeding_since = serializers.DateField(allow_null=True)
    breastfeeding_until = serializers.DateField(allow_null=True)
    is_breastfeeding = serializers.BooleanField()
    emergency_contacts = EmergencyContactOutput(many=True, allow_null=True)
    updated_at = serializers.DateTimeField(allow_null=True)


class ProfileView(ApiView):
    """The health profile."""

    @extend_schema(parameters=[PatientQuery], responses={200: HealthProfileOutput})
    def get(self, request: Request) -> Response:
        """One's own, or that of a patient whose vitals one sees or for whom one may prescribe."""
        return self.answer(profile_of(self.actor(), **self.parse_query(PatientQuery)))

    @extend_schema(request=HealthProfileInput, responses={200: HealthProfileOutput})
    def patch(self, request: Request) -> Response:
        """Change blood type, pregnancy, breast-feeding, or say that there are no known allergies."""
        changes = self.parse(HealthProfileInput)
        patient_id = changes.pop("patient_id", None)
        return self.answer(services.profile_change(actor=self.actor(), changes=changes, patient_id=patient_id))


class AllergiesView(ApiView):
    """Allergies."""

    @extend_schema(request=AllergyInput, responses={201: HealthProfileOutput})
    def post(self, request: Request) -> Response:
        """Record an allergy. Answers the whole profile."""
        return self.answer(services.allergy_add(actor=self.actor(), **self.parse(AllergyInput)), status=201)


class AllergyView(ApiView):
    """One allergy."""

    @extend_schema(responses={204: None})
    def delete(self, request: Request, pk: UUID) -> Response:
        """Take it out of the profile: the patient, or who recorded it."""
        services.allergy_remove(actor=self.actor(), allergy_id=pk)
        return self.answer(status=204)


class ConditionsView(ApiView):
    """Long-standing illnesses."""

    @extend_schema(request=ConditionInput, responses={201: HealthProfileOutput})
    def post(self, request: Request) -> Response:
        """Record an illness. Answers the whole profile."""
        return self.answer(services.condition_add(actor=self.actor(), **self.parse(ConditionInput)), status=201)


class ConditionView(ApiView):
    """One illness."""

    @extend_schema(responses={204: None})
    def delete(self, request: Request, pk: UUID) -> Response:
        """Take it out of the profile: the patient, or who recorded it."""
        services.condition_remove(actor=self.actor(), condition_id=pk)
        return self.answer(status=204)


class ContactsView(ApiView):
    """People to call."""

    @extend_schema(request=EmergencyContactInput, responses={201: HealthProfileOutput})
    def post(self, request: Request) -> Response:
        """Record whom to call. Answers the whole profile."""
        return self.answer(services.contact_add(actor=self.actor(), **self.parse(EmergencyContactInput)), status=201)


class ContactView(ApiView):
    """One person to call."""

    @extend_schema(responses={204: None})
    def delete(self, request: Request, pk: UUID) -> Response:
        """Take the person out of the profile."""
        services.contact_remove(actor=self.actor(), contact_id=pk)
        return self.answer(status=204)
