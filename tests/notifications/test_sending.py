"""One message to one person: language, once for ever, preferences, channels, mail."""

from datetime import UTC, datetime, time, timedelta
from typing import Any

import pytest
import time_machine
from django.core import mail
from django.utils.translation import gettext_lazy, gettext_noop
from redis import Redis

from apps.audit.models import AuditLog
from apps.notifications.choices import NotificationType
from apps.notifications.mail import mail_queue
from apps.notifications.models import Delivery, Device, Notification, PushMessage
from apps.notifications.rules import held_until
from apps.notifications.services import notification_send, subjects_untold
from apps.notifications.texts import register_text, text_render
from apps.users.models import NotificationPreference, User
from dastern.core import redis
from dastern.outbox.drainer import drain
from dastern.outbox.models import OutboxMessage

pytestmark = pytest.mark.django_db
register_text(
    "test.doses",
    title=gettext_noop("Test: %(patient)s"),
    message=gettext_noop("%(count)d dose"),
    message_plural=gettext_noop("%(count)d doses"),
)
NOON = datetime(2026, 11, 24, 5, 0, tzinfo=UTC)  # 12:00 in Phnom Penh


def send(user: User, **changes: Any) -> Notification | None:
    arguments: dict[str, Any] = {
        "recipient_id": user.id,
        "type": NotificationType.MISSED_DOSE_ALERT,
        "template": "test.doses",
        "context": {"patient": "Sokha", "count": 2},
        "data": {"patientId": str(user.id)},
    }
    return notification_send(**arguments | changes)


def test_text_is_rendered_in_the_recipients_language_with_plurals(dara: User) -> None:
    one, two = send(dara, context={"patient": "Sokha", "count": 1}), send(dara)
    assert one is not None
    assert two is not None
    assert (one.title, one.message, one.lang) == ("Test: Sokha", "1 dose", "en")
    assert two.message == "2 doses"


def test_lazy_context_is_told_in_the_recipients_language() -> None:
    register_text("test.lazy", title="%(word)s", message="%(word)s")
    assert text_render("test.lazy", "en", {"word": gettext_lazy("Not found.")}).title == "Not found."


def test_dedupe_key_tells_once_for_ever(dara: User) -> None:
    assert send(dara, dedupe_key="once") is not None
    assert send(dara, dedupe_key="once") is None
    assert Notification.objects.count() == 1
    assert AuditLog.objects.filter(action_type="NOTIFICATION_SENT").count() == 1


def test_each_subject_is_told_once(dara: User) -> None:
    assert send(dara, subjects=["dose:1", "dose:2"]) is not None
    assert subjects_untold(dara.id, ["dose:1", "dose:3"]) == ["dose:3"]
    assert send(dara, subjects=["dose:2", "dose:1"]) is None
    assert send(dara, subjects=["dose:2", "dose:3"]) is not None
    assert Notification.objects.count() == 2


def test_channels_follow_the_preference(dara: User) -> None:
    Device.objects.create(user=dara, push_token="phone-1", platform="android", last_seen=NOON)
    first = send(dara)
    assert first is not None
    drain()
    assert {d.channel: d.state for d in Delivery.objects.all()} == {"email": "sent", "push": "sent"}
    assert mail.outbox[0].subject == "Test: Sokha"
    assert mail.outbox[0].to == ["dara@example.com"]
    assert PushMessage.objects.get().body == "2 doses"
    NotificationPreference.objects.update_or_create(
        user=dara, defaults={"muted_types": ["MISSED_DOSE_ALERT", "EMERGENCY_ALERT"]}
    )
    muted = send(dara)
    assert muted is not None
    assert set(muted.channel_state.values()) == {"muted"}
    urgent = send(dara, type=NotificationType.EMERGENCY_ALERT)
    assert urgent is not None
    assert urgent.channel_state == {"in_app": "sent", "email": "queued", "push": "queued"}


def test_quiet_hours_hold_back_all_but_the_critical(dara: User) -> None:
    NotificationPreference.objects.update_or_create(
        user=dara, defaults={"quiet_from": time(11), "quiet_until": time(13)}
    )
    with time_machine.travel(NOON, tick=False):
        held = send(dara)
        assert held is not None
        assert held.channel_state == {"in_app": "sent", "email": "held", "push": "held"}
        drain()
        assert Delivery.objects.count() == 0
        critical = send(dara, data={"critical": True})
        assert critical is not None
        assert critical.channel_state["push"] == "queued"
    with time_machine.travel(NOON + timedelta(hours=1), tick=False):
        drain()
    assert Delivery.objects.filter(notification=held).count() == 2


@pytest.mark.parametrize(
    ("clock", "expected"),
    [("21:59:59", None), ("22:00:00", "07:00"), ("23:59:59", "07:00"), ("06:59:59", "07:00"), ("07:00:00", None)],
)
def test_quiet_hours_over_midnight(clock: str, expected: str | None) -> None:
    moment = datetime.fromisoformat(f"2026-11-24T{clock}+07:00")
    until = held_until(moment, "Asia/Phnom_Penh", time(22), time(7))
    assert (until and until.astimezone(moment.tzinfo).strftime("%H:%M")) == expected
    assert until is None or timedelta() < until - moment <= timedelta(hours=9)


def test_a_dead_redis_never_fails_the_message(
    dara: User, django_capture_on_commit_callbacks: Any, monkeypatch: Any
) -> None:
    monkeypatch.setattr(redis, "client", lambda: Redis(port=1))
    with django_capture_on_commit_callbacks(execute=True):
        assert send(dara) is not None


def test_queued_mail_is_sent_once_and_its_secrets_forgotten(dara: User) -> None:
    for _ in range(2):
        mail_queue(
            to=dara.email,
            template="notification",
            language="km",
            context={"title": "កូដ", "name": "Dara", "message": "123456"},
            dedupe_key="code-1",
        )
    drain()
    assert [m.subject for m in mail.outbox] == ["កូដ"]
    assert "123456" in mail.outbox[0].body
    assert OutboxMessage.objects.get().payload == {}
