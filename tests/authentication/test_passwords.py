"""Forgotten, reset and changed passwords; cancelling a deletion (scenarios 7, 9)."""

import re
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import time_machine
from django.db import connection

from apps.audit.models import AuditLog
from apps.authentication.models import PasswordResetToken, RefreshToken
from apps.users.choices import AccountStatus
from apps.users.models import User
from dastern.core import revocation
from dastern.outbox.models import OutboxMessage
from tests.authentication.conftest import code_mailed, login, mails, signed_in, wrong
from tests.support.people import PASSWORD, Api, make_user

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 11, 24, 5, 0, tzinfo=UTC)
NEW = "Chhnang-2026-new"
Committing = Callable[..., Any]


def at(seconds: float) -> Any:
    return time_machine.travel(NOON + timedelta(seconds=seconds), tick=False)


def forgot(identifier: str) -> Any:
    return Api().post("auth/forgot-password", {"identifier": identifier})


def token_mailed() -> str:
    (link,) = re.findall(r"https?://\S+", mails()[-1].body)
    token: str = parse_qs(urlsplit(link).query)["token"][0]
    return token


def reset(token: str, new: str = NEW) -> Any:
    return Api().post("auth/reset-password", {"token": token, "newPassword": new})


def reset_by_code(identifier: str, code: str, new: str = NEW) -> Any:
    body = {"identifier": identifier, "otp": code, "newPassword": new}
    return Api().post("auth/reset-password-otp", body)


def refresh(session: dict[str, Any]) -> int:
    status: int = Api().post("auth/refresh", {"refreshToken": session["refreshToken"]}).status_code
    return status


def test_s07_a_reset_ends_every_session(sokha: User, django_capture_on_commit_callbacks: Committing) -> None:
    session = login(sokha.email).json()["data"]
    forgot(sokha.email)
    with django_capture_on_commit_callbacks(execute=True):
        answer = reset(token_mailed())
    assert (answer.status_code, answer.content) == (204, b"")
    assert refresh(session) == 401
    assert signed_in(session).get("auth/me").status_code == 401
    assert (login(sokha.email).status_code, login(sokha.email, NEW).status_code) == (401, 200)
    assert mails()[-1].subject == "ពាក្យសម្ងាត់ដាស់តឿនរបស់អ្នកត្រូវបានប្ដូរ"
    row = AuditLog.objects.get(action_type="PASSWORD_RESET")
    assert (row.actor_id, row.details) == (sokha.id, {"how": "link", "sessions": 1})


def test_s09_the_answer_says_nothing_about_who_exists(sokha: User) -> None:
    def told(identifier: str) -> tuple[Any, ...]:
        before = OutboxMessage.objects.count()
        answer = forgot(identifier)
        body = {k: v for k, v in answer.json().items() if k != "timestamp"}
        return answer.status_code, body, OutboxMessage.objects.count() - before

    with at(0):
        known, unknown = told(sokha.email), told("nobody@example.com")
    assert known == unknown
    assert (known[0], known[1]["data"]) == (200, {"expiresIn": 900})
    assert [message.to for message in mails()] == [[sokha.email]]
    assert not OutboxMessage.objects.exclude(payload={}).exists()


def test_s09_known_and_unknown_cost_the_same_queries(
    sokha: User, django_assert_num_queries: Callable[..., Any]
) -> None:
    for identifier in (sokha.email, "nobody@example.com"):
        with django_assert_num_queries(1):
            forgot(identifier)


@pytest.mark.parametrize(("seconds", "status"), [(899, 204), (900, 410), (901, 410)])
def test_a_link_lives_fifteen_minutes(sokha: User, seconds: int, status: int) -> None:
    with at(0):
        forgot(sokha.email)
        token = token_mailed()
    with at(seconds):
        assert reset(token).status_code == status
        assert login(sokha.email, NEW).status_code == (200 if status == 204 else 401)


def test_a_link_works_once_and_a_newer_one_ends_it(sokha: User) -> None:
    forgot(sokha.email)
    first = token_mailed()
    forgot(sokha.email)
    second = token_mailed()
    assert (reset(first).status_code, reset(first).json()["code"]) == (410, "RESET_LINK_EXPIRED")
    assert [reset(second).status_code for _ in range(2)] == [204, 410]
    assert (reset("nonsense").status_code, reset("nonsense").json()["code"]) == (400, "RESET_LINK_INVALID")
    assert first not in PasswordResetToken.objects.values_list("token_hash", flat=True)


@pytest.mark.parametrize("new", ["Short-7", "password1", "sokha@example.com"])
def test_a_weak_password_leaves_the_link_usable(sokha: User, new: str) -> None:
    forgot(sokha.email)
    token = token_mailed()
    answer = reset(token, new)
    assert (answer.status_code, answer.json()["errors"][0].split(":")[0]) == (400, "newPassword")
    assert reset(token).status_code == 204


def test_a_reset_ends_the_lock_out_but_promotes_nobody() -> None:
    user = make_user("Sokha", account_status=AccountStatus.PENDING_VERIFICATION, email_verified_at=None)
    for _ in range(5):
        login(user.email, "wrong")
    forgot(user.email)
    assert reset(token_mailed()).status_code == 204
    assert login(user.email, NEW).json()["code"] == "EMAIL_NOT_VERIFIED"
    user.refresh_from_db()
    assert user.account_status == AccountStatus.PENDING_VERIFICATION


def test_a_code_resets_the_password_once(sokha: User) -> None:
    session = login(sokha.email).json()["data"]
    Api().post("auth/otp/send", {"identifier": sokha.email, "purpose": "RESET_PASSWORD"})
    code = code_mailed()
    answer = reset_by_code(sokha.email, wrong(code))
    assert (answer.status_code, answer.json()["attemptsLeft"]) == (400, 4)
    assert reset_by_code(sokha.email, code, "short").status_code == 400
    assert reset_by_code(sokha.email, code).status_code == 204
    assert reset_by_code(sokha.email, code).status_code == 410
    assert (refresh(session), login(sokha.email, NEW).status_code) == (401, 200)
    assert reset_by_code("nobody@example.com", code).json()["attemptsLeft"] == 4


def test_a_code_for_confirming_resets_no_password() -> None:
    user = make_user("Sokha", account_status=AccountStatus.PENDING_VERIFICATION, email_verified_at=None)
    Api().post("auth/otp/send", {"identifier": user.email})
    assert reset_by_code(user.email, code_mailed()).status_code == 400
    assert login(user.email, NEW).status_code == 401


def test_forgotten_passwords_have_limits(sokha: User, settings: Any) -> None:
    settings.RATE_LIMITS = settings.RATE_LIMITS | {"forgot_password": "3/300"}
    assert [forgot(sokha.email).status_code for _ in range(4)] == [200, 200, 200, 429]


def change(session: dict[str, Any], current: str = PASSWORD, new: str = NEW) -> Any:
    return signed_in(session).post("auth/change-password", {"currentPassword": current, "newPassword": new})


def test_changing_the_password_ends_every_session_but_gives_this_device_a_new_one(
    sokha: User, django_capture_on_commit_callbacks: Committing
) -> None:
    session = login(sokha.email, deviceName="Phone", rememberMe=True).json()["data"]
    other = login(sokha.email, deviceName="Phone").json()["data"]
    with django_capture_on_commit_callbacks(execute=True):
        answer = change(session)
    assert answer.status_code == 200
    assert [signed_in(old).get("auth/me").status_code for old in (session, other)] == [401, 401]
    assert [refresh(old) for old in (session, other)] == [401, 401]
    fresh = answer.json()["data"]
    assert signed_in(fresh).get("auth/me").status_code == 200
    row = RefreshToken.objects.get(revoked_at=None)
    assert (row.device_name, row.remember) == ("Phone", True)
    assert login(sokha.email, NEW, deviceName="Phone").status_code == 200
    assert [m.subject for m in mails()] == ["ពាក្យសម្ងាត់ដាស់តឿនរបស់អ្នកត្រូវបានប្ដូរ"]


def test_guessing_the_current_password_meets_the_lock_out(sokha: User) -> None:
    session = login(sokha.email).json()["data"]
    assert (change(session, "wrong").status_code, change(session, "wrong").json()["code"]) == (401, "WRONG_PASSWORD")
    assert [change(session, "wrong").status_code for _ in range(3)] == [401, 401, 423]
    assert change(session).status_code == 423
    assert login(sokha.email).status_code == 423
    assert change(session, new="short").status_code == 423


def test_a_weak_new_password_changes_nothing(sokha: User) -> None:
    session = login(sokha.email).json()["data"]
    answer = change(session, new="short")
    assert (answer.status_code, answer.json()["errors"][0].split(":")[0]) == (400, "newPassword")
    assert refresh(session) == 200
    assert login(sokha.email).status_code == 200


def cancel(user: User, password: str = PASSWORD) -> Any:
    return Api().post("auth/deletion/cancel", {"identifier": user.email, "password": password})


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("before", [AccountStatus.ACTIVE, AccountStatus.PENDING_VERIFICATION])
def test_a_deletion_can_be_cancelled_with_the_password(before: AccountStatus) -> None:
    user = make_user(
        "Sokha",
        account_status=AccountStatus.DELETION_PENDING,
        status_before_deletion=before,
        deletion_requested_at=NOON,
    )
    revocation.revoke(users=[user.id])
    assert cancel(user, "wrong").status_code == 401
    answer = cancel(user)
    assert (answer.status_code, answer.json()["data"]["accountStatus"]) == (200, before)
    assert cancel(user).status_code == 409
    user.refresh_from_db()
    assert (user.status_before_deletion, user.deletion_requested_at) == ("", None)
    session = login(user.email).json()["data"]
    assert signed_in(session).get("auth/me").status_code == 200
    row = AuditLog.objects.get(action_type="ACCOUNT_STATUS_CHANGE")
    assert row.details == {"event": "DELETION_CANCELLED", "old": "DELETION_PENDING", "new": before}


@pytest.mark.django_db(transaction=True)
def test_of_many_uses_of_one_link_exactly_one_wins() -> None:
    user = make_user("Sokha")
    forgot(user.email)
    token = token_mailed()
    start = threading.Barrier(3)
    answers: list[int] = []

    def use(new: str) -> None:
        start.wait()
        try:
            answers.append(reset(token, new).status_code)
        finally:
            connection.close()

    threads = [threading.Thread(target=use, args=(f"{NEW}-{number}",)) for number in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers) == [204, 410, 410]
