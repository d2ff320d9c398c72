"""What staff see of notifications, and the test message."""

from io import StringIO
from typing import Any

import pytest
from django.core import mail
from django.core.management import CommandError, call_command
from django.test import Client

from apps.audit.models import AuditLog
from apps.notifications.choices import NotificationType
from apps.notifications.models import Delivery, Device, Notification
from apps.notifications.services import notification_send
from apps.notifications.texts import register_text
from apps.users.models import User
from dastern.core import clock

pytestmark = pytest.mark.django_db
register_text("test.plain", title="Title of %(what)s", message="About %(what)s")


@pytest.fixture
def message(sokha: User, dara: User) -> Notification:
    sent = notification_send(
        recipient_id=dara.id, type=NotificationType.MISSED_DOSE_ALERT, template="test.plain",
        context={"what": "Sokha"}, data={"patientId": str(sokha.id)},
    )  # fmt: skip
    assert sent is not None
    return sent


def test_staff_find_failed_channels(operations: Client, message: Notification) -> None:
    for channel, state in (("email", "failed"), ("push", "sent")):
        Delivery.objects.create(notification=message, channel=channel, state=state, done_at=clock.now())
    page = operations.get("/admin/notifications/delivery/", {"state": "failed"})
    assert [d.channel for d in page.context["cl"].result_list] == ["email"]
    assert "Dara" in page.content.decode()


def test_the_list_has_no_words_and_opening_one_is_written_down(
    operations: Client, message: Notification, sokha: User, staff: User
) -> None:
    page = operations.get("/admin/notifications/notification/", {"q": "dara@example.com"}).content.decode()
    assert "push: queued" in page
    assert "About Sokha" not in page
    detail = operations.get(f"/admin/notifications/notification/{message.id}/change/").content.decode()
    assert "About Sokha" in detail
    look = AuditLog.objects.get(actor_id=staff.id)
    assert (look.resource_type, look.resource_id, look.patient_id) == ("notification", str(message.id), sokha.id)


def test_tokens_of_phones_are_not_shown(operations: Client, dara: User) -> None:
    device = Device.objects.create(user=dara, push_token="TOKEN-1", platform="android", last_seen=clock.now())
    for path in ("", f"{device.id}/change/"):
        page = operations.get(f"/admin/notifications/device/{path}").content.decode()
        assert "Dara" in page
        assert "TOKEN-1" not in page


@pytest.mark.parametrize("model", ["notification", "delivery", "device"])
def test_nothing_is_written_there(operations: Client, message: Notification, model: str) -> None:
    assert operations.get(f"/admin/notifications/{model}/add/").status_code == 403


def run(email: str) -> str:
    out = StringIO()
    try:
        call_command("notify_test", email, stdout=out)
    except SystemExit as error:
        return f"{out.getvalue()}exit {error.code}"
    return out.getvalue()


def test_a_test_message_says_what_each_channel_did(dara: User) -> None:
    Device.objects.create(user=dara, push_token="TOKEN-1", platform="android", last_seen=clock.now())
    assert run("Dara@example.com") == "in_app: sent\nemail: sent\npush: sent\n"
    assert mail.outbox[0].subject == "Test message"
    with pytest.raises(CommandError, match="nobody has the address"):
        run("nobody@example.com")


def test_a_test_message_names_the_channel_that_failed(dara: User, settings: Any) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1
    told = run("dara@example.com")
    assert "email: failed, will be tried again (ConnectionRefusedError" in told
    assert told.endswith("push: no_device\nexit 1")
