"""Endpoints of signing up, in and out (domain.md §2.1)."""

from typing import Any
from uuid import UUID

from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema
from rest_framework.parsers import MultiPartParser
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response

from apps.authentication import services
from apps.authentication.api import serializers as shapes
from apps.authentication.choices import OtpPurpose
from apps.authentication.rules import OTP_LIFE, OTP_PAUSE, RESET_LIFE, identifier_normal
from apps.authentication.selectors import account_of, sessions_of
from apps.authentication.wire import account_wire, pair_wire, sessions_wire, signed_in_wire
from apps.users.choices import Role
from apps.users.models import User
from dastern.core import clock, ratelimit
from dastern.core.actor import Actor
from dastern.core.api.authentication import visitor_of
from dastern.core.api.pagination import PAGES, page_of
from dastern.core.api.parsers import StrictJSONParser
from dastern.core.api.views import ApiView

OTP_SENT = {"expiresIn": int(OTP_LIFE.total_seconds()), "resendAfter": int(OTP_PAUSE.total_seconds())}


class PublicView(ApiView):
    """For anybody. A token that happens to be sent is not looked at."""

    authentication_classes = []
    permission_classes = [AllowAny]

    def visitor(self) -> Actor:
        """Who stands before the door."""
        return visitor_of(self.request)

    def limit(self, scope: str, account: str = "") -> None:
        """Count this call for the address and, if given, for the account. Raises Throttled."""
        subjects = [f"address:{self.visitor().ip}"]
        if account:
            subjects.append(f"account:{identifier_normal(account)}")
        ratelimit.check(self.request, scope, *subjects)


def _registered(user: User) -> dict[str, Any]:
    return {
        "userId": str(user.id),
        "accountStatus": user.account_status,
        "otpExpiresIn": int(OTP_LIFE.total_seconds()),
    }


class RegisterPatientView(PublicView):
    """New patients."""

    @extend_schema(request=shapes.PatientInput, responses={201: shapes.RegisteredOutput})
    def post(self, request: Request) -> Response:
        """Register a patient; a code is mailed."""
        body = self.parse(shapes.PatientInput)
        self.limit("register", body["email"])
        return self.answer(_registered(services.account_register_patient(actor=self.visitor(), **body)), status=201)


class RegisterDoctorView(PublicView):
    """New doctors."""

    parser_classes = [StrictJSONParser, MultiPartParser]

    @extend_schema(
        request={"application/json": shapes.DoctorInput, "multipart/form-data": shapes.DoctorUploadInput},
        responses={201: shapes.RegisteredOutput},
    )
    def post(self, request: Request) -> Response:
        """Register a doctor; a code is mailed, and staff check the licence. A form may carry its photo."""
        body = self.parse(shapes.DoctorUploadInput)
        self.limit("register", body["email"])
        return self.answer(_registered(services.account_register_doctor(actor=self.visitor(), **body)), status=201)


class RegisterCaregiverView(PublicView):
    """New caregivers."""

    @extend_schema(request=shapes.CaregiverInput, responses={201: shapes.RegisteredOutput})
    def post(self, request: Request) -> Response:
        """Register somebody who only cares for others; a code is mailed."""
        body = self.parse(shapes.CaregiverInput)
        self.limit("register", body["email"])
        return self.answer(_registered(services.account_register_caregiver(actor=self.visitor(), **body)), status=201)


class OtpSendView(PublicView):
    """Codes."""

    @extend_schema(request=shapes.OtpSendInput, responses={200: shapes.OtpSentOutput})
    def post(self, request: Request) -> Response:
        """Mail a code; the answer is the same for unknown people."""
        body = self.parse(shapes.OtpSendInput)
        self.limit("otp_send", body["identifier"])
        services.otp_send(identifier=body["identifier"], purpose=OtpPurpose(body["purpose"]))
        return self.answer({"expiresIn": int(OTP_LIFE.total_seconds()), "resendAfter": int(OTP_PAUSE.total_seconds())})


class OtpVerifyView(PublicView):
    """Confirming."""

    @extend_schema(request=shapes.OtpVerifyInput, responses={200: shapes.SignedInOutput})
    def post(self, request: Request) -> Response:
        """Confirm the e-mail address with the mailed code, and sign in."""
        body = self.parse(shapes.OtpVerifyInput)
        self.limit("otp_verify", body["identifier"])
        session = services.account_verify(
            identifier=body["identifier"],
            code=body["otp"],
            actor=self.visitor(),
            device_name=body["device_name"],
            remember=body["remember_me"],
        )
        return self.answer(signed_in_wire(session))


class LoginView(PublicView):
    """Signing in."""

    @extend_schema(request=shapes.LoginInput, responses={200: shapes.SignedInOutput})
    def post(self, request: Request) -> Response:
        """Sign in by e-mail or phone number and password."""
        body = self.parse(shapes.LoginInput)
        self.limit("login", body["identifier"])
        session = services.login(
            identifier=body["identifier"],
            password=body["password"],
            actor=self.visitor(),
            device_name=body["device_name"],
            remember=body["remember_me"],
            code=body["code"],
        )
        return self.answer(signed_in_wire(session))


class GoogleView(PublicView):
    """Signing in with Google."""

    @extend_schema(request=shapes.GoogleInput, responses={200: shapes.GoogleOutput})
    def post(self, request: Request) -> Response:
        """Sign in, or up, with an ID token of Google."""
        body = self.parse(shapes.GoogleInput)
        self.limit("google")
        session, is_new = services.google_sign_in(
            id_token=body["id_token"],
            role=Role(body["user_role"]),
            actor=self.visitor(),
            device_name=body["device_name"],
            remember=body["remember_me"],
            code=body["code"],
        )
        return self.answer(signed_in_wire(session) | {"isNewUser": is_new})


class RefreshView(PublicView):
    """New pairs."""

    @extend_schema(request=shapes.RefreshInput, responses={200: shapes.PairOutput})
    def post(self, request: Request) -> Response:
        """Exchange a refresh token, once, for a new pair."""
        token = self.parse(shapes.RefreshInput)["refresh_token"]
        return self.answer(pair_wire(services.session_refresh(token=token, actor=self.visitor())))


class LogoutView(ApiView):
    """Signing out."""

    @extend_schema(request=shapes.LogoutInput, responses={204: None})
    def post(self, request: Request) -> Response:
        """End this session, the one of a refresh token, or all of mine."""
        services.logout(actor=self.actor(), **self.parse(shapes.LogoutInput))
        return self.answer(status=204)


class MeView(ApiView):
    """Me."""

    @extend_schema(responses={200: shapes.AccountOutput})
    def get(self, request: Request) -> Response:
        """My account."""
        return self.answer(account_wire(account_of(self.actor())))


class ForgotPasswordView(PublicView):
    """Forgotten passwords."""

    @extend_schema(request=shapes.IdentifierInput, responses={200: shapes.LinkSentOutput})
    def post(self, request: Request) -> Response:
        """Mail a reset link; the answer is the same for unknown people."""
        identifier = self.parse(shapes.IdentifierInput)["identifier"]
        self.limit("forgot_password", identifier)
        services.password_forgotten(identifier=identifier)
        return self.answer(
            {"expiresIn": int(RESET_LIFE.total_seconds())}, _("If we know this account, we have sent it a link.")
        )


class ResetPasswordView(PublicView):
    """Reset links."""

    @extend_schema(request=shapes.ResetInput, responses={204: None})
    def post(self, request: Request) -> Response:
        """Choose a new password with a mailed link; every session ends."""
        body = self.parse(shapes.ResetInput)
        self.limit("otp_verify")
        services.password_reset(actor=self.visitor(), **body)
        return self.answer(status=204)


class ResetPasswordByCodeView(PublicView):
    """Reset codes."""

    @extend_schema(request=shapes.ResetByCodeInput, responses={204: None})
    def post(self, request: Request) -> Response:
        """Choose a new password with a mailed code; every session ends."""
        body = self.parse(shapes.ResetByCodeInput)
        self.limit("otp_verify", body["identifier"])
        services.password_reset_by_code(
            identifier=body["identifier"], code=body["otp"], new_password=body["new_password"], actor=self.visitor()
        )
        return self.answer(status=204)


class ChangePasswordView(ApiView):
    """A new password."""

    @extend_schema(request=shapes.ChangePasswordInput, responses={200: shapes.SignedInOutput})
    def post(self, request: Request) -> Response:
        """Change my password: every session ends, and this device gets a new one."""
        actor = self.actor()
        body = self.parse(shapes.ChangePasswordInput)
        ratelimit.check(request, "login", f"account:{actor.user_id}")
        return self.answer(signed_in_wire(services.password_change(actor=actor, **body)))


class ContactView(ApiView):
    """My e-mail address and phone number."""

    @extend_schema(request=shapes.ContactInput, responses={200: shapes.OtpSentOutput})
    def post(self, request: Request) -> Response:
        """Ask for a code that sets a new one: it goes to the new e-mail, or for a phone number to the present one."""
        body = self.parse(shapes.ContactInput)
        actor = self.actor()
        ratelimit.check(request, "otp_send", f"address:{actor.ip}", f"account:{actor.user_id}")
        services.contact_change_request(actor=actor, **body)
        return self.answer(OTP_SENT)


class ContactConfirmView(ApiView):
    """The code for it."""

    @extend_schema(request=shapes.OtpInput, responses={200: shapes.AccountOutput})
    def post(self, request: Request) -> Response:
        """Set the new e-mail address or phone number."""
        body = self.parse(shapes.OtpInput)
        actor = self.actor()
        ratelimit.check(request, "otp_verify", f"address:{actor.ip}", f"account:{actor.user_id}")
        return self.answer(account_wire(services.contact_change_confirm(actor=actor, code=body["otp"])))


class CancelDeletionView(PublicView):
    """A change of mind."""

    @extend_schema(request=shapes.CredentialsInput, responses={200: shapes.AccountOutput})
    def post(self, request: Request) -> Response:
        """Keep my account that waits for its deletion."""
        body = self.parse(shapes.CredentialsInput)
        self.limit("login", body["identifier"])
        return self.answer(account_wire(services.deletion_cancel(actor=self.visitor(), **body)))


class SessionsView(ApiView):
    """My devices."""

    @extend_schema(parameters=PAGES, responses={200: shapes.SessionPage})
    def get(self, request: Request) -> Response:
        """Where I am signed in, the latest used first."""
        actor = self.actor()
        rows = sessions_of(actor.user_id, now=clock.now())
        return self.answer(page_of(request, rows, lambda found: sessions_wire(found, actor.session_id)))


class SessionView(ApiView):
    """One of my devices."""

    @extend_schema(responses={204: None})
    def delete(self, request: Request, pk: UUID) -> Response:
        """Sign a device out."""
        services.session_end(actor=self.actor(), session_id=pk)
        return self.answer(status=204)
