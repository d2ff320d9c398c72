"""One-time codes (scenarios 2, 3)."""

import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection

from apps.authentication.models import OtpCode, RefreshToken
from apps.subscriptions.models import Subscription
from apps.users.choices import AccountStatus
from apps.users.models import User
from tests.authentication.conftest import SOKHA, client_with, code_mailed, mails, wrong
from tests.support.people import Api

pytestmark = pytest.mark.django_db
Register = Callable[..., Any]
NOON = datetime(2026, 11, 24, 5, 0, tzinfo=UTC)
SOKHA_MAIL = "sokha@example.com"


def at(seconds: float) -> Any:
    return time_machine.travel(NOON + timedelta(seconds=seconds), tick=False)


def send(identifier: str = SOKHA_MAIL, **more: Any) -> Any:
    return Api().post("auth/otp/send", {"identifier": identifier, **more})


def verify(code: str, identifier: str = SOKHA_MAIL) -> Any:
    return Api().post("auth/otp/verify", {"identifier": identifier, "otp": code})


def test_s02_five_wrong_tries_void_the_code_and_time_ends_it(register: Register) -> None:
    with at(0):
        register()
        code = code_mailed()
        answers = [verify(wrong(code)) for _ in range(5)]
        assert [(a.status_code, a.json()["code"], a.json()["attemptsLeft"]) for a in answers] == [
            (400, "OTP_WRONG", left) for left in (4, 3, 2, 1, 0)
        ]
        assert (verify(code).status_code, verify(code).json()["attemptsLeft"]) == (400, 0)
    with at(301):
        assert (verify(code).status_code, verify(code).json()["code"]) == (410, "OTP_EXPIRED")
    assert User.objects.get().account_status == AccountStatus.PENDING_VERIFICATION
    assert not RefreshToken.objects.exists()


@pytest.mark.parametrize(("seconds", "status"), [(299, 200), (300, 410), (301, 410)])
def test_a_code_lives_five_minutes(register: Register, seconds: int, status: int) -> None:
    with at(0):
        register()
        code = code_mailed()
    with at(seconds):
        assert verify(code).status_code == status


def test_the_fifth_try_may_be_the_right_one(register: Register) -> None:
    register()
    code = code_mailed()
    for _ in range(4):
        verify(wrong(code))
    assert verify(code).status_code == 200


def test_s03_another_code_within_a_minute_is_refused_and_the_old_one_works(register: Register) -> None:
    with at(0):
        register()
        code = code_mailed()
    with at(30):
        answer = send()
        assert (answer.status_code, answer.json()["code"]) == (429, "OTP_TOO_SOON")
        assert (answer.json()["retryAfter"], answer["Retry-After"]) == (30, "30")
        assert len(mails()) == 1
        assert verify(code).status_code == 200


def test_after_a_minute_a_new_code_ends_the_old_one(register: Register) -> None:
    with at(0):
        register()
        old = code_mailed()
    with at(59):
        assert send().status_code == 429
    with at(60):
        answer = send()
        assert (answer.status_code, answer.json()["data"]) == (200, {"expiresIn": 300, "resendAfter": 60})
        new = code_mailed()
        assert old == new or verify(old).status_code == 400
        assert verify(new).status_code == 200


def test_a_code_of_one_purpose_is_worthless_for_another(register: Register) -> None:
    register()
    own = code_mailed()
    assert send(purpose="RESET_PASSWORD").status_code == 200
    other = code_mailed()
    if other != own:
        assert verify(other).status_code == 400
    assert verify(own).status_code == 200


def test_unknown_people_get_the_same_answers(sokha: User) -> None:
    for identifier in ("nobody@example.com", sokha.email):  # the second has nothing to confirm
        answer = send(identifier)
        assert (answer.status_code, answer.json()["data"]) == (200, {"expiresIn": 300, "resendAfter": 60})
        assert send(identifier).status_code == 429
        answer = verify("123456", identifier)
        assert (answer.status_code, answer.json()["attemptsLeft"]) == (400, 4)
    assert mails() == []
    assert verify("123456", "never-asked@example.com").json()["attemptsLeft"] == 4


def test_only_hashes_are_stored(register: Register) -> None:
    register()
    code = code_mailed()
    row = OtpCode.objects.get()
    assert code not in row.code_hash
    assert len(row.code_hash) == 64


@pytest.mark.parametrize("code", ["12345", "1234567", "abcdef", "១២៣៤៥", "12345 ", "1٢3456"])
def test_a_code_has_six_digits(register: Register, code: str) -> None:
    answer = verify(code)
    assert (answer.status_code, answer.json()["errors"][0].split(":")[0]) == (400, "otp")


def test_limits_are_per_address_and_per_account(register: Register, settings: Any) -> None:
    settings.RATE_LIMITS = settings.RATE_LIMITS | {"otp_send": "3/300", "otp_verify": "5/300"}
    answers = [send(f"person{number}@example.com").status_code for number in range(4)]
    assert answers == [200, 200, 200, 429]
    body = {"identifier": SOKHA_MAIL, "otp": "123456"}
    for number in range(5):
        elsewhere = client_with(x_forwarded_for=f"203.0.113.{number}")
        assert elsewhere.post("auth/otp/verify", body).status_code == 400
    answer = client_with(x_forwarded_for="203.0.113.99").post("auth/otp/verify", body)
    assert (answer.status_code, answer.json()["code"]) == (429, "THROTTLED")
    assert int(answer["Retry-After"]) == answer.json()["retryAfter"] > 0


@pytest.mark.django_db(transaction=True)
def test_of_many_right_codes_at_once_exactly_one_wins() -> None:
    Api().post("auth/register/patient", SOKHA)
    code = code_mailed()
    start = threading.Barrier(4)
    answers: list[int] = []

    def confirm() -> None:
        start.wait()
        try:
            answers.append(verify(code).status_code)
        finally:
            connection.close()

    threads = [threading.Thread(target=confirm) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers) == [200, 410, 410, 410]
    assert (Subscription.objects.count(), RefreshToken.objects.count()) == (1, 1)
