"""Idempotency-Key: done once, answered the same for 24 hours (domain.md §1.4)."""

import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection

from apps.users.models import User
from dastern.core import idempotency
from dastern.core.models import IdempotencyKey
from dastern.outbox.models import OutboxMessage
from tests.core import counting_urls
from tests.support.people import Api, make_user

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.core.counting_urls")]
KEY = {"idempotency-key": "3f1c"}


@pytest.fixture(autouse=True)
def nothing_while_running() -> Iterator[None]:
    yield
    counting_urls.while_running.clear()


def done() -> int:
    return OutboxMessage.objects.filter(topic="counted").count()


def test_a_repeat_gets_the_first_answer_and_does_nothing(api: type[Api], sokha: User) -> None:
    first, second = (api(sokha).post("counted", {"text": "ថ្នាំ"}, **KEY) for _ in range(2))
    assert (first.status_code, first.json()["data"]) == (201, {"text": "ថ្នាំ"})
    assert (second.status_code, second.content, second["Content-Type"]) == (201, first.content, "application/json")
    assert done() == 1


def test_without_a_key_every_call_counts(api: type[Api], sokha: User) -> None:
    for _ in range(2):
        api(sokha).post("counted")
    assert (done(), IdempotencyKey.objects.count()) == (2, 0)


def test_the_same_key_for_another_body_or_path_is_refused(api: type[Api], sokha: User) -> None:
    api(sokha).post("counted", {"text": "a"}, **KEY)
    for path, body in (("counted", {"text": "b"}), ("counted?x=1", {"text": "a"})):
        answer = api(sokha).post(path, body, **KEY)
        assert (answer.status_code, answer.json()["code"]) == (422, "IDEMPOTENCY_KEY_REUSED")
    assert done() == 1


def test_keys_belong_to_their_user(api: type[Api], sokha: User, vanna: User) -> None:
    api(sokha).post("counted", {"text": "of Sokha"}, **KEY)
    assert api(vanna).post("counted", {"text": "of Vanna"}, **KEY).json()["data"] == {"text": "of Vanna"}
    assert done() == 2


@pytest.mark.parametrize(("fail", "status"), [("conflict", 409), ("throttled", 429), ("bug", 500)])
def test_answers_about_the_moment_are_not_kept(api: type[Api], sokha: User, fail: str, status: int) -> None:
    for _ in range(2):
        assert api(sokha).post("counted", {"fail": fail}, **KEY).status_code == status
    assert (done(), IdempotencyKey.objects.count()) == (2, 0)


@pytest.mark.parametrize(("age", "times"), [(timedelta(hours=24, seconds=-1), 1), (timedelta(hours=24), 2)])
def test_a_key_lives_24_hours(api: type[Api], sokha: User, age: timedelta, times: int) -> None:
    start = datetime(2026, 11, 24, 5, tzinfo=UTC)
    for moment in (start, start + age):
        with time_machine.travel(moment, tick=False):
            assert api(sokha).post("counted", **KEY).status_code == 201
    assert done() == times
    with time_machine.travel(start + age + timedelta(hours=24), tick=False):
        assert idempotency.forget_old() == 1
    assert IdempotencyKey.objects.count() == 0


@pytest.mark.parametrize("key", ["", "x" * 101, "tab\t"])
def test_a_key_must_be_readable(api: type[Api], sokha: User, key: str) -> None:
    answer = api(sokha).post("counted", **{"idempotency-key": key})
    assert (answer.status_code, answer.json()["code"]) == (400, "VALIDATION_ERROR")
    assert done() == 0


def test_nobody_and_opted_out_views_are_handled_as_without_a_key(api: type[Api], sokha: User) -> None:
    assert api().post("counted", **KEY).status_code == 401
    for path in ("careless", "auth/counted"):
        assert [api(sokha).post(path, **KEY).status_code for _ in range(2)] == [201, 201]
    assert (done(), IdempotencyKey.objects.count()) == (4, 0)


@pytest.mark.django_db(transaction=True)
def test_a_repeat_while_the_first_still_runs_is_told_so(api: type[Api]) -> None:
    sokha = make_user("Sokha")
    meanwhile: list[Any] = []

    def repeat() -> None:
        def call() -> None:
            meanwhile.append(api(sokha).post("counted", **KEY))
            connection.close()

        counting_urls.while_running.clear()
        thread = threading.Thread(target=call)
        thread.start()
        thread.join(timeout=30)

    counting_urls.while_running.append(repeat)
    assert api(sokha).post("counted", **KEY).status_code == 201
    assert (meanwhile[0].status_code, meanwhile[0].json()["code"]) == (409, "REQUEST_IN_PROGRESS")
    assert done() == 1


@pytest.mark.django_db(transaction=True)
def test_effect_and_answer_are_one_transaction(api: type[Api], monkeypatch: pytest.MonkeyPatch) -> None:
    """When the answer cannot be kept, nothing was done, so that the repeat does it once."""
    sokha = make_user("Sokha")
    with monkeypatch.context() as patch:
        patch.setattr(IdempotencyKey.objects, "update_or_create", None)
        client = api(sokha)
        client.client.raise_request_exception = False
        assert client.post("counted", **KEY).status_code == 500
    assert done() == 0
    assert api(sokha).post("counted", **KEY).status_code == 201
    assert done() == 1
