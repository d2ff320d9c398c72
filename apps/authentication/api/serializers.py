"""Shapes of requests and answers."""

from typing import Any

from django.core.validators import RegexValidator
from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from apps.authentication.choices import OtpPurpose
from apps.users.choices import AccountStatus, Gender, Language, Role, Specialty, Theme
from dastern.core.api.serializers import CodeField, PageOutput, StrictSerializer


def _password() -> serializers.CharField:
    """A password as typed; its strength is judged by the service."""
    return serializers.CharField(max_length=128, trim_whitespace=False)


def _identifier() -> serializers.CharField:
    """An e-mail address or phone number."""
    return serializers.CharField(max_length=255)


def _code() -> CodeField:
    """Six digits, maybe Khmer ones."""
    return CodeField(
        min_length=6, max_length=6, validators=[RegexValidator(r"\A[0-9]{6}\Z", _("Give the six digits of the code."))]
    )


def _language() -> serializers.ChoiceField:
    return serializers.ChoiceField(choices=Language.choices, default=Language.KHMER)


def _phone() -> serializers.CharField:
    return serializers.CharField(max_length=30, required=False, allow_null=True, allow_blank=True)


class DeviceFields(StrictSerializer):
    """What every way of signing in takes about the device."""

    device_name = serializers.CharField(max_length=120, required=False, allow_blank=True, default="")
    remember_me = serializers.BooleanField(required=False, default=False)


class PatientInput(StrictSerializer):
    """POST register/patient."""

    first_name = serializers.CharField(max_length=100)
    last_name = serializers.CharField(max_length=99)  # the full name holds both
    gender = serializers.ChoiceField(choices=Gender.choices)
    date_of_birth = serializers.DateField()
    email = serializers.EmailField(max_length=255)
    password = _password()
    phone_number = _phone()
    id_card_number = CodeField(max_length=50, required=False, allow_null=True)
    language = _language()


class DoctorInput(StrictSerializer):
    """POST register/doctor."""

    full_name = serializers.CharField(max_length=200)
    email = serializers.EmailField(max_length=255)
    password = _password()
    license_number = serializers.CharField(max_length=100)
    phone_number = _phone()
    hospital_clinic = serializers.CharField(max_length=255, required=False, allow_blank=True, default="")
    specialty = serializers.ChoiceField(choices=Specialty.choices, required=False, default="")
    language = _language()


class DoctorUploadInput(DoctorInput):
    """POST register/doctor as a form, with the photo of the licence."""

    license_photo = serializers.FileField(required=False)


class CaregiverInput(StrictSerializer):
    """POST register/caregiver."""

    first_name = serializers.CharField(max_length=100)
    last_name = serializers.CharField(max_length=99)
    email = serializers.EmailField(max_length=255)
    password = _password()
    phone_number = _phone()
    language = _language()


class OtpSendInput(StrictSerializer):
    """POST otp/send."""

    identifier = _identifier()
    purpose = serializers.ChoiceField(choices=OtpPurpose.choices, default=OtpPurpose.VERIFY_ACCOUNT)


class OtpVerifyInput(DeviceFields):
    """POST otp/verify."""

    identifier = _identifier()
    otp = _code()


class LoginInput(DeviceFields):
    """POST login."""

    identifier = _identifier()
    password = _password()
    code = CodeField(max_length=20, required=False, allow_blank=True, default="")


class GoogleInput(DeviceFields):
    """POST google; ``userRole`` counts for new accounts only."""

    id_token = serializers.CharField(max_length=5000)
    user_role = serializers.ChoiceField(choices=Role.choices, required=False, default=Role.PATIENT)
    code = CodeField(max_length=20, required=False, allow_blank=True, default="")


class RefreshInput(StrictSerializer):
    """POST refresh."""

    refresh_token = serializers.CharField(max_length=2000)


class LogoutInput(StrictSerializer):
    """POST logout."""

    refresh_token = serializers.CharField(max_length=2000, required=False, allow_blank=True, default="")
    all_devices = serializers.BooleanField(required=False, default=False)


class IdentifierInput(StrictSerializer):
    """POST forgot-password."""

    identifier = _identifier()


class ResetInput(StrictSerializer):
    """POST reset-password."""

    token = serializers.CharField(max_length=200)
    new_password = _password()


class ResetByCodeInput(StrictSerializer):
    """POST reset-password-otp."""

    identifier = _identifier()
    otp = _code()
    new_password = _password()


class ChangePasswordInput(StrictSerializer):
    """POST change-password."""

    current_password = _password()
    new_password = _password()


class ContactInput(StrictSerializer):
    """POST contact: one of the two."""

    email = serializers.EmailField(max_length=255, required=False)
    phone_number = serializers.CharField(max_length=30, required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Exactly one."""
        if len(attrs) != 1:
            raise serializers.ValidationError({"email": [_("Give either a new e-mail or a new phone number.")]})
        return attrs


class OtpInput(StrictSerializer):
    """POST contact/confirm."""

    otp = _code()


class CredentialsInput(StrictSerializer):
    """POST deletion/cancel."""

    identifier = _identifier()
    password = _password()


# --- answers ------------------------------------------------------------------------------------------------------


class RegisteredOutput(StrictSerializer):
    """An account that waits for its code."""

    user_id = serializers.UUIDField()
    account_status = serializers.ChoiceField(choices=AccountStatus.choices)
    otp_expires_in = serializers.IntegerField()


class OtpSentOutput(StrictSerializer):
    """When the code ends and when another may be asked for."""

    expires_in = serializers.IntegerField()
    resend_after = serializers.IntegerField()


class LinkSentOutput(StrictSerializer):
    """How long a mailed link works."""

    expires_in = serializers.IntegerField()


class AccountOutput(StrictSerializer):
    """The safe profile."""

    id = serializers.UUIDField()
    role = serializers.ChoiceField(choices=Role.choices)
    first_name = serializers.CharField(allow_blank=True)
    last_name = serializers.CharField(allow_blank=True)
    full_name = serializers.CharField()
    email = serializers.EmailField()
    phone_number = serializers.CharField(allow_null=True)
    gender = serializers.ChoiceField(choices=Gender.choices, allow_null=True)
    date_of_birth = serializers.DateField(allow_null=True)
    language = serializers.ChoiceField(choices=Language.choices)
    theme = serializers.ChoiceField(choices=Theme.choices)
    timezone = serializers.CharField()
    account_status = serializers.ChoiceField(choices=AccountStatus.choices)
    email_verified = serializers.BooleanField()
    created_at = serializers.DateTimeField()


class PairOutput(StrictSerializer):
    """A new pair; ``expiresIn`` seconds of the access token."""

    access_token = serializers.CharField()
    refresh_token = serializers.CharField()
    expires_in = serializers.IntegerField()


class SignedInOutput(PairOutput):
    """The answer to signing in."""

    user = AccountOutput()


class GoogleOutput(SignedInOutput):
    """As login."""

    is_new_user = serializers.BooleanField()


class SessionOutput(StrictSerializer):
    """One of the own devices."""

    id = serializers.UUIDField()
    device_name = serializers.CharField(allow_blank=True)
    user_agent = serializers.CharField(allow_blank=True)
    ip_address = serializers.CharField(allow_blank=True)
    started_at = serializers.DateTimeField()
    last_used_at = serializers.DateTimeField()
    expires_at = serializers.DateTimeField()
    current = serializers.BooleanField()


class SessionPage(PageOutput):
    """A page of devices."""

    items = SessionOutput(many=True)
