"""The list of own devices, ending one, and the nightly clean-up."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine

from apps.authentication.models import OtpCode, PasswordResetToken, RefreshToken
from apps.authentication.services.jobs import authentication_clean_up
from apps.authentication.tasks import authentication_clean_up as task
from apps.users.models import User
from dastern.core.tokens import read_access
from tests.authentication.conftest import client_with, login, mails, signed_in
from tests.support.people import PASSWORD, Api

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 11, 24, 5, 0, tzinfo=UTC)


def sign_in(user: User, **more: Any) -> dict[str, Any]:
    session: dict[str, Any] = login(user.email, **more).json()["data"]
    return session


def id_of(session: dict[str, Any]) -> str:
    return read_access(session["accessToken"]).session_id


def test_my_devices(sokha: User, vanna: User) -> None:
    with time_machine.travel(NOON, tick=False):
        body = {"identifier": sokha.email, "password": PASSWORD, "deviceName": "Phone"}
        phone = client_with(user_agent="Das Tern 1.0").post("auth/login", body).json()["data"]
    with time_machine.travel(NOON + timedelta(minutes=1), tick=False):
        tablet = sign_in(sokha, deviceName="Tablet")
        sign_in(vanna)
    with time_machine.travel(NOON + timedelta(minutes=2), tick=False):
        agent = client_with(user_agent="Das Tern 1.1")
        phone = agent.post("auth/refresh", {"refreshToken": phone["refreshToken"]}).json()["data"]
        data = signed_in(tablet).get("auth/sessions").json()["data"]
        both = [id_of(phone), id_of(tablet)]
    assert (data["total"], [item["id"] for item in data["items"]]) == (2, both)
    assert data["items"][0] == {
        "id": both[0], "deviceName": "Phone", "userAgent": "Das Tern 1.1", "ipAddress": "127.0.0.1",
        "startedAt": "2026-11-24T05:00:00.000Z", "lastUsedAt": "2026-11-24T05:02:00.000Z",
        "expiresAt": "2026-12-01T05:02:00.000Z", "current": False,
    }  # fmt: skip
    assert data["items"][1]["current"] is True


def test_ending_a_device(sokha: User, vanna: User, django_capture_on_commit_callbacks: Callable[..., Any]) -> None:
    phone, tablet = sign_in(sokha), sign_in(sokha)
    path = f"auth/sessions/{id_of(phone)}"
    assert Api(vanna).delete(path).status_code == 404
    assert signed_in(phone).get("auth/me").status_code == 200
    with django_capture_on_commit_callbacks(execute=True):
        assert signed_in(tablet).delete(path).status_code == 204
    assert signed_in(phone).get("auth/me").status_code == 401
    assert signed_in(tablet).delete(path).status_code == 404
    assert signed_in(tablet).delete("auth/sessions/019a0000-0000-7000-8000-000000000000").status_code == 404
    assert [item["id"] for item in signed_in(tablet).get("auth/sessions").json()["data"]["items"]] == [id_of(tablet)]


def test_the_list_asks_the_same_queries_for_one_and_twenty(
    sokha: User, django_assert_num_queries: Callable[..., Any]
) -> None:
    for devices in (1, 19):
        for _ in range(devices):
            sign_in(sokha)
        with django_assert_num_queries(2):
            assert Api(sokha).get("auth/sessions").status_code == 200


def test_clean_up_forgets_what_is_over(sokha: User) -> None:
    with time_machine.travel(NOON, tick=False):
        sign_in(sokha)
        Api().post("auth/otp/send", {"identifier": sokha.email, "purpose": "RESET_PASSWORD"})
        Api().post("auth/forgot-password", {"identifier": sokha.email})
        mails()
    for after, left in (
        (timedelta(minutes=5, seconds=-1), (1, 1, 1)),
        (timedelta(minutes=5), (0, 1, 1)),
        (timedelta(minutes=15), (0, 0, 1)),
        (timedelta(days=7, seconds=-1), (0, 0, 1)),
        (timedelta(days=7), (0, 0, 0)),
    ):
        with time_machine.travel(NOON + after, tick=False):
            authentication_clean_up()
        assert (OtpCode.objects.count(), PasswordResetToken.objects.count(), RefreshToken.objects.count()) == left
    assert task.delay().get() == {"codes": 0, "links": 0, "tokens": 0}
