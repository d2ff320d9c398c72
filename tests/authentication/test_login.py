"""Signing in, the lock-out, and Django's own login pages (scenarios 4, 5, 12)."""

import threading
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.contrib.auth.hashers import make_password
from django.db import connection
from django.test import Client, override_settings

from apps.audit.models import AuditLog
from apps.users.choices import AccountStatus, Role
from apps.users.models import User
from tests.authentication.conftest import client_with, login, mails
from tests.support.people import PASSWORD, Api, make_user

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 11, 24, 5, 0, tzinfo=UTC)


def at(**after: float) -> Any:
    return time_machine.travel(NOON + timedelta(**after), tick=False)


def actions() -> list[str]:
    return list(AuditLog.objects.order_by("id").values_list("action_type", flat=True))


def page_login(email: str, password: str = PASSWORD) -> bool:
    """Whether Django's own login lets somebody in."""
    return Client().post("/admin/login/", {"username": email, "password": password}).status_code == 302


@pytest.mark.parametrize("identifier", ["SOKHA@example.com", " sokha@example.com ", "+855 12 345 678", "០១២៣៤៥៦៧៨"])
def test_people_sign_in_by_mail_or_phone(sokha: User, identifier: str) -> None:
    sokha.phone_number = "+85512345678"
    sokha.save()
    answer = login(identifier, deviceName="Sokha's phone")
    data = answer.json()["data"]
    assert (answer.status_code, data["expiresIn"], data["user"]["id"]) == (200, 3600, str(sokha.id))
    assert actions() == ["LOGIN_SUCCESS"]


def test_wrong_password_and_unknown_account_look_alike(sokha: User) -> None:
    answers = [login(sokha.email, "wrong"), login("nobody@example.com", "wrong"), login("??", "wrong")]
    assert [(a.status_code, a.json()["code"]) for a in answers] == [(401, "INVALID_CREDENTIALS")] * 3
    assert len({a.json()["message"] for a in answers}) == 1
    assert actions() == ["LOGIN_FAILED"] * 3


def test_the_owner_sees_that_somebody_tried(sokha: User) -> None:
    login(sokha.email, "wrong")
    (item,) = Api(sokha).get("audit/my-data").json()["data"]["items"]
    assert (item["actionType"], item["outcome"]) == ("LOGIN_FAILED", "DENIED")


def test_an_unknown_account_costs_a_hash_too(sokha: User, monkeypatch: pytest.MonkeyPatch) -> None:
    hashed: list[int] = []
    real = User.set_password

    def counted(user: User, raw: str | None) -> None:
        hashed.append(1)
        real(user, raw)

    monkeypatch.setattr(User, "set_password", counted)
    login("nobody@example.com", "wrong")
    assert hashed == [1]


def test_s04_fifth_failure_locks_for_fifteen_minutes(sokha: User) -> None:
    with at():
        assert [login(sokha.email, "wrong").status_code for _ in range(4)] == [401] * 4
        answer = login(sokha.email, "wrong")
        assert (answer.status_code, answer.json()["code"]) == (423, "ACCOUNT_LOCKED")
        assert (answer.json()["retryAfter"], answer["Retry-After"]) == (900, "900")
    with at(minutes=14, seconds=59):
        answer = login(sokha.email)
        assert (answer.status_code, answer.json()["retryAfter"]) == (423, 1)
        assert login(sokha.email, "wrong").status_code == 423  # and does not extend it
    with at(minutes=15, seconds=1):
        assert login(sokha.email).status_code == 200
        sokha.refresh_from_db()
        assert (sokha.failed_login_attempts, sokha.locked_until) == (0, None)
        assert login(sokha.email, "wrong").status_code == 401
        assert login(sokha.email).status_code == 200
    assert actions().count("ACCOUNT_LOCKED") == 1
    assert AuditLog.objects.filter(action_type="LOGIN_FAILED", outcome="DENIED").count() == 8


def test_s04_the_lock_ends_with_its_last_second(sokha: User) -> None:
    with at():
        for _ in range(5):
            login(sokha.email, "wrong")
    with at(minutes=15):
        assert login(sokha.email).status_code == 200


def test_after_a_lock_the_count_starts_anew(sokha: User) -> None:
    with at():
        for _ in range(5):
            login(sokha.email, "wrong")
    with at(minutes=15):
        assert [login(sokha.email, "wrong").status_code for _ in range(5)] == [401, 401, 401, 401, 423]


def test_s05_a_lock_out_never_changes_the_status() -> None:
    doctor = make_user("Dr Lim", Role.DOCTOR, account_status=AccountStatus.PENDING_VERIFICATION)
    with at():
        for _ in range(5):
            login(doctor.email, "wrong")
    with at(minutes=15):
        assert login(doctor.email).json()["data"]["user"]["accountStatus"] == "PENDING_VERIFICATION"
    doctor.refresh_from_db()
    assert doctor.account_status == AccountStatus.PENDING_VERIFICATION


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"email_verified_at": None}, "EMAIL_NOT_VERIFIED"),
        ({"account_status": AccountStatus.LOCKED}, "ACCOUNT_BLOCKED"),
        ({"account_status": AccountStatus.REJECTED, "rejection_reason": "unreadable"}, "REJECTED"),
        ({"account_status": AccountStatus.DELETION_PENDING}, "DELETION_PENDING"),
    ],
)
def test_only_the_owner_learns_why_an_account_is_closed(fields: dict[str, Any], code: str) -> None:
    user = make_user("Sokha", **fields)
    assert login(user.email, "wrong").json()["code"] == "INVALID_CREDENTIALS"
    answer = login(user.email)
    assert (answer.status_code, answer.json()["code"]) == (403, code)
    assert answer.json().get("reason") == fields.get("rejection_reason")
    assert "LOGIN_SUCCESS" not in actions()


def test_google_only_accounts_have_no_password() -> None:
    user = make_user("Sokha")
    user.set_unusable_password()
    user.save()
    assert login(user.email).status_code == 401


def test_the_pages_share_the_lock_out(staff: User) -> None:
    with at():
        assert [page_login(staff.email, "wrong") for _ in range(3)] == [False] * 3
        assert [login(staff.email, "wrong").status_code for _ in range(2)] == [401, 423]
        assert not page_login(staff.email)
    with at(minutes=15):
        assert page_login(staff.email.upper())
    assert actions() == [*["LOGIN_FAILED"] * 5, "ACCOUNT_LOCKED", "LOGIN_FAILED", "LOGIN_SUCCESS"]
    assert not page_login("nobody@example.com")


@pytest.mark.parametrize("status", [AccountStatus.LOCKED, AccountStatus.REJECTED, AccountStatus.DELETION_PENDING])
def test_the_pages_refuse_closed_accounts_at_once(staff: User, status: AccountStatus) -> None:
    client = Client()
    client.post("/admin/login/", {"username": staff.email, "password": PASSWORD})
    assert client.get("/admin/").status_code == 200
    User.objects.update(account_status=status)
    assert client.get("/admin/").status_code == 302
    assert not page_login(staff.email)


def test_the_pages_want_a_confirmed_address_of_everybody_but_staff() -> None:
    doctor = make_user("Dr Lim", Role.DOCTOR, email_verified_at=None)
    assert Client().login(username=doctor.email, password=PASSWORD) is False
    operator = User.objects.create_superuser("ops@example.com", PASSWORD)
    assert Client().login(username=operator.email, password=PASSWORD) is True


def test_a_new_device_is_told_by_mail(dara: User) -> None:
    body = {"identifier": dara.email, "password": PASSWORD}
    for _ in range(2):
        client_with(user_agent="Das Tern 1.0 (Pixel 6)").post("auth/login", body)
    assert mails() == []
    with at():
        client_with(user_agent="Firefox").post("auth/login", body)
    (message,) = mails()
    assert (message.to, message.subject) == ([dara.email], "New sign-in to your Das Tern account")
    assert "Firefox\n24.11.2026 12:00, from 127.0.0.1" in message.body


def test_limits_are_per_address_and_per_account(sokha: User, settings: Any) -> None:
    settings.RATE_LIMITS = settings.RATE_LIMITS | {"login": "2/60"}
    assert [login(f"p{number}@example.com").status_code for number in range(3)] == [401, 401, 429]
    body = {"identifier": sokha.email, "password": PASSWORD}
    elsewhere = [client_with(x_forwarded_for=f"203.0.113.{number}") for number in range(3)]
    assert [client.post("auth/login", body).status_code for client in elsewhere] == [200, 200, 429]


def test_s12_the_101st_request_of_a_minute_is_refused(settings: Any) -> None:
    settings.RATE_LIMITS = settings.RATE_LIMITS | {"global": "100/60"}
    api = Api()
    assert {api.get("auth/me").status_code for _ in range(100)} == {401}
    answer = api.get("auth/me")
    assert (answer.status_code, answer.json()["code"]) == (429, "THROTTLED")
    assert 0 < int(answer["Retry-After"]) <= 60


def test_production_hashes_with_bcrypt_at_cost_12() -> None:
    hasher = "dastern.core.hashers.BCrypt12PasswordHasher"
    with override_settings(PASSWORD_HASHERS=[hasher]):
        assert make_password(PASSWORD).startswith("bcrypt_sha256$$2b$12$")


@pytest.mark.django_db(transaction=True)
def test_of_many_guesses_at_once_five_are_judged() -> None:
    sokha = make_user("Sokha")
    start = threading.Barrier(9)
    answers: list[int] = []

    def guess() -> None:
        start.wait()
        try:
            answers.append(login(sokha.email, "wrong").status_code)
        finally:
            connection.close()

    threads = [threading.Thread(target=guess) for _ in range(9)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers) == [401] * 4 + [423] * 5
    sokha.refresh_from_db()
    assert sokha.failed_login_attempts == 5
    assert actions().count("ACCOUNT_LOCKED") == 1
