"""Channels against a real mail server that is down, slow or talks nonsense: repeated, then visible, never lost."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.core import mail

from apps.notifications.choices import NotificationType
from apps.notifications.delivery import MOST_ATTEMPTS
from apps.notifications.mail import mail_queue
from apps.notifications.models import Delivery, Device, Notification, PushMessage
from apps.notifications.services import notification_send
from apps.notifications.texts import register_text
from apps.users.models import User
from dastern.outbox.drainer import drain
from dastern.outbox.models import OutboxMessage, OutboxState
from dastern.outbox.services import outbox_retry_dead
from tests.support.smtp import SmtpServer, smtp_server

pytestmark = pytest.mark.django_db
register_text("test.plain", title="Title of %(what)s", message="About %(what)s")
START = datetime(2026, 11, 24, 5, tzinfo=UTC)


@pytest.fixture
def server(settings: Any) -> Iterator[SmtpServer]:
    with smtp_server() as running:
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT, settings.EMAIL_TIMEOUT = "127.0.0.1", running.port, 0.3
        yield running


def tell(user: User, what: str = "it") -> Notification:
    sent = notification_send(
        recipient_id=user.id, type=NotificationType.FAMILY_ALERT, template="test.plain", context={"what": what}, data={}
    )
    assert sent is not None
    return sent


def drain_at(after: float) -> None:
    with time_machine.travel(START + timedelta(seconds=after), tick=False):
        drain()


def test_an_accepting_server_gets_it_once_under_a_stable_message_id(server: SmtpServer, dara: User) -> None:
    message = tell(dara)
    drain()
    drain()
    (mail_,) = server.mails
    assert mail_["Message-ID"] == f"<{message.id}@dastern.example>"
    assert mail_["To"] == "dara@example.com"
    assert Delivery.objects.get(channel="email").state == "sent"


@pytest.mark.parametrize("temper", ["refuse", "hang", "nonsense", "drop"])
def test_a_failing_server_is_asked_again_later_and_has_the_mail_in_the_end(
    server: SmtpServer, dara: User, temper: str
) -> None:
    with time_machine.travel(START, tick=False):
        tell(dara)
    server.temper = temper
    for after, pause in ((0, 1), (2, 2), (6, 4)):
        drain_at(after)
        waiting = OutboxMessage.objects.get(topic="notification.deliver.email")
        assert waiting.state == OutboxState.PENDING
        assert waiting.last_error
        wait = (waiting.next_at - START).total_seconds() - after
        assert 0.8 * pause <= wait <= 1.2 * pause
    server.released.set()
    server.temper = "accept"
    drain_at(12)
    assert len(server.mails) == 1
    assert OutboxMessage.objects.get(topic="notification.deliver.email").state == OutboxState.DONE


@pytest.mark.parametrize("wait", [0.7, 1.3])
def test_the_first_repeat_comes_after_a_second(server: SmtpServer, dara: User, wait: float) -> None:
    with time_machine.travel(START, tick=False):
        tell(dara)
    server.temper = "drop"
    drain_at(0)
    server.temper = "accept"
    drain_at(wait)
    assert len(server.mails) == (1 if wait > 1 else 0)


def test_a_channel_that_stays_down_becomes_a_dead_letter_that_staff_can_revive(server: SmtpServer, dara: User) -> None:
    with time_machine.travel(START, tick=False):
        message = tell(dara)
    server.temper = "drop"
    for attempt in range(MOST_ATTEMPTS):
        drain_at(attempt * 3600)
    letter = OutboxMessage.objects.get(topic="notification.deliver.email")
    assert (letter.state, letter.attempts) == (OutboxState.DEAD, MOST_ATTEMPTS)
    assert "SMTPServerDisconnected" in letter.last_error
    assert Delivery.objects.get(notification=message, channel="email").state == "failed"
    assert Notification.objects.get(pk=message.pk).title == "Title of it", "the inbox has it all the same"
    drain_at(MOST_ATTEMPTS * 3600)
    assert OutboxMessage.objects.get(pk=letter.pk).attempts == MOST_ATTEMPTS, "dead is not tried again by itself"
    server.temper = "accept"
    with time_machine.travel(START + timedelta(days=1), tick=False):
        assert outbox_retry_dead(ids=[letter.pk]) == 1
        drain()
    assert len(server.mails) == 1
    assert Delivery.objects.get(notification=message, channel="email").state == "sent"


def test_a_dead_mail_server_does_not_hold_up_push(server: SmtpServer, dara: User) -> None:
    Device.objects.create(user=dara, push_token="phone-1", platform="android", last_seen=START)
    for n in range(5):
        tell(dara, str(n))
    server.temper = "hang"
    drain()
    assert PushMessage.objects.count() == 5
    tried = OutboxMessage.objects.filter(topic="notification.deliver.email", attempts=1).count()
    assert tried == 3, "after some failures a run leaves the server alone"


def test_one_bad_address_does_not_stop_the_others(server: SmtpServer, dara: User, sokha: User) -> None:
    dara.email = "not an address\nBcc: everybody@example.com"
    dara.save()
    tell(dara)
    tell(sokha)
    drain()
    assert [m["To"] for m in server.mails] == ["sokha@example.com"]
    assert OutboxMessage.objects.filter(state=OutboxState.PENDING).count() == 1


def test_a_name_cannot_add_headers(server: SmtpServer, dara: User) -> None:
    tell(dara, "x\r\nBcc: everybody@example.com")
    drain()
    (sent,) = server.mails
    assert sent["Bcc"] is None
    assert sent["Subject"] == "Title of x Bcc: everybody@example.com"


def test_what_its_reader_removed_meanwhile_is_not_sent(server: SmtpServer, dara: User) -> None:
    from apps.notifications.services import notification_delete
    from tests.support.people import actor

    message = tell(dara)
    notification_delete(actor=actor(dara), notification_id=message.id)
    drain()
    assert server.mails == []
    assert OutboxMessage.objects.filter(state=OutboxState.DONE).count() == 2


def test_mail_with_a_code_keeps_it_until_it_is_out(server: SmtpServer, dara: User) -> None:
    server.temper = "drop"
    with time_machine.travel(START, tick=False):
        mail_queue(
            to=dara.email, template="notification", language="en",
            context={"title": "Code", "name": "Dara", "message": "123456"},
        )  # fmt: skip
        drain()
    letter = OutboxMessage.objects.get()
    assert letter.payload["context"]["message"] == "123456"
    server.temper = "accept"
    drain_at(5)
    assert "123456" in str(server.mails[0].get_payload())
    assert OutboxMessage.objects.get().payload == {}
    assert mail.outbox == []
