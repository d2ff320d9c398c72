"""Refreshing and signing out (scenarios 6, 93)."""

import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import jwt
import pytest
import time_machine
from django.conf import settings as django_settings
from django.db import connection

from apps.audit.models import AuditLog
from apps.authentication.models import RefreshToken
from apps.users.choices import AccountStatus, Language
from apps.users.models import User
from dastern.core.tokens import read_access
from tests.authentication.conftest import login, signed_in
from tests.support.people import PASSWORD, Api, make_user, token

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 11, 24, 5, 0, tzinfo=UTC)


def refresh(refresh_token: str) -> Any:
    return Api().post("auth/refresh", {"refreshToken": refresh_token})


def session_of(user: User, **more: Any) -> dict[str, Any]:
    session: dict[str, Any] = login(user.email, **more).json()["data"]
    return session


def reuses() -> int:
    return AuditLog.objects.filter(action_type="TOKEN_REUSE", outcome="DENIED").count()


def test_access_tokens_carry_the_claims_of_the_house(dara: User) -> None:
    with time_machine.travel(NOON, tick=False):
        session = session_of(dara)
        claims = jwt.decode(session["accessToken"], django_settings.JWT_SECRET, algorithms=["HS256"])
        family = RefreshToken.objects.get().family_id
        expected = jwt.decode(token(dara, session_id=str(family)), django_settings.JWT_SECRET, algorithms=["HS256"])
    assert claims | {"jti": ""} == expected | {"jti": ""}
    assert UUID(claims["jti"])


def test_the_two_kinds_of_token_do_not_stand_in_for_each_other(sokha: User) -> None:
    session = session_of(sokha)
    assert refresh(session["accessToken"]).status_code == 401
    assert Api(authorization=f"Bearer {session['refreshToken']}").get("auth/me").status_code == 401
    forged = jwt.encode(
        jwt.decode(session["refreshToken"], options={"verify_signature": False}), "another key of 32 letters or more"
    )
    assert refresh(forged).json()["code"] == "SESSION_ENDED"
    assert reuses() == 0


def test_s93_a_refresh_gives_a_new_pair_and_tells_changes_of_the_account(sokha: User) -> None:
    session = session_of(sokha)
    User.objects.filter(pk=sokha.id).update(language=Language.ENGLISH, is_staff=True)
    answer = refresh(session["refreshToken"])
    pair = answer.json()["data"]
    assert (answer.status_code, set(pair)) == (200, {"accessToken", "refreshToken", "expiresIn"})
    claims = read_access(pair["accessToken"])
    assert (claims.language, claims.is_staff, pair["expiresIn"]) == ("en", True, 3600)
    assert claims.session_id == read_access(session["accessToken"]).session_id
    for access in (session, pair):  # acts in flight with the old token still count
        assert signed_in(access).get("auth/me").status_code == 200
    assert refresh(pair["refreshToken"]).status_code == 200


def test_s06_a_token_used_twice_ends_the_family(
    sokha: User, django_capture_on_commit_callbacks: Callable[..., Any]
) -> None:
    stolen = session_of(sokha)
    other = session_of(sokha)
    newest = refresh(stolen["refreshToken"]).json()["data"]
    with django_capture_on_commit_callbacks(execute=True):
        answer = refresh(stolen["refreshToken"])
    assert (answer.status_code, answer.json()["code"]) == (401, "SESSION_ENDED")
    assert reuses() == 1
    assert refresh(newest["refreshToken"]).status_code == 401
    for access in (stolen, newest):
        answer = signed_in(access).get("auth/me")
        assert (answer.status_code, answer.json()["code"]) == (401, "TOKEN_REVOKED")
    assert reuses() == 1  # an ended family has nothing left to tell
    assert signed_in(other).get("auth/me").status_code == 200
    assert refresh(other["refreshToken"]).status_code == 200


@pytest.mark.django_db(transaction=True)
def test_s06_of_two_refreshes_at_once_one_wins_and_the_other_is_reuse() -> None:
    session = session_of(make_user("Sokha"))
    for _ in range(3):
        session = session_of(User.objects.get())
        start = threading.Barrier(2)
        answers: list[Any] = []

        def exchange(start: threading.Barrier = start, answers: list[Any] = answers, old: Any = session) -> None:
            start.wait()
            try:
                answers.append(refresh(old["refreshToken"]))
            finally:
                connection.close()

        before = reuses()
        threads = [threading.Thread(target=exchange) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(answer.status_code for answer in answers) == [200, 401]
        assert reuses() == before + 1
        (winner,) = (answer.json()["data"] for answer in answers if answer.status_code == 200)
        assert refresh(winner["refreshToken"]).status_code == 401
        assert signed_in(winner).get("auth/me").status_code == 401


@pytest.mark.parametrize(("remember", "days"), [(False, 7), (True, 30)])
def test_a_session_slides_by_seven_or_thirty_days(sokha: User, remember: bool, days: int) -> None:
    with time_machine.travel(NOON, tick=False):
        first = session_of(sokha, rememberMe=remember)["refreshToken"]
        other = session_of(sokha, rememberMe=remember)["refreshToken"]
    with time_machine.travel(NOON + timedelta(days=days, seconds=-1), tick=False):
        second = refresh(first).json()["data"]["refreshToken"]
    with time_machine.travel(NOON + timedelta(days=days), tick=False):
        assert refresh(other).status_code == 401
    with time_machine.travel(NOON + timedelta(days=2 * days, seconds=-2), tick=False):
        assert refresh(second).status_code == 200
    assert reuses() == 0


def test_an_access_token_lives_an_hour(sokha: User) -> None:
    with time_machine.travel(NOON, tick=False):
        session = session_of(sokha)
    for seconds, status in ((3599, 200), (3600, 401)):
        with time_machine.travel(NOON + timedelta(seconds=seconds), tick=False):
            assert signed_in(session).get("auth/me").status_code == status


@pytest.mark.parametrize("status", [AccountStatus.LOCKED, AccountStatus.REJECTED, AccountStatus.DELETION_PENDING])
def test_a_closed_account_is_not_refreshed(sokha: User, status: AccountStatus) -> None:
    session = session_of(sokha)
    User.objects.update(account_status=status)
    assert refresh(session["refreshToken"]).status_code == 401
    User.objects.update(account_status=AccountStatus.ACTIVE)
    assert refresh(session["refreshToken"]).status_code == 200


def test_a_lock_out_does_not_end_sessions(sokha: User) -> None:
    session = session_of(sokha)
    for _ in range(5):
        login(sokha.email, "wrong")
    assert signed_in(session).get("auth/me").status_code == 200
    assert refresh(session["refreshToken"]).status_code == 200


@pytest.mark.parametrize("body", [{}, {"refreshToken": "own"}, {"refreshToken": "nonsense"}])
def test_signing_out_ends_this_session_only(
    sokha: User, body: dict[str, Any], django_capture_on_commit_callbacks: Callable[..., Any]
) -> None:
    session, other = session_of(sokha), session_of(sokha)
    if body.get("refreshToken") == "own":
        body = {"refreshToken": session["refreshToken"]}
    with django_capture_on_commit_callbacks(execute=True):
        answer = signed_in(session).post("auth/logout", body)
    assert (answer.status_code, answer.content) == (204, b"")
    assert signed_in(session).get("auth/me").status_code == 401
    assert refresh(session["refreshToken"]).status_code == 401
    assert reuses() == 0
    assert signed_in(other).get("auth/me").status_code == 200


def test_signing_out_everywhere(sokha: User, django_capture_on_commit_callbacks: Callable[..., Any]) -> None:
    sessions = [session_of(sokha) for _ in range(3)]
    with django_capture_on_commit_callbacks(execute=True):
        assert signed_in(sessions[0]).post("auth/logout", {"allDevices": True}).status_code == 204
    assert [signed_in(session).get("auth/me").status_code for session in sessions] == [401] * 3
    assert [refresh(session["refreshToken"]).status_code for session in sessions] == [401] * 3


def test_nobody_signs_out_somebody_else(sokha: User, vanna: User) -> None:
    session = session_of(sokha)
    assert Api(vanna).post("auth/logout", {"refreshToken": session["refreshToken"]}).status_code == 204
    assert refresh(session["refreshToken"]).status_code == 200


def test_signing_out_needs_a_session() -> None:
    assert Api().post("auth/logout").status_code == 401


def test_passwords_and_tokens_stay_out_of_the_log(sokha: User) -> None:
    session = session_of(sokha)
    refresh(session["refreshToken"])
    refresh(session["refreshToken"])
    written = " ".join(str(row) for row in AuditLog.objects.values_list("details", "user_agent", "resource_id"))
    assert PASSWORD not in written
    assert session["refreshToken"] not in written
