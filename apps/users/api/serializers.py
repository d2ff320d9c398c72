"""Shapes of requests and answers."""

from typing import Any
from zoneinfo import available_timezones

from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from apps.users import registry
from apps.users.choices import GRACE_CHOICES, AccountStatus, Gender, Language, Role, Specialty, Theme
from apps.users.places import LENGTHS, place_of
from apps.users.rules import idpoor_normal, meals_in_order, nssf_normal, phone_valid
from dastern.core.api.exceptions import camel
from dastern.core.api.serializers import AsciiDigitsMixin, CodeField, StrictSerializer


class ClockField(AsciiDigitsMixin, serializers.TimeField):
    """``HH:mm``, maybe with Khmer digits."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(format="%H:%M", input_formats=["%H:%M"], **kwargs)


class MinutesField(AsciiDigitsMixin, serializers.IntegerField):
    """Minutes, maybe with Khmer digits."""


class AppearanceInput(StrictSerializer):
    """Language, theme and time zone."""

    language = serializers.ChoiceField(choices=Language.choices, required=False)
    theme = serializers.ChoiceField(choices=Theme.choices, required=False)
    timezone = serializers.CharField(max_length=64, required=False)

    def validate_timezone(self, value: str) -> str:
        """A zone of the IANA list."""
        if value not in available_timezones():
            raise serializers.ValidationError(_("Give a time zone such as Asia/Phnom_Penh."))
        return value


class ProfileInput(AppearanceInput):
    """PATCH users/me."""

    first_name = serializers.CharField(max_length=100, required=False)
    last_name = serializers.CharField(max_length=100, required=False)
    full_name = serializers.CharField(max_length=200, required=False)
    hospital_clinic = serializers.CharField(max_length=255, required=False, allow_blank=True)
    specialty = serializers.ChoiceField(choices=Specialty.choices, required=False)
    phone_number = CodeField(max_length=20, required=False)
    email = serializers.EmailField(max_length=255, required=False)

    def validate_phone_number(self, value: str) -> str:
        """With the country code."""
        if not phone_valid(value):
            raise serializers.ValidationError(_("Give the number with its country code, such as +85512345678."))
        return value

    def validate_email(self, value: str) -> str:
        """As it is stored."""
        return value.lower()


class IdentityInput(StrictSerializer):
    """PATCH users/me/identity: only what changes; null or blank forgets it.

    The smallest known place is enough: its code holds its ancestors. Codes given beside it must be those ancestors.
    """

    province_code = CodeField(max_length=2, required=False, allow_null=True, allow_blank=True)
    district_code = CodeField(max_length=4, required=False, allow_null=True, allow_blank=True)
    commune_code = CodeField(max_length=6, required=False, allow_null=True, allow_blank=True)
    village_code = CodeField(max_length=8, required=False, allow_null=True, allow_blank=True)
    id_poor_number = CodeField(max_length=40, required=False, allow_null=True, allow_blank=True)
    nssf_number = CodeField(max_length=40, required=False, allow_null=True, allow_blank=True)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """The columns of ``models.Identity``."""
        errors: dict[str, list[Any]] = {}
        given = {level: attrs[f"{level}_code"] or "" for level in LENGTHS if f"{level}_code" in attrs}
        changes: dict[str, str] = {}
        if given:
            changes["place_code"] = smallest = max(given.values(), key=len)
            for level, code in given.items():
                if code and (len(code) != LENGTHS[level] or place_of(code) is None):
                    errors[f"{level}Code"] = [_("There is no such place.")]
                elif code and not smallest.startswith(code):
                    errors[f"{level}Code"] = [_("This place does not lie in the other one.")]
        for name, column, normal in (
            ("id_poor_number", "idpoor_number", idpoor_normal),
            ("nssf_number", "nssf_number", nssf_normal),
        ):
            if name in attrs:
                number = normal(attrs[name]) if attrs[name] else ""
                if number is None:
                    errors[camel(name)] = [_("This number is not possible. Please check it.")]
                else:
                    changes[column] = number
        if errors:
            raise serializers.ValidationError(errors)
        return changes


class PlacesQuery(StrictSerializer):
    """Query of the places: those directly ``within`` another, or the provinces."""

    within = CodeField(max_length=8, required=False, default="")


class ExportQuery(StrictSerializer):
    """Query of the export."""

    format = serializers.ChoiceField(choices=["json", "pdf"], default="json")


class GraceInput(StrictSerializer):
    """PATCH users/me/grace-period."""

    minutes = MinutesField()

    def validate_minutes(self, value: int) -> int:
        """One of the four choices."""
        if value not in GRACE_CHOICES:
            raise serializers.ValidationError(_("Choose 10, 20, 30 or 60 minutes."))
        return value


class MealTimesInput(StrictSerializer):
    """PATCH users/settings/meal-times; all three, because their order matters."""

    morning_meal = ClockField()
    afternoon_meal = ClockField()
    night_meal = ClockField()

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """In the order of the day."""
        if not meals_in_order(attrs["morning_meal"], attrs["afternoon_meal"], attrs["night_meal"]):
            raise serializers.ValidationError({"morningMeal": [_("The meals must follow each other in the day.")]})
        return attrs


class NotificationSettingsInput(StrictSerializer):
    """PATCH users/settings/notifications; only what changes."""

    muted_types = serializers.ListField(child=serializers.CharField(max_length=32), max_length=40, required=False)
    email_enabled = serializers.BooleanField(required=False)
    push_enabled = serializers.BooleanField(required=False)
    quiet_from = ClockField(required=False, allow_null=True)
    quiet_until = ClockField(required=False, allow_null=True)
    repeat_reminders = serializers.BooleanField(required=False)
    sound = serializers.BooleanField(required=False)
    vibration = serializers.BooleanField(required=False)
    hide_names = serializers.BooleanField(required=False)
    daily_summary = serializers.BooleanField(required=False)
    weekly_digest = serializers.BooleanField(required=False)
    family_alert_minutes = MinutesField(min_value=30, max_value=240, required=False)

    def validate_muted_types(self, value: list[str]) -> list[str]:
        """Kinds of message that may be switched off; urgent changes and emergencies may not (domain.md §2.8)."""
        refused = sorted(set(value) - set(registry.mutable_types()))
        if refused:
            raise serializers.ValidationError(
                _("These messages cannot be switched off: %(types)s") % {"types": ", ".join(refused)}
            )
        return sorted(set(value))


class SettingsInput(AppearanceInput):
    """The act ``settings.changed``: what a phone may change while offline."""

    grace_period_minutes = MinutesField(required=False)
    meal_times = MealTimesInput(required=False)
    notifications = NotificationSettingsInput(required=False)

    def validate_grace_period_minutes(self, value: int) -> int:
        """One of the four choices."""
        if value not in GRACE_CHOICES:
            raise serializers.ValidationError(_("Choose 10, 20, 30 or 60 minutes."))
        return value


class DeletionInput(StrictSerializer):
    """DELETE users/me: the password, or a code of the purpose SENSITIVE_ACTION."""

    password = serializers.CharField(max_length=128, required=False, trim_whitespace=False)
    otp = CodeField(max_length=6, required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """One of the two."""
        if not attrs.get("password") and not attrs.get("otp"):
            raise serializers.ValidationError({"password": [_("Give your password, or a code.")]})
        return attrs


# --- answers ------------------------------------------------------------------------------------------------------


class ProfileOutput(StrictSerializer):
    """The own profile."""

    id = serializers.UUIDField()
    role = serializers.ChoiceField(choices=Role.choices)
    first_name = serializers.CharField(allow_blank=True)
    last_name = serializers.CharField(allow_blank=True)
    full_name = serializers.CharField()
    email = serializers.EmailField()
    phone_number = serializers.CharField(allow_null=True)
    gender = serializers.ChoiceField(choices=Gender.choices, allow_null=True)
    date_of_birth = serializers.DateField(allow_null=True)
    id_card_number = serializers.CharField(allow_null=True)
    profile_picture_url = serializers.CharField(allow_null=True)
    language = serializers.ChoiceField(choices=Language.choices)
    theme = serializers.ChoiceField(choices=Theme.choices)
    timezone = serializers.CharField()
    hospital_clinic = serializers.CharField(allow_null=True)
    specialty = serializers.ChoiceField(choices=Specialty.choices, allow_null=True)
    license_number = serializers.CharField(allow_null=True)
    grace_period_minutes = serializers.IntegerField()
    family_alert_minutes = serializers.IntegerField()
    account_status = serializers.ChoiceField(choices=AccountStatus.choices)
    created_at = serializers.DateTimeField()


class PlaceOutput(StrictSerializer):
    """A place with both of its names."""

    code = serializers.CharField()
    name_km = serializers.CharField()
    name_en = serializers.CharField()


class PlacesOutput(StrictSerializer):
    """GET users/places."""

    items = PlaceOutput(many=True)


class IdentityOutput(StrictSerializer):
    """The own identity in Cambodia's health system; ``address`` is the smallest place first."""

    family_name = serializers.CharField(allow_blank=True)
    given_name = serializers.CharField(allow_blank=True)
    province_code = serializers.CharField(allow_null=True)
    district_code = serializers.CharField(allow_null=True)
    commune_code = serializers.CharField(allow_null=True)
    village_code = serializers.CharField(allow_null=True)
    address = PlaceOutput(many=True)
    id_poor_number = serializers.CharField(allow_null=True)
    nssf_number = serializers.CharField(allow_null=True)


class DailyProgressOutput(StrictSerializer):
    """Today's doses of a patient."""

    taken = serializers.IntegerField()
    scheduled = serializers.IntegerField()
    percentage = serializers.IntegerField()


class MeOutput(ProfileOutput):
    """GET users/me: patients also get today's progress and the greeting."""

    storage_used = serializers.IntegerField()
    storage_quota = serializers.IntegerField()
    storage_percentage = serializers.IntegerField()
    subscription_tier = serializers.CharField()
    daily_progress = DailyProgressOutput(allow_null=True)
    greeting = serializers.ChoiceField(choices=["PRAISE", "ENCOURAGE", "STAY_ON_TRACK", "START"], allow_null=True)


class MealTimesOutput(StrictSerializer):
    """Meal times."""

    morning_meal = serializers.CharField()
    afternoon_meal = serializers.CharField()
    night_meal = serializers.CharField()
    is_default = serializers.BooleanField()


class NotificationSettingsOutput(StrictSerializer):
    """Notification switches."""

    muted_types = serializers.ListField(child=serializers.CharField())
    email_enabled = serializers.BooleanField()
    push_enabled = serializers.BooleanField()
    quiet_from = serializers.CharField(allow_null=True)
    quiet_until = serializers.CharField(allow_null=True)
    repeat_reminders = serializers.BooleanField()
    sound = serializers.BooleanField()
    vibration = serializers.BooleanField()
    hide_names = serializers.BooleanField()
    daily_summary = serializers.BooleanField()
    weekly_digest = serializers.BooleanField()
    family_alert_minutes = serializers.IntegerField()


class StorageOutput(StrictSerializer):
    """What the own data takes, in bytes."""

    used = serializers.IntegerField()
    quota = serializers.IntegerField()
    percentage = serializers.IntegerField()
    breakdown = serializers.DictField(child=serializers.IntegerField())


class DeletionOutput(StrictSerializer):
    """When everything is erased."""

    erased_at = serializers.DateTimeField()
