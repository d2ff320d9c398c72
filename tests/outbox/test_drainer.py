"""The drainer: order, groups, pauses, burial, and what staff see."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from io import StringIO
from typing import Any

import pytest
import time_machine
from django.core.management import call_command

from dastern.outbox import registry
from dastern.outbox.drainer import drain, pause_after
from dastern.outbox.models import OutboxMessage, OutboxState
from dastern.outbox.services import outbox_add, outbox_clean_up, outbox_retry_dead

pytestmark = pytest.mark.django_db
START = datetime(2026, 11, 24, 5, tzinfo=UTC)


class Sink:
    """A handler that keeps what it was given and fails while told to."""

    def __init__(self) -> None:
        self.calls: list[list[Any]] = []
        self.failing = False
        self.dead: list[Any] = []

    def __call__(self, messages: Sequence[OutboxMessage]) -> None:
        if self.failing:
            raise RuntimeError("the other side is down")
        self.calls.append([message.payload["n"] for message in messages])


@pytest.fixture
def sink() -> Iterator[Sink]:
    before = dict(registry._topics)
    made = Sink()
    registry.register("one", made)
    registry.register("group", made, grouped=True)
    registry.register("short", made, most_attempts=2, on_dead=lambda message: made.dead.append(message.payload["n"]))
    registry.register("outside", made, external=True)
    yield made
    registry._topics.clear()
    registry._topics.update(before)


def states() -> list[tuple[str, int]]:
    return list(OutboxMessage.objects.order_by("created_at", "id").values_list("state", "attempts"))


def test_each_message_is_handled_once(sink: Sink) -> None:
    for n in range(3):
        outbox_add("one", {"n": n})
    assert (drain(), drain()) == (3, 0)
    assert sorted(sink.calls) == [[0], [1], [2]]
    assert states() == [("DONE", 0)] * 3


def test_messages_of_one_group_come_together(sink: Sink) -> None:
    for n in range(4):
        outbox_add("group", {"n": n}, group_key="even" if n % 2 == 0 else "odd")
    drain()
    assert sorted(sorted(call) for call in sink.calls) == [[0, 2], [1, 3]]


def test_a_dedupe_key_announces_once(sink: Sink) -> None:
    for _ in range(2):
        outbox_add("one", {"n": 1}, dedupe_key="same")
    drain()
    outbox_add("one", {"n": 1}, dedupe_key="same")
    assert drain() == 0
    assert sink.calls == [[1]]


@pytest.mark.parametrize(("after", "handled"), [(-1, 0), (0, 1), (1, 1)])
def test_a_message_waits_for_its_time(sink: Sink, after: int, handled: int) -> None:
    outbox_add("one", {"n": 1}, at=START)
    with time_machine.travel(START + timedelta(seconds=after), tick=False):
        assert drain() == handled


@pytest.mark.parametrize("topic", ["one", "outside"])
def test_a_failure_costs_only_its_own_message(sink: Sink, topic: str) -> None:
    with time_machine.travel(START, tick=False):
        outbox_add(topic, {"n": "bad"})
        outbox_add(topic, {"n": "good"})

        def handler(messages: Sequence[OutboxMessage]) -> None:
            if messages[0].payload["n"] == "bad":
                OutboxMessage.objects.create(topic="half", payload={}, created_at=START, next_at=START)
                raise RuntimeError("no")
            sink(messages)

        registry._topics.pop(topic)
        registry.register(topic, handler, external=topic == "outside")
        assert drain() == 1
    assert sink.calls == [["good"]]
    assert not OutboxMessage.objects.filter(topic="half").exists(), "what the failed handler wrote is undone"
    bad = OutboxMessage.objects.get(state=OutboxState.PENDING)
    assert (bad.attempts, bad.last_error) == (1, "RuntimeError: no")


def test_pauses_double_up_to_an_hour() -> None:
    for attempts, seconds in ((1, 1), (2, 2), (3, 4), (8, 128), (13, 3600), (40, 3600)):
        pause = pause_after(attempts).total_seconds()
        assert 0.8 * seconds <= pause <= 1.2 * seconds


def test_after_its_last_try_a_message_is_dead_and_said_to_be(sink: Sink) -> None:
    sink.failing = True
    with time_machine.travel(START, tick=False):
        outbox_add("short", {"n": 7})
    for hour in range(3):
        with time_machine.travel(START + timedelta(hours=hour), tick=False):
            drain()
    assert states() == [("DEAD", 2)]
    assert sink.dead == [7]
    out = StringIO()
    with pytest.raises(SystemExit):
        call_command("outbox_status", "--dead", stdout=out)
    assert "RuntimeError: the other side is down" in out.getvalue()


def test_a_topic_nobody_handles_is_kept_and_dies_visibly(sink: Sink) -> None:
    with time_machine.travel(START, tick=False):
        outbox_add("nobody", {"n": 1})
    for hour in range(9):
        with time_machine.travel(START + timedelta(hours=hour), tick=False):
            drain()
    assert states() == [("DEAD", 8)]
    assert OutboxMessage.objects.get().last_error == "no handler for nobody"


def test_a_failing_burial_leaves_the_message_dead(sink: Sink) -> None:
    def on_dead(message: OutboxMessage) -> None:
        raise RuntimeError("cannot even bury")

    registry.register("cursed", sink, most_attempts=1, on_dead=on_dead)
    sink.failing = True
    outbox_add("cursed", {"n": 1})
    drain()
    assert states() == [("DEAD", 1)]


def test_the_dead_are_revived_by_topic_or_id(sink: Sink) -> None:
    sink.failing = True
    with time_machine.travel(START, tick=False):
        for n in range(3):
            outbox_add("short", {"n": n})
    for hour in range(2):
        with time_machine.travel(START + timedelta(hours=hour), tick=False):
            drain()
    first = OutboxMessage.objects.filter(payload__n=0).get()
    sink.failing = False
    assert outbox_retry_dead(topic="other") == 0
    assert outbox_retry_dead(ids=[first.pk]) == 1
    drain()
    assert sink.calls == [[0]]
    assert outbox_retry_dead(topic="short") == 2
    drain()
    assert sorted(sink.calls) == [[0], [1], [2]]


@pytest.mark.parametrize(("age", "left"), [(timedelta(days=30), 1), (timedelta(days=30, seconds=1), 0)])
def test_what_was_handled_is_forgotten_after_thirty_days(sink: Sink, age: timedelta, left: int) -> None:
    with time_machine.travel(START, tick=False):
        outbox_add("one", {"n": 1})
        drain()
    outbox_clean_up(now=START + age)
    assert OutboxMessage.objects.count() == left


def test_a_batch_costs_the_same_reads_for_one_and_twenty(sink: Sink, django_assert_max_num_queries: Any) -> None:
    for n in range(20):
        outbox_add("group", {"n": n}, group_key="g")
    with django_assert_max_num_queries(30):
        drain()
    assert len(sink.calls) == 1
