"""The inbox over HTTP and over sync: one's own only, counted exactly, told once for ever."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
import time_machine
from django.core.management import call_command

from apps.notifications.choices import NotificationType
from apps.notifications.models import Device, Notification
from apps.notifications.services import notification_send, notifications_clean_up
from apps.notifications.texts import register_text
from apps.users.models import User
from dastern.core import clock
from dastern.core.localtime import iso
from tests.support.people import Api

pytestmark = pytest.mark.django_db
register_text("test.plain", title="Title of %(what)s", message="About %(what)s")


def tell(user: User, what: str = "it", **changes: Any) -> Notification:
    sent = notification_send(
        **{
            "recipient_id": user.id, "type": NotificationType.FAMILY_ALERT, "template": "test.plain",
            "context": {"what": what}, "data": {"patientId": str(user.id)},
        } | changes
    )  # fmt: skip
    assert sent is not None
    return sent


def test_the_inbox_has_pages_filters_and_the_unread_count(api: type[Api], dara: User, sokha: User) -> None:
    with time_machine.travel(datetime(2026, 11, 24, 5, tzinfo=UTC), tick=False):
        first = tell(dara, "one")
    second, third = tell(dara, "two", type=NotificationType.SYSTEM), tell(dara, "three")
    tell(sokha, "other")
    client = api(dara)
    client.patch(f"notifications/{second.id}/read")
    data = client.get("notifications").json()["data"]
    assert [item["title"] for item in data["items"]] == ["Title of three", "Title of two", "Title of one"]
    assert {k: data[k] for k in data if k != "items"} == {
        "page": 1, "limit": 50, "total": 3, "totalPages": 1, "unreadCount": 2,
    }  # fmt: skip
    assert data["items"][2] == {
        "id": str(first.id), "type": "FAMILY_ALERT", "title": "Title of one", "message": "About one",
        "data": {"patientId": str(dara.id)}, "isRead": False, "readAt": None, "createdAt": "2026-11-24T05:00:00.000Z",
    }  # fmt: skip
    unread = client.get("notifications", unreadOnly="true", limit=1).json()["data"]
    assert ([i["id"] for i in unread["items"]], unread["total"], unread["unreadCount"]) == ([str(third.id)], 2, 2)
    system = client.get("notifications", type="SYSTEM").json()["data"]
    assert ([i["id"] for i in system["items"]], system["unreadCount"]) == ([str(second.id)], 2)


@pytest.mark.parametrize(
    ("query", "field"),
    [({"type": "GOSSIP"}, "type"), ({"unreadOnly": "maybe"}, "unreadOnly"), ({"limit": 101}, "limit"), ({"x": 1}, "x")],
)
def test_wrong_queries_name_the_field(api: type[Api], dara: User, query: dict[str, Any], field: str) -> None:
    answer = api(dara).get("notifications", **query)
    assert answer.status_code == 400
    assert answer.json()["errors"][0].startswith(f"{field}:")


def test_the_badge_costs_one_statement(api: type[Api], dara: User, django_assert_num_queries: Any) -> None:
    for _ in range(3):
        tell(dara)
    with django_assert_num_queries(1):
        assert api(dara).get("notifications/unread-count").json()["data"] == {"count": 3}


def test_the_list_asks_as_often_for_twenty_rows_as_for_one(
    api: type[Api], dara: User, django_assert_num_queries: Any
) -> None:
    for rows in (1, 19):
        for _ in range(rows):
            tell(dara)
        with django_assert_num_queries(3):
            api(dara).get("notifications")


def test_reading_is_repeatable_and_keeps_its_first_time(api: type[Api], dara: User) -> None:
    message = tell(dara)
    read_at = []
    for _ in range(2):
        data = api(dara).patch(f"notifications/{message.id}/read").json()["data"]
        read_at.append(data["readAt"])
        assert data["isRead"] is True
    assert read_at[0] == read_at[1]


def test_reading_all(api: type[Api], dara: User, sokha: User) -> None:
    tell(dara)
    tell(dara)
    other = tell(sokha)
    assert api(dara).post("notifications/read-all").json()["data"] == {"marked": 2}
    assert api(dara).post("notifications/read-all").json()["data"] == {"marked": 0}
    other.refresh_from_db()
    assert not other.is_read


def test_what_is_removed_is_gone_and_still_told_once_for_ever(api: type[Api], dara: User) -> None:
    message = tell(dara, "secret", dedupe_key="missed:1", subjects=["dose:1"])
    assert api(dara).delete(f"notifications/{message.id}").status_code == 204
    assert api(dara).delete(f"notifications/{message.id}").status_code == 404
    assert api(dara).patch(f"notifications/{message.id}/read").status_code == 404
    data = api(dara).get("notifications").json()["data"]
    assert (data["items"], data["unreadCount"]) == ([], 0)
    message.refresh_from_db()
    assert (message.title, message.message, message.data) == ("", "", {})
    for again in ({"dedupe_key": "missed:1"}, {"subjects": ["dose:1"]}):
        assert (
            notification_send(
                recipient_id=dara.id, type=NotificationType.FAMILY_ALERT, template="test.plain",
                context={"what": "x"}, data={}, **again,
            )
            is None
        )  # fmt: skip


def test_somebody_elses_message_is_absent_and_untouched(api: type[Api], dara: User, vanna: User) -> None:
    message = tell(dara)
    before = Notification.objects.values().get(pk=message.pk)
    for client, status in ((api(vanna), 404), (api(), 401)):
        assert client.patch(f"notifications/{message.id}/read").status_code == status
        assert client.delete(f"notifications/{message.id}").status_code == status
    assert api(vanna).patch(f"notifications/{uuid4()}/read").json()["code"] == "NOT_FOUND"
    assert api(vanna).get("notifications").json()["data"]["total"] == 0
    assert Notification.objects.values().get(pk=message.pk) == before
    assert api(dara).patch(f"notifications/{message.id}/read").status_code == 200


def test_devices_are_registered_moved_and_forgotten(api: type[Api], dara: User, vanna: User) -> None:
    body = {"pushToken": "phone-1", "platform": "android", "appVersion": "1.2"}
    answer = api(dara).post("notifications/devices", body)
    assert answer.status_code == 201
    assert answer.json()["data"].keys() == {"id", "platform", "appVersion", "lastSeen"}
    assert api(dara).post("notifications/devices", body).json()["data"]["id"] == answer.json()["data"]["id"]
    api(vanna).delete("notifications/devices", {"pushToken": "phone-1"})
    assert Device.objects.get().user == dara
    api(vanna).post("notifications/devices", {"pushToken": "phone-1", "platform": "ios"})
    assert (Device.objects.get().user, Device.objects.get().platform) == (vanna, "ios")
    for _ in range(2):
        assert api(vanna).delete("notifications/devices", {"pushToken": "phone-1"}).status_code == 204
    assert Device.objects.count() == 0


def test_the_ten_newest_phones_are_kept(api: type[Api], dara: User) -> None:
    for n in range(12):
        with time_machine.travel(datetime(2026, 11, 24, 5, n, tzinfo=UTC), tick=False):
            api(dara).post("notifications/devices", {"pushToken": f"phone-{n}", "platform": "android"})
    assert set(Device.objects.values_list("push_token", flat=True)) == {f"phone-{n}" for n in range(2, 12)}


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"pushToken": "", "platform": "android"},
        {"pushToken": "x", "platform": "nokia"},
        {"pushToken": "x" * 256, "platform": "ios"},
        {"pushToken": "a\0b", "platform": "ios"},
        {"pushToken": "x", "platform": "ios", "userId": "y"},
    ],
)
def test_wrong_devices_are_refused(api: type[Api], dara: User, body: dict[str, Any]) -> None:
    assert api(dara).post("notifications/devices", body).status_code == 400
    assert Device.objects.count() == 0


def test_the_web_sends_the_stream_elsewhere(api: type[Api], dara: User, settings: Any) -> None:
    settings.STREAM_BASE_URL = "https://stream.dastern.example/"
    answer = api(dara).get("notifications/stream")
    assert answer.status_code == 307
    assert answer["Location"] == "https://stream.dastern.example/api/v1/notifications/stream"


# --- sync ---------------------------------------------------------------------------------------------------------


def pull(client: Api, cursor: str | None = None) -> tuple[list[dict[str, Any]], str]:
    data = client.get("sync/pull", **({"cursor": cursor} if cursor else {})).json()["data"]
    return [change for change in data["changes"] if change["resource"] == "notifications"], data["cursor"]


def push(client: Api, user: User, *acts: dict[str, Any]) -> list[dict[str, Any]]:
    moment = iso(clock.now())
    body = {
        "deviceId": "phone", "sentAt": moment,
        "acts": [
            {
                "localId": str(uuid4()), "kind": "notification.read", "patientId": str(user.id), "objectId": None,
                "at": moment, "recordedAt": moment, "data": {},
            } | act
            for act in acts
        ],
    }  # fmt: skip
    return list(client.post("sync/push", body).json()["data"]["results"])


def test_phones_pull_the_inbox_as_the_api_shows_it(api: type[Api], dara: User) -> None:
    message = tell(dara)
    client = api(dara)
    (change,), cursor = pull(client)
    assert change["object"] == client.get("notifications").json()["data"]["items"][0]
    client.delete(f"notifications/{message.id}")
    (change,), _ = pull(client, cursor)
    assert (change["id"], change["deleted"], change["object"]) == (str(message.id), True, None)


def test_phones_push_readings(api: type[Api], dara: User, vanna: User) -> None:
    message, removed, foreign = tell(dara), tell(dara), tell(vanna)
    client = api(dara)
    client.delete(f"notifications/{removed.id}")
    results = push(
        client,
        dara,
        {"objectId": str(message.id)},
        {"objectId": str(message.id)},
        {"objectId": str(removed.id)},
        {"objectId": str(foreign.id)},
        {"objectId": str(uuid4())},
        {"objectId": None},
        {"objectId": str(message.id), "data": {"x": 1}},
        {"objectId": str(message.id), "patientId": str(vanna.id)},
    )
    assert [(r["outcome"], r["code"]) for r in results] == [
        ("APPLIED", None), ("APPLIED", None), ("APPLIED", None), ("REJECTED", "NOT_FOUND"), ("REJECTED", "NOT_FOUND"),
        ("REJECTED", "INVALID"), ("REJECTED", "INVALID"), ("REJECTED", "NOT_FOUND"),
    ]  # fmt: skip
    assert (results[0]["resource"], results[0]["object"]["isRead"]) == ("notifications", True)
    assert results[2]["object"] is None
    foreign.refresh_from_db()
    assert not foreign.is_read


def test_a_reading_keeps_its_time_and_never_precedes_the_message(api: type[Api], dara: User) -> None:
    with time_machine.travel(datetime(2026, 11, 24, 5, tzinfo=UTC), tick=False):
        early, late = tell(dara), tell(dara)
    with time_machine.travel(datetime(2026, 11, 24, 8, tzinfo=UTC), tick=False):
        push(
            api(dara),
            dara,
            {"objectId": str(early.id), "at": "2026-11-24T04:00:00.000Z", "recordedAt": "2026-11-24T04:00:00.000Z"},
            {"objectId": str(late.id), "at": "2026-11-24T06:30:00.000Z", "recordedAt": "2026-11-24T06:30:00.000Z"},
        )
    read = dict(Notification.objects.values_list("id", "read_at"))
    assert read[early.id] == datetime(2026, 11, 24, 5, tzinfo=UTC)
    assert read[late.id] == datetime(2026, 11, 24, 6, 30, tzinfo=UTC)


def test_readings_cost_the_same_for_one_and_twenty(api: type[Api], dara: User, django_assert_num_queries: Any) -> None:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    messages = [tell(dara) for _ in range(21)]
    counts = []
    for part in (messages[:1], messages[1:]):
        with CaptureQueriesContext(
            connection,
        ) as captured:
            push(api(dara), dara, *({"objectId": str(m.id)} for m in part))
        counts.append(len(captured))
    assert counts[0] == counts[1]


# --- retention ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("read", "age", "kept"),
    [
        (True, timedelta(days=90), True),
        (True, timedelta(days=90, seconds=1), False),
        (False, timedelta(days=90, seconds=1), True),
        (False, timedelta(days=180), True),
        (False, timedelta(days=180, seconds=1), False),
    ],
)
def test_old_messages_are_forgotten(api: type[Api], dara: User, read: bool, age: timedelta, kept: bool) -> None:
    now = datetime(2026, 11, 24, 5, tzinfo=UTC)
    with time_machine.travel(now - age, tick=False):
        message = tell(dara)
        if read:
            api(dara).patch(f"notifications/{message.id}/read")
    assert notifications_clean_up(now=now) == (0 if kept else 1)
    assert notifications_clean_up(now=now) == 0
    assert Notification.objects.filter(pk=message.pk).exists() is kept


def test_what_was_forgotten_is_told_to_phones_and_readings_of_it_are_no_error(api: type[Api], dara: User) -> None:
    message = tell(dara)
    _, cursor = pull(api(dara))
    notifications_clean_up(now=clock.now() + timedelta(days=181))
    (change,), _ = pull(api(dara), cursor)
    assert (change["id"], change["deleted"]) == (str(message.id), True)
    (result,) = push(api(dara), dara, {"objectId": str(message.id)})
    assert (result["outcome"], result["object"]) == ("APPLIED", None)


def test_the_job_is_scheduled_under_its_name() -> None:
    from dastern.schedules import JOBS

    assert "apps.notifications.tasks.notifications_clean_up" in {job.task for job in JOBS}
    call_command("setup_schedules")
