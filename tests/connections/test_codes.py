"""Connection codes (scenarios 18, 19)."""

import threading
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.conf import settings as django_settings
from django.db import connection

from apps.connections.models import Connection, ConnectionToken
from apps.connections.rules import CODE_ALPHABET, code_normal, code_qr
from apps.connections.services.jobs import connections_clean_up
from apps.users.choices import Role
from apps.users.models import User
from tests.support.people import Api, make_user

NOON = datetime(2026, 11, 24, 5, 0, tzinfo=UTC)


def code_of(patient: User, level: str = "SELECTED") -> Any:
    return Api(patient).post("connections/tokens/generate", {"permissionLevel": level}).json()["data"]


def test_code_has_no_look_alikes_and_is_read_in_any_writing() -> None:
    assert not set("01OI") & set(CODE_ALPHABET)
    assert code_normal(" abcd-2345 ") == "ABCD2345"
    assert code_normal(code_qr("ABCD2345")) == "ABCD2345"


@pytest.mark.django_db
@pytest.mark.parametrize(("seconds", "status"), [(-1, 201), (0, 410), (60, 410)])
def test_s018_code_lives_a_day(seconds: int, status: int, sokha: User, dara: User) -> None:
    with time_machine.travel(NOON, tick=False):
        code = code_of(sokha)
        assert code["expiresAt"] == "2026-11-25T05:00:00.000Z"
    with time_machine.travel(NOON + timedelta(hours=24, seconds=seconds), tick=False):
        assert Api(dara).post("connections/tokens/consume", {"token": code["token"]}).status_code == status


@pytest.mark.django_db
def test_s018_used_own_and_unknown_codes(sokha: User, dara: User, vanna: User) -> None:
    code = code_of(sokha)["token"]
    own = Api(sokha).post("connections/tokens/consume", {"token": code})
    assert (own.status_code, own.json()["code"]) == (400, "SELF_CONNECTION")
    checked = Api(dara).post("connections/tokens/validate", {"token": code.lower()}).json()["data"]
    assert checked.keys() == {"valid", "patientName", "permissionLevel", "expiresAt"}
    assert (checked["valid"], checked["patientName"], checked["permissionLevel"]) == (True, "Sokha", "SELECTED")
    assert Api(dara).post("connections/tokens/consume", {"token": code_qr(code).lower()}).status_code == 201
    for verb in ("consume", "validate"):
        used = Api(vanna).post(f"connections/tokens/{verb}", {"token": code})
        assert (used.status_code, used.json()["code"]) == (409, "CODE_USED")
        assert Api(vanna).post(f"connections/tokens/{verb}", {"token": "ZZZZZZZZ"}).status_code == 404


@pytest.mark.django_db
def test_second_code_to_the_same_person_is_not_spent(sokha: User, dara: User) -> None:
    first, second = code_of(sokha)["token"], code_of(sokha)["token"]
    Api(dara).post("connections/tokens/consume", {"token": first})
    refused = Api(dara).post("connections/tokens/consume", {"token": second})
    assert (refused.status_code, refused.json()["code"]) == (409, "ALREADY_CONNECTED")
    assert ConnectionToken.objects.get(token=second).used_at is None


@pytest.mark.django_db
def test_withdrawn_codes_are_gone(sokha: User, dara: User, vanna: User) -> None:
    code = code_of(sokha)
    assert [c["id"] for c in Api(sokha).get("connections/tokens/active").json()["data"]["items"]] == [code["id"]]
    assert Api(vanna).delete(f"connections/tokens/{code['id']}").status_code == 404
    assert Api(sokha).delete(f"connections/tokens/{code['id']}").status_code == 204
    assert Api(sokha).delete(f"connections/tokens/{code['id']}").status_code == 404
    assert Api(dara).post("connections/tokens/consume", {"token": code["token"]}).status_code == 410
    assert Api(sokha).get("connections/tokens/active").json()["data"]["total"] == 0


@pytest.mark.django_db
def test_level_must_be_chosen_and_only_patients_make_codes(sokha: User, dara: User) -> None:
    assert Api(sokha).post("connections/tokens/generate", {}).status_code == 400
    assert Api(dara).post("connections/tokens/generate", {"permissionLevel": "ALLOWED"}).status_code == 403


@pytest.mark.django_db
def test_five_codes_an_hour(sokha: User, settings: Any) -> None:
    settings.RATE_LIMITS = django_settings.RATE_LIMITS | {"connection_code": "5/3600"}
    body = {"permissionLevel": "SELECTED"}
    answers = [Api(sokha).post("connections/tokens/generate", body) for _ in range(6)]
    assert [answer.status_code for answer in answers] == [201] * 5 + [429]
    assert int(answers[-1]["Retry-After"]) > 0


@pytest.mark.django_db
def test_clean_up_drops_unused_codes_after_two_days(sokha: User) -> None:
    with time_machine.travel(NOON, tick=False):
        code_of(sokha)
    for seconds, left in ((0, 1), (1, 0)):
        with time_machine.travel(NOON + timedelta(hours=48, seconds=seconds), tick=False):
            connections_clean_up()
            assert ConnectionToken.objects.count() == left


@pytest.mark.django_db(transaction=True)
def test_s019_of_two_at_once_exactly_one_wins() -> None:
    sokha = make_user("Sokha")
    helpers = [make_user(f"Helper {number}", Role.DOCTOR) for number in range(6)]
    code = code_of(sokha)["token"]
    start = threading.Barrier(len(helpers))
    answers: list[int] = []

    def consume(user: User) -> None:
        start.wait()
        try:
            answers.append(Api(user).post("connections/tokens/consume", {"token": code}).status_code)
        finally:
            connection.close()

    threads = [threading.Thread(target=consume, args=(user,)) for user in helpers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers) == [201, 409, 409, 409, 409, 409]
    assert Connection.objects.count() == 1
