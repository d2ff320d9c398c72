"""Phones through a gateway that is down, slow or answers nonsense: a dose never waits, the message is tried again."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client

from apps.audit.models import AuditLog
from apps.doses.models import DoseEvent
from apps.notifications.choices import NotificationType
from apps.notifications.delivery import MOST_ATTEMPTS
from apps.notifications.models import Delivery, Device, Notification, PushMessage
from apps.notifications.services import notification_send
from apps.notifications.texts import register_text
from apps.users.models import User
from dastern.outbox.drainer import drain
from dastern.outbox.models import OutboxMessage, OutboxState
from tests.support.courses import course_of, lay_out, medicine
from tests.support.gateway import Gateway, gateway
from tests.support.people import Api

pytestmark = pytest.mark.django_db
register_text("test.push", title="Title", message="Message")
START = datetime(2026, 11, 24, 5, tzinfo=UTC)
TOPIC = "notification.deliver.push"
TEMPERS = ["refuse", "unauthorised", "redirect", "hang", "drip", "nonsense", "list", "drop"]


@pytest.fixture
def server(settings: Any) -> Iterator[Gateway]:
    with gateway() as running:
        settings.PUSH_GATEWAY_URL, settings.PUSH_GATEWAY_KEY, settings.PUSH_TIMEOUT = running.url, "gateway-key", 0.3
        yield running


@pytest.fixture
def phone(dara: User) -> Device:
    return Device.objects.create(user=dara, push_token="phone-1", platform="android", last_seen=START)


def tell(user: User) -> Notification:
    sent = notification_send(
        recipient_id=user.id, type=NotificationType.FAMILY_ALERT, template="test.push", context={}, data={}
    )
    assert sent is not None
    return sent


def drain_at(after: float) -> None:
    with time_machine.travel(START + timedelta(seconds=after), tick=False):
        drain()


def test_each_phone_gets_it_once_under_the_id_of_the_message(server: Gateway, phone: Device, dara: User) -> None:
    Device.objects.create(user=dara, push_token="phone-2", platform="ios", last_seen=START)
    message = tell(dara)
    drain()
    drain()
    assert sorted((row["token"], row["id"], row["body"]) for row in server.taken) == [
        ("phone-1", str(message.id), "Message"), ("phone-2", str(message.id), "Message"),
    ]  # fmt: skip
    assert server.keys == {"Bearer gateway-key"}
    assert Delivery.objects.get(channel="push").state == "sent"


@pytest.mark.parametrize("temper", TEMPERS)
def test_a_failing_gateway_is_asked_again_and_gets_it_in_the_end(
    server: Gateway, phone: Device, dara: User, temper: str
) -> None:
    with time_machine.travel(START, tick=False):
        tell(dara)
    server.temper = temper
    drain_at(0)
    waiting = OutboxMessage.objects.get(topic=TOPIC)
    assert (waiting.state, waiting.attempts) == (OutboxState.PENDING, 1)
    assert "GatewayError" in waiting.last_error
    server.released.set()
    server.temper = "accept"
    drain_at(5)
    assert [row["token"] for row in server.taken] == ["phone-1"]
    assert OutboxMessage.objects.get(topic=TOPIC).state == OutboxState.DONE


def test_a_gateway_that_stays_down_becomes_visible_to_staff(
    server: Gateway, phone: Device, dara: User, operations: Client
) -> None:
    with time_machine.travel(START, tick=False):
        message = tell(dara)
    server.temper = "nonsense"
    for attempt in range(MOST_ATTEMPTS):
        drain_at(attempt * 3600)
    assert OutboxMessage.objects.get(topic=TOPIC).state == OutboxState.DEAD
    assert Delivery.objects.get(notification=message, channel="push").state == "failed"
    page = operations.get("/admin/notifications/delivery/?state=failed").content.decode()
    assert "Dara" in page


@pytest.mark.parametrize("temper", ["hang", "drip", "nonsense"])
def test_a_dose_is_marked_while_the_gateway_is_ill(
    server: Gateway, phone: Device, dara: User, sokha: User, temper: str
) -> None:
    server.temper = temper
    with time_machine.travel(START, tick=True):
        course = course_of(sokha)
        medicine(course, "Amlodipine")
        lay_out(course)
        first = DoseEvent.objects.filter(patient_id=sokha.id).order_by("scheduled_time")[0]
    with time_machine.travel(first.scheduled_time, tick=True):
        tell(dara)
        answer = Api(sokha).post(f"doses/{first.pk}/taken")
    assert answer.json()["data"]["dose"]["status"] == "TAKEN_ON_TIME"
    assert server.asked == 0, "nothing of a channel happens inside a request"


def test_a_phone_that_is_gone_is_forgotten(server: Gateway, phone: Device, dara: User) -> None:
    server.temper = "gone"
    tell(dara)
    drain()
    assert not Device.objects.exists()
    assert Delivery.objects.get(channel="push").state == "no_device"


def test_a_repeat_asks_only_for_phones_that_were_not_reached(server: Gateway, phone: Device, dara: User) -> None:
    message = tell(dara)
    other = Device.objects.create(user=dara, push_token="phone-2", platform="ios", last_seen=START)
    PushMessage.objects.create(notification=message, device=phone, title="Title", body="Message", created_at=START)
    drain()
    assert [row["token"] for row in server.taken] == [other.push_token]


def test_without_a_gateway_the_stand_in_shows_staff_what_would_be_sent(
    phone: Device, dara: User, operations: Client, staff: User
) -> None:
    tell(dara)
    drain()
    shown = PushMessage.objects.get()
    listed = operations.get("/admin/notifications/pushmessage/").content.decode()
    assert "Dara" in listed
    assert "Message" not in listed.split("<tbody>")[1].split("</tbody>")[0]
    page = operations.get(f"/admin/notifications/pushmessage/{shown.pk}/change/").content.decode()
    assert "Message" in page
    assert AuditLog.objects.filter(actor_id=staff.id, resource_type="notification").count() == 1
