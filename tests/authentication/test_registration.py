"""Registering and confirming (scenarios 1, 8, 11, 13)."""

import io
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from PIL import Image

from apps.audit.models import AuditLog
from apps.authentication.models import OtpCode
from apps.subscriptions.models import Subscription
from apps.users.models import User
from dastern.outbox.models import OutboxMessage
from tests.authentication.conftest import SOKHA, code_mailed, login, mails, signed_in
from tests.support.people import PASSWORD, Api

pytestmark = pytest.mark.django_db
Register = Callable[..., Any]
DOCTOR = {
    "fullName": "Dr Lim",
    "email": "lim@example.com",
    "password": PASSWORD,
    "licenseNumber": "KH-1234",
    "specialty": "CARDIOLOGY",
    "hospitalClinic": "Calmette",
}
CAREGIVER = {"firstName": "Dara", "lastName": "Chan", "email": "dara@example.com", "password": PASSWORD}


def verify(code: str, identifier: str = "sokha@example.com") -> Any:
    return Api().post("auth/otp/verify", {"identifier": identifier, "otp": code})


def test_s01_right_code_makes_the_account_active_with_one_free_plan(register: Register) -> None:
    answer = register()
    user = User.objects.get()
    assert answer.status_code == 201
    assert answer.json()["data"] == {
        "userId": str(user.id),
        "accountStatus": "PENDING_VERIFICATION",
        "otpExpiresIn": 300,
    }
    code = code_mailed()
    assert (user.email, user.phone_number, user.full_name) == ("sokha@example.com", "+85512345678", "Chan Sokha")
    assert (login(user.email).status_code, login(user.email).json()["code"]) == (403, "EMAIL_NOT_VERIFIED")

    answer = verify(code)
    session = answer.json()["data"]
    assert answer.status_code == 200
    assert (session["user"]["accountStatus"], session["user"]["emailVerified"]) == ("ACTIVE", True)
    assert signed_in(session).get("auth/me").json()["data"] == session["user"]
    plan = Subscription.objects.get()
    assert (plan.user_id, plan.tier) == (user.id, "FREEMIUM")

    assert (verify(code).status_code, verify(code).json()["code"]) == (410, "OTP_EXPIRED")
    assert Subscription.objects.count() == 1
    assert [m.subject for m in mails()] == ["លេខកូដដាស់តឿនរបស់អ្នក", "សូមស្វាគមន៍មកកាន់ដាស់តឿន"]


def test_the_code_may_be_typed_with_khmer_digits_and_the_local_phone_number(register: Register) -> None:
    register()
    khmer = code_mailed().translate({48 + digit: chr(0x17E0 + digit) for digit in range(10)})
    assert verify(khmer, "០១២ 345 678").status_code == 200


def test_answers_and_log_hold_no_secret(register: Register) -> None:
    register(idCardNumber="010203040")
    user = User.objects.get()
    answer = verify(code_mailed()).content.decode()
    for secret in (user.password, "010203040", OtpCode.objects.get().code_hash, PASSWORD, "googleId"):
        assert secret not in answer
    mails()
    assert not OutboxMessage.objects.exclude(payload={}).filter(topic="mail.send").exists()  # forgotten when sent
    assert [(row.action_type, row.details.get("event")) for row in AuditLog.objects.order_by("id")] == [
        ("ACCOUNT_STATUS_CHANGE", "REGISTERED"),
        ("ACCOUNT_STATUS_CHANGE", "EMAIL_CONFIRMED"),
        ("SUBSCRIPTION_CHANGE", None),
        ("LOGIN_SUCCESS", None),
    ]
    assert {row.actor_id for row in AuditLog.objects.all()} == {user.id}


def test_a_doctor_stays_under_review_and_can_sign_in(register: Register) -> None:
    assert Api().post("auth/register/doctor", DOCTOR).status_code == 201
    session = verify(code_mailed(), "lim@example.com").json()["data"]
    assert (session["user"]["role"], session["user"]["accountStatus"]) == ("DOCTOR", "PENDING_VERIFICATION")
    assert login("lim@example.com").status_code == 200
    assert "អាជ្ញាបណ្ណ" in mails()[-1].body
    again = Api().post("auth/register/doctor", DOCTOR | {"email": "other@example.com"})
    assert (again.status_code, again.json()["errors"]) == (409, ["licenseNumber: This is taken already."])


def test_a_caregiver_becomes_active_and_is_written_to_in_the_chosen_language(register: Register) -> None:
    assert Api().post("auth/register/caregiver", CAREGIVER | {"language": "ENGLISH"}).status_code == 201
    session = verify(code_mailed(), "dara@example.com").json()["data"]
    assert (session["user"]["role"], session["user"]["accountStatus"]) == ("FAMILY_MEMBER", "ACTIVE")
    assert [m.subject for m in mails()] == ["Your Das Tern code", "Welcome to Das Tern"]


@pytest.mark.parametrize(
    ("birth", "status"),
    [("2013-11-25", 400), ("2013-11-24", 201), ("2026-11-25", 400), ("1895-01-01", 400)],
)
def test_s08_the_thirteenth_birthday_opens_the_door(register: Register, birth: str, status: int) -> None:
    with time_machine.travel(datetime(2026, 11, 23, 17, 0, tzinfo=UTC), tick=False):  # midnight in Phnom Penh
        answer = register(dateOfBirth=birth)
    assert answer.status_code == status
    assert User.objects.count() == (status == 201)
    if status == 400:
        assert answer.json()["errors"][0].startswith("dateOfBirth: ")


def test_s08_a_second_before_midnight_is_too_early(register: Register) -> None:
    with time_machine.travel(datetime(2026, 11, 23, 16, 59, 59, tzinfo=UTC), tick=False):
        assert register(dateOfBirth="2013-11-24").status_code == 400


def test_s11_unknown_fields_are_refused(register: Register) -> None:
    answer = register(isStaff=True)
    assert (answer.status_code, answer.json()["errors"]) == (400, ["isStaff: Unknown field."])
    assert not User.objects.exists()


def test_s13_two_patients_without_phone_number(register: Register) -> None:
    for email in ("a@example.com", "b@example.com"):
        assert register(email=email, phoneNumber=None).status_code == 201


@pytest.mark.parametrize(
    ("field", "changes"),
    [
        ("email", {"phoneNumber": None}),
        ("phoneNumber", {"email": "other@example.com"}),
        ("idCardNumber", {"email": "other@example.com", "phoneNumber": None, "idCardNumber": "០១០២"}),
    ],
)
def test_what_is_taken_is_named_and_nothing_is_sent(register: Register, field: str, changes: dict[str, Any]) -> None:
    register(idCardNumber="0102")
    before = OutboxMessage.objects.count()
    answer = register(**changes)
    assert (answer.status_code, answer.json()["code"]) == (409, "ALREADY_TAKEN")
    assert [error.split(":")[0] for error in answer.json()["errors"]] == [field]
    assert (User.objects.count(), OutboxMessage.objects.count()) == (1, before)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"phoneNumber": "012345678"}, "phoneNumber"),
        ({"phoneNumber": "+85512"}, "phoneNumber"),
        ({"phoneNumber": "+0123456789"}, "phoneNumber"),
        ({"phoneNumber": "+1234567890123456"}, "phoneNumber"),
        ({"email": "nobody"}, "email"),
        ({"password": "Short-7"}, "password"),
        ({"password": "password1"}, "password"),
        ({"password": "Sokha@Example.com"}, "password"),
        ({"gender": "F"}, "gender"),
        ({"dateOfBirth": "14.04.1960"}, "dateOfBirth"),
        ({"firstName": "  "}, "firstName"),
        ({"firstName": "ស\u0000"}, "firstName"),
        ({"lastName": "ច" * 101}, "lastName"),
        ({"language": "FRENCH"}, "language"),
    ],
)
def test_bad_input_names_the_field(register: Register, changes: dict[str, Any], field: str) -> None:
    answer = register(**changes)
    assert (answer.status_code, answer.json()["errors"][0].split(":")[0]) == (400, field)
    assert not User.objects.exists()


def picture(kind: str = "PNG") -> SimpleUploadedFile:
    buffer = io.BytesIO()
    Image.new("RGB", (8, 8), "white").save(buffer, format=kind)
    return SimpleUploadedFile("licence.png", buffer.getvalue(), content_type="image/png")


def register_by_form(**changes: Any) -> Any:
    return Client(headers={"accept-language": "en"}).post("/api/v1/auth/register/doctor", DOCTOR | changes)


def stored(settings: Any) -> list[Path]:
    return [file for file in Path(settings.MEDIA_ROOT).rglob("*") if file.is_file()]


def test_a_doctor_may_send_the_photo_of_the_licence(settings: Any, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path
    assert register_by_form(licensePhoto=picture()).status_code == 201
    (file,) = stored(settings)
    user = User.objects.get()
    assert (user.license_photo.name, user.role) == (f"licences/{file.name}", "DOCTOR")
    assert file.name != "licence.png"


def test_a_refused_registration_leaves_no_photo(settings: Any, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path
    register_by_form()
    assert register_by_form(licensePhoto=picture()).status_code == 409
    text = SimpleUploadedFile("licence.png", b"no picture", content_type="image/png")
    assert register_by_form(licensePhoto=text, email="other@example.com").status_code == 415
    assert register_by_form(licensePhoto=picture(), isStaff="true").status_code == 400
    assert (stored(settings), User.objects.count()) == ([], 1)


def test_me_needs_a_token_of_an_existing_account(api: type[Api], sokha: User) -> None:
    assert api().get("auth/me").status_code == 401
    assert api(sokha).get("auth/me").json()["data"] == {
        "id": str(sokha.id), "role": "PATIENT", "firstName": "Sokha", "lastName": "", "fullName": "Sokha",
        "email": "sokha@example.com", "phoneNumber": None, "gender": "FEMALE", "dateOfBirth": "1960-04-14",
        "language": "KHMER", "theme": "LIGHT", "timezone": "Asia/Phnom_Penh", "accountStatus": "ACTIVE",
        "emailVerified": True, "createdAt": api(sokha).get("auth/me").json()["data"]["createdAt"],
    }  # fmt: skip
    gone = api(sokha)
    User.objects.filter(pk=sokha.id).delete()
    assert gone.get("auth/me").status_code == 404


def test_registering_when_a_code_was_asked_for_before(register: Register) -> None:
    """Somebody asked for a code of an address that had no account yet; the pause is none of the new owner's."""
    Api().post("auth/otp/send", {"identifier": SOKHA["email"]})
    assert register().status_code == 201
    assert verify(code_mailed()).status_code == 200
