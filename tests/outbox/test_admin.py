"""Dead letters on the operations site."""

from datetime import UTC, datetime

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client

from apps.users.models import User
from dastern.core import clock
from dastern.outbox.models import OutboxMessage, OutboxState

pytestmark = pytest.mark.django_db
LIST = "/admin/outbox/outboxmessage/"


@pytest.fixture
def letters() -> dict[str, OutboxMessage]:
    old = datetime(2026, 1, 1, tzinfo=UTC)
    return {
        state: OutboxMessage.objects.create(
            topic=f"t.{state.lower()}", payload={"context": {"code": "SECRET-CODE"}}, state=state, attempts=8,
            next_at=old, created_at=old, last_error="Timeout: no answer\nsecond line",
        )
        for state in OutboxState.values
    }  # fmt: skip


def test_the_page_shows_the_dead_with_their_reason_and_no_payload(
    operations: Client, letters: dict[str, OutboxMessage]
) -> None:
    page = operations.get(LIST).content.decode()
    assert "Timeout: no answer" in page
    assert "t.dead" in page
    assert operations.get(LIST).context["cl"].result_count == 1
    for state in ("PENDING", "DONE"):
        shown = operations.get(LIST, {"state": state}).context["cl"].result_list
        assert [message.state for message in shown] == [state]
    detail = operations.get(f"{LIST}{letters['DEAD'].pk}/change/")
    assert detail.status_code == 200
    assert "SECRET-CODE" not in page + detail.content.decode()


def test_another_try_is_given_and_noted(operations: Client, letters: dict[str, OutboxMessage], staff: User) -> None:
    before = clock.now()
    chosen = [str(message.pk) for message in letters.values()]
    answer = operations.post(LIST, {"action": "retry", "_selected_action": chosen}, follow=True)
    assert "Messages that will be tried again: 1" in answer.content.decode()
    dead = OutboxMessage.objects.get(pk=letters["DEAD"].pk)
    assert (dead.state, dead.attempts) == (OutboxState.PENDING, 0)
    assert dead.next_at >= before
    assert OutboxMessage.objects.get(pk=letters["DONE"].pk).state == OutboxState.DONE
    assert list(LogEntry.objects.values_list("user_id", "object_id")) == [(staff.pk, str(dead.pk))]


def test_nobody_else_may(client: Client, letters: dict[str, OutboxMessage], sokha: User) -> None:
    client.force_login(sokha)
    body = {"action": "retry", "_selected_action": [str(letters["DEAD"].pk)]}
    assert client.post(LIST, body).status_code == 302
    assert OutboxMessage.objects.get(pk=letters["DEAD"].pk).state == OutboxState.DEAD


def test_nothing_is_added_changed_or_deleted(operations: Client, letters: dict[str, OutboxMessage]) -> None:
    pk = letters["DEAD"].pk
    assert operations.get(f"{LIST}add/").status_code == 403
    assert operations.post(f"{LIST}{pk}/change/", {"topic": "x"}).status_code == 403
    assert operations.post(f"{LIST}{pk}/delete/", {"post": "yes"}).status_code == 403
    assert OutboxMessage.objects.count() == 3
