"""The live stream: a real server process, real sockets, real Redis, and Redis going away."""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from apps.notifications.choices import NotificationType
from apps.notifications.models import Notification
from apps.notifications.services import notification_send
from apps.notifications.stream import stream_close, stream_publish
from apps.notifications.texts import register_text
from apps.users.choices import Language, Role
from apps.users.models import User
from dastern.core import redis, revocation
from tests.support.people import Api, link, make_user, token
from tests.support.streaming import PATH, Reader, stream_server
from tests.support.valkey import OwnRedis

pytestmark = pytest.mark.django_db(transaction=True)
register_text("test.plain", title="Title of %(what)s", message="About %(what)s")


@pytest.fixture(scope="module")
def base(django_db_setup: None) -> Iterator[str]:
    with stream_server(STREAM_HEARTBEAT_SECONDS="0.3") as url:
        yield url


@pytest.fixture
def dara() -> User:
    return make_user("Dara", Role.FAMILY_MEMBER, language=Language.ENGLISH)


@pytest.fixture
def readers() -> Iterator[list[Reader]]:
    opened: list[Reader] = []
    yield opened
    for reader in opened:
        reader.close()


def tell(user: User, what: str = "it") -> Notification:
    sent = notification_send(
        recipient_id=user.id, type=NotificationType.FAMILY_ALERT, template="test.plain", context={"what": what}, data={}
    )
    assert sent is not None
    return sent


def connected(base: str, user: User, readers: list[Reader], **options: Any) -> Reader:
    reader = Reader(base, user, **options)
    readers.append(reader)
    assert reader.status == 200
    ready = reader.next()
    assert ready is not None
    assert ready.name == "ready"
    return reader


def test_a_message_arrives_as_the_inbox_shows_it(base: str, dara: User, readers: list[Reader]) -> None:
    tell(dara)
    reader = connected(base, dara, readers)
    assert reader.headers["content-type"].startswith("text/event-stream")
    assert reader.headers["cache-control"] == "no-store"
    sent = tell(dara, "សួស្តី\n\nevent: close\ndata: {}")
    event = reader.until("notification")
    assert event.id == str(sent.id)
    assert event.data == Api(dara).get("notifications").json()["data"]["items"][0]


def test_the_beginning_tells_the_unread_count(base: str, dara: User, readers: list[Reader]) -> None:
    tell(dara)
    reader = Reader(base, dara)
    readers.append(reader)
    ready = reader.next()
    assert ready is not None
    assert (ready.name, ready.data) == ("ready", {"unreadCount": 1})


def test_others_hear_nothing(base: str, dara: User, readers: list[Reader]) -> None:
    vanna = make_user("Vanna")
    stranger = connected(base, vanna, readers)
    tell(dara)
    tell(vanna, "own")
    assert stranger.until("notification").data["title"] == "Title of own"


def test_the_heart_beats(base: str, dara: User, readers: list[Reader]) -> None:
    reader = connected(base, dara, readers)
    for _ in range(2):
        reader.beat.clear()
        assert reader.beat.wait(20)


@pytest.mark.parametrize(
    ("headers", "code"),
    [
        ({}, "NOT_AUTHENTICATED"),
        ({"Authorization": "Bearer x.y.z"}, "TOKEN_INVALID"),
        ({"Authorization": "Basic eDp5"}, "NOT_AUTHENTICATED"),
    ],
)
def test_without_a_token_in_the_header_nobody_comes_in(
    base: str, dara: User, headers: dict[str, str], code: str
) -> None:
    answer = httpx.get(f"{base}{PATH}?access_token={token(dara)}", headers=headers | {"Accept-Language": "en"})
    assert (answer.status_code, answer.json()["code"]) == (401, code)
    assert answer.headers["www-authenticate"] == "Bearer"
    assert answer.json().keys() == {"success", "statusCode", "code", "message", "errors", "requestId"}


def test_an_expired_or_revoked_token_does_not_come_in(base: str, dara: User) -> None:
    expired = httpx.get(base + PATH, headers={"Authorization": f"Bearer {token(dara, expires_in=-1)}"})
    assert (expired.status_code, expired.json()["code"]) == (401, "TOKEN_EXPIRED")
    revocation.revoke(sessions=["gone"])
    revoked = httpx.get(base + PATH, headers={"Authorization": f"Bearer {token(dara, session_id='gone')}"})
    assert (revoked.status_code, revoked.json()["code"]) == (401, "TOKEN_REVOKED")


@pytest.mark.parametrize("path", ["/", "/api/v1/notifications", f"{PATH}/", "/metrics", "/api/v1/users/me"])
def test_it_serves_nothing_else(base: str, dara: User, path: str) -> None:
    answer = httpx.get(base + path, headers={"Authorization": f"Bearer {token(dara)}"})
    assert (answer.status_code, answer.json()["code"]) == (404, "NOT_FOUND")
    assert httpx.post(base + PATH).status_code == 404


def test_it_ends_with_the_token(base: str, dara: User, readers: list[Reader]) -> None:
    reader = connected(base, dara, readers, expires_in=2)
    assert [event.data for event in reader.rest() if event.name == "close"] == [{"reason": "TOKEN_EXPIRED"}]


def test_it_ends_when_the_session_does(base: str, dara: User, readers: list[Reader]) -> None:
    reader = connected(base, dara, readers, session_id="family-1")
    other = connected(base, dara, readers, session_id="family-2")
    revocation.revoke(sessions=["family-1"])
    assert reader.rest()[-1].data == {"reason": "TOKEN_REVOKED"}
    tell(dara)
    assert other.until("notification")


def test_s024_revoked_access_closes_the_stream_at_once(base: str, dara: User, readers: list[Reader]) -> None:
    sokha = make_user("Sokha")
    existing = link(sokha, dara)
    reader = connected(base, dara, readers)
    patients_own = connected(base, sokha, readers)
    assert Api(sokha).patch(f"connections/{existing.id}/revoke").status_code == 200
    assert reader.rest()[-1].data == {"reason": "ACCESS_CHANGED"}
    stream_publish(sokha.id, "poke", {})
    assert patients_own.until("poke")


def test_a_rolled_back_change_announces_nothing(base: str, dara: User, readers: list[Reader]) -> None:
    from django.db import transaction

    reader = connected(base, dara, readers)
    with transaction.atomic():
        tell(dara, "undone")
        stream_close([dara.id], "ACCESS_CHANGED")
        transaction.set_rollback(True)
    tell(dara, "real")
    assert reader.until("notification").data["title"] == "Title of real"


def test_what_was_missed_is_repeated_after_the_last_id(base: str, dara: User, readers: list[Reader]) -> None:
    heard = tell(dara, "heard")
    missed = [tell(dara, "one"), tell(dara, "two")]
    reader = connected(base, dara, readers, last_event_id=str(heard.id))
    for row in missed:
        event = reader.next()
        assert event is not None
        assert (event.name, event.id) == ("notification", str(row.id))
    now = tell(dara, "now")
    assert reader.until("notification").id == str(now.id)


@pytest.mark.parametrize("last", ["nonsense", "0d9c6e0a-5f5b-4d0e-9a57-6f1a3f1b7c11"])
def test_an_unknown_last_id_means_look_anew(base: str, dara: User, readers: list[Reader], last: str) -> None:
    reader = connected(base, dara, readers, last_event_id=last)
    event = reader.next()
    assert event is not None
    assert event.name == "resync"


def test_somebody_elses_last_id_repeats_nothing(base: str, dara: User, readers: list[Reader]) -> None:
    foreign = tell(make_user("Vanna"))
    tell(dara)
    reader = connected(base, dara, readers, last_event_id=str(foreign.id))
    event = reader.next()
    assert event is not None
    assert event.name == "resync"


def test_the_sixth_stream_replaces_the_first(base: str, dara: User, readers: list[Reader]) -> None:
    opened = [connected(base, dara, readers) for _ in range(6)]
    assert opened[0].rest()[-1].data == {"reason": "REPLACED"}
    tell(dara)
    for reader in opened[1:]:
        assert reader.until("notification")


def test_a_reader_that_hangs_up_leaves_room(base: str, dara: User, readers: list[Reader]) -> None:
    for _ in range(12):
        connected(base, dara, readers).close()
    reader = connected(base, dara, readers)
    tell(dara)
    assert reader.until("notification")


# --- Redis goes away ----------------------------------------------------------------------------------------------


def test_it_survives_a_restart_of_redis(own_redis: OwnRedis, dara: User, readers: list[Reader]) -> None:
    with stream_server(REDIS_URL=own_redis.url, STREAM_HEARTBEAT_SECONDS="0.3") as base:
        reader = connected(base, dara, readers)
        tell(dara, "before")
        assert reader.until("notification").data["title"] == "Title of before"
        own_redis.kill()
        tell(dara, "meanwhile")
        newcomer = connected(base, dara, readers)
        reader.beat.clear()
        assert reader.beat.wait(20), "the stream stays open while Redis is away"
        own_redis.start()
        for waiting in (reader, newcomer):
            assert waiting.until("resync")
        redis._down_until = 0.0
        tell(dara, "after")
        for waiting in (reader, newcomer):
            assert waiting.until("notification").data["title"] == "Title of after"
        reader.close()
        newcomer.close()


def test_with_redis_away_the_database_says_who_was_revoked(own_redis: OwnRedis, dara: User) -> None:
    from apps.users.choices import AccountStatus

    with stream_server(REDIS_URL=own_redis.url, STREAM_HEARTBEAT_SECONDS="0.3") as base:
        own_redis.kill()
        reader = Reader(base, dara)
        assert reader.status == 200
        dara.account_status = AccountStatus.LOCKED
        dara.save()
        assert reader.rest()[-1].data == {"reason": "TOKEN_REVOKED"}
        answer = httpx.get(base + PATH, headers={"Authorization": f"Bearer {token(dara)}"})
        assert (answer.status_code, answer.json()["code"]) == (401, "TOKEN_REVOKED")
        reader.close()


def test_a_stopping_server_hangs_up_and_does_not_wait_for_its_readers(dara: User, readers: list[Reader]) -> None:
    with stream_server() as base:
        reader = connected(base, dara, readers)
    assert [event.name for event in reader.rest()] in ([], ["resync"])
