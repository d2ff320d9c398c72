"""The second factor: set up, asked for, never twice, locked after five, recovery codes, and the API's sign-in."""

import base64
import time
from typing import Any

import pytest
import time_machine
from django.test import Client, override_settings

from apps.audit.models import AuditLog
from apps.authentication.models import SecondFactor
from apps.authentication.rules import second_factor_typed, totp
from apps.authentication.services import second_factor as factor
from apps.users.models import User
from tests.support.people import PASSWORD, Api, actor

pytestmark = pytest.mark.django_db
LOGIN = {"identifier": "dr.lim@example.com", "password": PASSWORD}


def code_of(user: User, *, steps: int = 0) -> str:
    secret = base64.b32decode(factor.factor_begin(user=user))
    return totp(secret, int(time.time()) // 30 + steps)


def set_up(user: User) -> list[str]:
    factor.factor_begin(user=user)
    return factor.factor_confirm(user=user, code=code_of(user, steps=-1), actor=actor(user))


def signed_in(user: User) -> Client:
    client = Client(headers={"accept-language": "en"})
    client.force_login(user)
    return client


def test_the_codes_are_those_of_the_standard() -> None:
    secret = b"12345678901234567890"  # RFC 6238, appendix B
    assert [totp(secret, moment // 30) for moment in (59, 1111111109, 2000000000)] == ["287082", "081804", "279037"]
    assert second_factor_typed(" ១២៣ ៤៥៦ ") == "123456"
    assert second_factor_typed("12345-67890") == "1234567890"


def test_without_a_factor_nothing_is_asked_where_none_is_required(dr_lim: User) -> None:
    assert signed_in(dr_lim).get("/doctor/").status_code == 200


@override_settings(SECOND_FACTOR_REQUIRED=True)
def test_where_it_is_required_nothing_opens_before_it_is_set_up(dr_lim: User, staff: User, sokha: User) -> None:
    for user, site in ((dr_lim, "/doctor/"), (staff, "/admin/")):
        client = signed_in(user)
        answer = client.get(site, follow=True)
        assert answer.redirect_chain[-1][0].startswith("/second-factor/setup/")
        page = answer.content.decode()
        assert "<svg" in page
        wrong = client.post("/second-factor/setup/", {"code": "000000"})
        assert wrong.status_code == 400
        done = client.post("/second-factor/setup/", {"code": code_of(user)})
        assert done.context["codes"] is not None
        assert len(done.context["codes"]) == 10
        assert client.get(site).status_code == 200
        assert AuditLog.objects.filter(actor_id=user.pk, details__event="SECOND_FACTOR_SET").count() == 1
    assert signed_in(sokha).get("/second-factor/setup/").status_code == 404
    refused = Api().post("auth/login", {"identifier": "sokha@example.com", "password": PASSWORD})
    assert refused.status_code == 200  # patients have none


def test_every_page_asks_until_it_is_proved(dr_lim: User) -> None:
    set_up(dr_lim)
    client = signed_in(dr_lim)
    asked = client.get("/doctor/doctor_dashboard/patient/", follow=True)
    assert asked.redirect_chain[-1][0].startswith("/second-factor/?next=")
    assert client.post("/doctor/worklist/mark/", {}).status_code == 302
    code = code_of(dr_lim)
    passed = client.post("/second-factor/", {"code": code, "next": "/doctor/doctor_dashboard/patient/"})
    assert (passed.status_code, passed.url) == (302, "/doctor/doctor_dashboard/patient/")
    assert client.get(passed.url).status_code == 200
    again = signed_in(dr_lim)
    assert again.post("/second-factor/", {"code": code}).status_code == 400  # never twice
    assert again.post("/second-factor/", {"code": code_of(dr_lim, steps=1), "next": "//evil.example"}).url == "/doctor/"


def test_five_wrong_codes_lock_and_a_right_password_does_not_help(dr_lim: User) -> None:
    codes = set_up(dr_lim)
    client = signed_in(dr_lim)
    for _number in range(5):
        client.post("/second-factor/", {"code": "000000"})
    assert Api().post("auth/login", LOGIN).json()["code"] == "SECOND_FACTOR_REQUIRED"
    assert client.post("/second-factor/", {"code": codes[0]}).status_code == 400
    assert AuditLog.objects.filter(action_type="LOGIN_FAILED", actor_id=dr_lim.pk).count() == 6
    with time_machine.travel(time.time() + 16 * 60):
        assert client.post("/second-factor/", {"code": codes[0]}).status_code == 302


def test_a_recovery_code_lets_in_once_and_new_ones_end_the_old(dr_lim: User) -> None:
    codes = set_up(dr_lim)
    client = signed_in(dr_lim)
    assert client.post("/second-factor/", {"code": codes[3]}).status_code == 302
    assert signed_in(dr_lim).post("/second-factor/", {"code": codes[3]}).status_code == 400
    renewed = client.post("/second-factor/codes/", {"code": codes[4]})
    assert len(renewed.context["codes"]) == 10
    assert signed_in(dr_lim).post("/second-factor/", {"code": codes[5]}).status_code == 400
    removed = client.post("/second-factor/codes/", {"code": renewed.context["codes"][0], "remove": "1"})
    assert removed.status_code == 302
    assert not SecondFactor.objects.exists()


def test_nothing_readable_is_stored(dr_lim: User) -> None:
    codes = set_up(dr_lim)
    row: Any = SecondFactor.objects.get()
    secret = factor.factor_begin(user=dr_lim)
    assert secret not in row.secret
    assert not {code.replace("-", "") for code in codes} & set(row.recovery)


def test_the_api_asks_for_the_code_too(dr_lim: User) -> None:
    assert Api().post("auth/login", LOGIN).status_code == 200
    set_up(dr_lim)
    asked = Api().post("auth/login", LOGIN)
    assert (asked.status_code, asked.json()["code"]) == (401, "SECOND_FACTOR_REQUIRED")
    wrong = Api().post("auth/login", LOGIN | {"code": "123456"})
    assert (wrong.status_code, wrong.json()["code"]) == (401, "SECOND_FACTOR_WRONG")
    assert Api().post("auth/login", LOGIN | {"code": code_of(dr_lim)}).status_code == 200
    SecondFactor.objects.all().delete()
    with override_settings(SECOND_FACTOR_REQUIRED=True):
        unset = Api().post("auth/login", LOGIN)
        assert (unset.status_code, unset.json()["code"]) == (403, "SECOND_FACTOR_UNSET")
