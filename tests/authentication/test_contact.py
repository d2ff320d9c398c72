"""A new e-mail or phone number with a code, and proving to be the owner before leaving."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine

from apps.audit.models import AuditLog
from apps.users.choices import AccountStatus
from apps.users.models import User
from tests.authentication.conftest import code_mailed, login, mails, signed_in, wrong
from tests.support.people import PASSWORD, Api

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 11, 24, 5, 0, tzinfo=UTC)


def ask(user: User, **body: str) -> Any:
    return Api(user).post("auth/contact", body)


def confirm(user: User, code: str) -> Any:
    return Api(user).post("auth/contact/confirm", {"otp": code})


def test_a_new_address_counts_once_its_code_came_back(sokha: User) -> None:
    answer = ask(sokha, email="Sokha.Chan@Example.com")
    assert (answer.status_code, answer.json()["data"]) == (200, {"expiresIn": 300, "resendAfter": 60})
    code = code_mailed()
    assert mails()[-1].to == ["sokha.chan@example.com"]
    assert confirm(sokha, wrong(code)).status_code == 400
    sokha.refresh_from_db()
    assert sokha.email == "sokha@example.com"
    answer = confirm(sokha, code)
    assert (answer.status_code, answer.json()["data"]["email"]) == (200, "sokha.chan@example.com")
    assert (mails()[-1].to, len(mails())) == (["sokha@example.com"], 2)  # the old address is told
    assert (login("sokha.chan@example.com").status_code, login("sokha@example.com").status_code) == (200, 401)
    assert confirm(sokha, code).status_code == 410
    assert AuditLog.objects.get(action_type="PROFILE_UPDATE").details == {"fields": ["email"]}


def test_a_new_phone_number_needs_a_code_of_the_present_address(sokha: User) -> None:
    assert ask(sokha, phoneNumber="+855 ៩៩ 999 999").status_code == 200
    assert mails()[-1].to == [sokha.email]
    assert confirm(sokha, code_mailed()).json()["data"]["phoneNumber"] == "+85599999999"


def test_a_taken_address_is_refused_before_and_after_the_code(sokha: User, vanna: User) -> None:
    answer = ask(sokha, email=vanna.email.upper())
    assert (answer.status_code, answer.json()["errors"]) == (409, ["email: This is taken already."])
    assert mails() == []
    ask(sokha, email="free@example.com")
    User.objects.filter(pk=vanna.id).update(email="free@example.com")
    answer = confirm(sokha, code_mailed())
    assert (answer.status_code, answer.json()["code"]) == (409, "ALREADY_TAKEN")
    sokha.refresh_from_db()
    assert sokha.email == "sokha@example.com"


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "email"),
        ({"email": "a@example.com", "phoneNumber": "+85512345678"}, "email"),
        ({"email": "nobody"}, "email"),
        ({"phoneNumber": "012345678"}, "phoneNumber"),
    ],
)
def test_bad_input_names_the_field(sokha: User, body: dict[str, str], field: str) -> None:
    answer = ask(sokha, **body)
    assert (answer.status_code, answer.json()["errors"][0].split(":")[0]) == (400, field)


def test_a_minute_passes_between_codes(sokha: User) -> None:
    with time_machine.travel(NOON, tick=False):
        ask(sokha, email="a@example.com")
    with time_machine.travel(NOON + timedelta(seconds=59), tick=False):
        assert ask(sokha, email="b@example.com").json()["retryAfter"] == 1
    with time_machine.travel(NOON + timedelta(seconds=60), tick=False):
        assert ask(sokha, email="b@example.com").status_code == 200


def test_codes_belong_to_who_asked(sokha: User, vanna: User) -> None:
    ask(sokha, email="new@example.com")
    assert confirm(vanna, code_mailed()).status_code == 400


def test_a_code_that_sets_an_address_does_not_prove_the_owner(sokha: User) -> None:
    """Somebody with a stolen session could have it mailed to themselves."""
    ask(sokha, email="thief@example.com")
    assert Api(sokha).delete("users/me", {"otp": code_mailed()}).status_code == 401
    sokha.refresh_from_db()
    assert sokha.account_status == AccountStatus.ACTIVE


def test_a_code_for_a_sensitive_act_sets_no_address_but_lets_the_owner_leave(
    sokha: User, django_capture_on_commit_callbacks: Callable[..., Any]
) -> None:
    session = login(sokha.email).json()["data"]
    Api().post("auth/otp/send", {"identifier": sokha.email, "purpose": "SENSITIVE_ACTION"})
    code = code_mailed()
    assert confirm(sokha, code).status_code == 400
    assert Api(sokha).delete("users/me", {"otp": wrong(code)}).status_code == 401
    with django_capture_on_commit_callbacks(execute=True):
        assert signed_in(session).delete("users/me", {"otp": code}).status_code == 200
    assert signed_in(session).get("auth/me").status_code == 401
    assert Api().post("auth/refresh", {"refreshToken": session["refreshToken"]}).status_code == 401
    assert login(sokha.email).json()["code"] == "DELETION_PENDING"


def test_sessions_of_before_do_not_come_back_with_a_cancelled_deletion(
    sokha: User, django_capture_on_commit_callbacks: Callable[..., Any]
) -> None:
    session = login(sokha.email).json()["data"]
    with django_capture_on_commit_callbacks(execute=True):
        signed_in(session).delete("users/me", {"password": PASSWORD})
        body = {"identifier": sokha.email, "password": PASSWORD}
        assert Api().post("auth/deletion/cancel", body).json()["data"]["accountStatus"] == "ACTIVE"
    assert Api().post("auth/refresh", {"refreshToken": session["refreshToken"]}).status_code == 401
    assert login(sokha.email).status_code == 200


def test_guessing_the_password_of_a_deletion_meets_the_lock_out(sokha: User) -> None:
    answers = [Api(sokha).delete("users/me", {"password": "wrong"}).status_code for _ in range(6)]
    assert answers == [401, 401, 401, 401, 423, 423]
    assert Api(sokha).delete("users/me", {"password": PASSWORD}).status_code == 423
