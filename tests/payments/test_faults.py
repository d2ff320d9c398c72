"""The node is down, slow or talks nonsense; answers are lost; processes die between two steps (scenarios 78, 79)."""

import time
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine

from apps.payments import node as client
from apps.payments.breaker import FAILURES, OPEN_SECONDS, Breaker, LocalStore, SharedStore
from apps.payments.errors import PaymentsUnavailable
from apps.payments.models import PaymentChange, PaymentRef
from apps.payments.services import creating, payments_reconcile
from apps.payments.services.jobs import events_clean_up
from apps.users.models import User
from dastern.core import clock, redis
from tests.payments.conftest import plan, send, start
from tests.payments.contract_node import ContractNode
from tests.support.people import Api
from tests.support.streaming import free_port

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 11, 24, 5, 0, tzinfo=UTC)


def refused_with(user: User) -> tuple[int, str]:
    answer = Api(user).post("payments/create", {"planType": "PREMIUM"})
    return answer.status_code, answer.json()["code"]


DOWN = (503, "PAYMENTS_UNAVAILABLE")


@pytest.mark.parametrize("temper", ["drop", "error", "html", "broken", "huge", "other_amount", "other_md5"])
def test_an_answer_that_is_none_gives_no_payment(sokha: User, node: ContractNode, temper: str) -> None:
    node.temper = temper
    assert refused_with(sokha) == DOWN
    assert PaymentRef.objects.get().md5 is None
    assert Api(sokha).get("payments/history").json()["data"]["items"] == []
    node.temper = "ok"
    made = start(sokha)
    assert PaymentRef.objects.count() == 1, "the same payment goes on"
    assert made["md5Hash"] in node.payments
    assert len(node.payments) == 1


def test_s078_a_silent_node_is_waited_for_no_longer_than_allowed(
    sokha: User, node: ContractNode, settings: Any
) -> None:
    settings.PAYMENT_NODE_TIMEOUT_SECONDS = 0.4
    node.temper = "hang"
    before = time.monotonic()
    assert refused_with(sokha) == DOWN
    assert time.monotonic() - before < 5, "the limit of 15 s, scaled"
    assert len(node.calls) == 1, "silence is not asked twice"


def test_s078_with_the_node_down_the_rest_works(sokha: User, settings: Any) -> None:
    settings.PAYMENT_NODE_URL = f"http://127.0.0.1:{free_port()}"
    for _ in range(FAILURES + 2):
        assert refused_with(sokha) == DOWN
    assert not client.breaker.allows(), "and it is not even tried"
    for path in (
        "payments/plans",
        "payments/history",
        "subscriptions/me",
        "subscriptions/plans",
        "doses/today",
        "users/me",
    ):
        assert Api(sokha).get(path).status_code == 200, path
    answer = Api(sokha).post("payments/create", {"planType": "PREMIUM"}, **{"accept-language": "km"})
    assert "មិនអាចបង់ប្រាក់" in answer.json()["message"]


def test_without_an_address_nothing_can_be_paid_and_nothing_is_left(sokha: User, settings: Any) -> None:
    settings.PAYMENT_NODE_URL = ""
    assert refused_with(sokha) == DOWN
    assert not PaymentRef.objects.exists()


def test_a_payment_already_shown_is_told_from_here_while_the_node_is_down(sokha: User, node: ContractNode) -> None:
    md5 = start(sokha)["md5Hash"]
    node.temper = "error"
    shown = Api(sokha).get(f"payments/status/{md5}")
    assert (shown.status_code, shown.json()["data"]["status"]) == (200, "PENDING")
    for verb in ("cancel", "check"):
        assert Api(sokha).post(f"payments/{md5}/{verb}").status_code == 503
    assert PaymentRef.objects.get().status == "PENDING", "it is not cancelled behind the node's back"


def test_a_broken_connection_is_tried_once_more(sokha: User, node: ContractNode) -> None:
    node.temper = "drop"
    refused_with(sokha)
    assert len(node.calls) == 2
    assert client.breaker.allows()


@pytest.mark.parametrize("store", [LocalStore, SharedStore])
def test_s078_five_failures_in_a_row_open_the_circuit(store: Any) -> None:
    breaker = Breaker(shared=store())
    for _ in range(FAILURES - 1):
        assert breaker.allows()
        breaker.failed()
    breaker.succeeded()
    for _ in range(FAILURES):
        assert breaker.allows(), "a success in between starts the count anew"
        breaker.failed()
    assert not breaker.allows()


def test_s078_after_a_minute_one_trial_decides() -> None:
    now = [0.0]
    breaker = Breaker(shared=LocalStore(lambda: now[0]))
    for _ in range(FAILURES):
        breaker.failed()
    for at, open_ in ((OPEN_SECONDS - 1, True), (OPEN_SECONDS, False), (OPEN_SECONDS + 1, True)):
        now[0] = at
        assert breaker.allows() is not open_, at  # at the minute one is let through, the next is not
    breaker.failed()
    now[0] += OPEN_SECONDS - 1
    assert not breaker.allows()
    now[0] += 1
    assert breaker.allows()
    breaker.succeeded()
    assert all(breaker.allows() for _ in range(3))


def test_the_circuit_is_one_for_all_processes_and_survives_redis() -> None:
    one, other = Breaker(), Breaker()
    for _ in range(FAILURES):
        one.failed()
    assert not other.allows()
    redis.failed(Exception("Redis is down"))
    assert other.allows(), "a process alone counts for itself"
    for _ in range(FAILURES):
        other.failed()
    assert not other.allows()
    assert one.allows()


# --- lost answers, dying processes ----------------------------------------------------------------------------------


class Died(BaseException):
    """The process ends here."""


def test_an_answer_that_was_lost_leads_to_the_same_payment(
    sokha: User, node: ContractNode, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Dying after the node made it, before we kept it."""
    real = creating._made

    def dies(ref: PaymentRef) -> Any:
        real(ref)
        raise Died

    monkeypatch.setattr(creating, "_made", dies)
    with pytest.raises(Died):
        Api(sokha).post("payments/create", {"planType": "PREMIUM"})
    monkeypatch.setattr(creating, "_made", real)
    assert PaymentRef.objects.get().md5 is None
    assert start(sokha)["md5Hash"] in node.payments
    assert len(node.payments) == PaymentRef.objects.count() == 1


def test_a_qr_that_nobody_was_shown_does_not_block_another_plan(
    sokha: User, node: ContractNode, monkeypatch: pytest.MonkeyPatch
) -> None:
    node.temper = "broken"
    refused_with(sokha)
    node.temper = "ok"
    assert [one["status"] for one in node.payments.values()] == ["PENDING"]
    made = start(sokha, "FAMILY_PREMIUM")
    assert made["amount"] == "1.00"
    assert sorted(one["status"] for one in node.payments.values()) == ["CANCELLED", "PENDING"]
    lost = PaymentRef.objects.get(md5=None)
    assert (lost.status, lost.reason) == ("FAILED", "NOT_CREATED")


def test_what_the_node_never_answered_is_given_up_after_a_quarter_of_an_hour(sokha: User, node: ContractNode) -> None:
    with time_machine.travel(NOON, tick=False):
        node.temper = "broken"
        Api(sokha).post("payments/create", {"planType": "PREMIUM"}, **{"idempotency-key": "tap"})
    node.temper = "ok"
    for seconds, given_up in ((-1, 0), (0, 1), (1, 0)):
        assert payments_reconcile(now=NOON + timedelta(minutes=15, seconds=seconds))["givenUp"] == given_up
    with time_machine.travel(NOON + timedelta(minutes=16), tick=False):
        again = Api(sokha).post("payments/create", {"planType": "PREMIUM"}, **{"idempotency-key": "tap"})
        assert again.status_code == 201, "the key is free again"


@pytest.mark.parametrize("step", ["subscription_pay", "change_write"])
def test_dying_while_an_event_is_counted_leaves_nothing_half_done(
    sokha: User, node: ContractNode, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    from apps.payments.services import settling

    event = node.move(start(sokha)["md5Hash"], "COMPLETED")
    real = getattr(settling, step)

    def dies(*args: Any, **kwargs: Any) -> Any:
        real(*args, **kwargs)
        raise Died

    monkeypatch.setattr(settling, step, dies)
    with pytest.raises(Died):
        send(event)
    monkeypatch.setattr(settling, step, real)
    assert plan(sokha) == ("FREEMIUM", None)
    assert PaymentRef.objects.get().status == "PENDING"
    assert PaymentChange.objects.count() == 1
    assert send(event).json()["data"]["verdict"] == "APPLIED"
    assert plan(sokha)[0] == "PREMIUM"


def test_s079_what_the_events_did_not_bring_the_job_finds(sokha: User, vanna: User, node: ContractNode) -> None:
    with time_machine.travel(NOON, tick=False):
        paid, failed = start(sokha)["md5Hash"], start(vanna)["md5Hash"]
        event = node.move(paid, "COMPLETED")
        node.move(failed, "FAILED", "EXPIRED")
    with time_machine.travel(NOON + timedelta(minutes=30), tick=False):
        assert payments_reconcile(now=clock.now())["changed"] == 2
        assert plan(sokha) == ("PREMIUM", "2026-12-24T05:30:00.000Z")
        assert payments_reconcile(now=clock.now())["changed"] == 0
        assert send(event).json()["data"]["verdict"] == "IGNORED", "the hour-old event comes at last"
        assert plan(sokha) == ("PREMIUM", "2026-12-24T05:30:00.000Z")
        node.move(failed, "COMPLETED", "LATE_PAYMENT")
        assert payments_reconcile(now=clock.now())["changed"] == 1, "late money too"
        assert plan(vanna)[0] == "PREMIUM"


def test_the_job_with_the_node_down_changes_nothing(sokha: User, node: ContractNode) -> None:
    with time_machine.travel(NOON, tick=False):
        start(sokha)
    node.temper = "error"
    counts = payments_reconcile(now=NOON + timedelta(days=3))
    assert (counts["unreachable"], counts["changed"], counts["unknown"]) == (1, 0, 0)
    assert PaymentRef.objects.get().status == "PENDING", "no outage turns into failed"


def test_what_the_node_does_not_know_has_failed_after_a_day(sokha: User, node: ContractNode) -> None:
    with time_machine.travel(NOON, tick=False):
        start(sokha)
    node.payments.clear()
    for hours, status in ((1, "PENDING"), (26, "FAILED")):
        assert payments_reconcile(now=NOON + timedelta(hours=hours))["unknown"] == 1
        assert PaymentRef.objects.get().status == status
    assert PaymentRef.objects.get().reason == "UNKNOWN_AT_NODE"


def test_the_job_asks_in_portions(sokha: User, node: ContractNode) -> None:
    with time_machine.travel(NOON, tick=False):
        start(sokha)
    ref = PaymentRef.objects.get()
    PaymentRef.objects.bulk_create(
        PaymentRef(
            user=sokha, plan_type="PREMIUM", kind="NEW", amount="0.50", currency="USD", days=30, is_current=False,
            md5=f"{number:032x}", bill_number=f"DT-{number}", qr_expires_at=ref.qr_expires_at, created_at=NOON,
        )
        for number in range(120)
    )  # fmt: skip
    node.calls.clear()
    counts = payments_reconcile(now=NOON + timedelta(minutes=30))
    assert (counts["asked"], counts["unknown"]) == (121, 120)
    assert node.calls == ["POST /api/payments/bulk-check"] * 3


def test_another_price_at_the_node_is_an_error_of_ours(
    sokha: User, node: ContractNode, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(node, "create", lambda body: (400, {"code": "AMOUNT_MISMATCH"}))
    assert refused_with(sokha) == DOWN
    assert PaymentRef.objects.get().status == "FAILED"
    monkeypatch.setattr(node, "create", lambda body: (429, {"code": "TOO_MANY_PAYMENTS"}))
    assert refused_with(sokha) == (429, "TOO_MANY_PAYMENTS")
    monkeypatch.setattr(node, "create", lambda body: (429, {"code": "THROTTLED"}))
    assert refused_with(sokha) == DOWN


def test_a_wrong_key_on_our_side_is_unavailable_too(sokha: User, node: ContractNode, settings: Any) -> None:
    settings.PAYMENT_NODE_SECRET = "another"
    assert refused_with(sokha) == DOWN
    with pytest.raises(PaymentsUnavailable):
        client.payment_status(user_id=sokha.id, md5="0" * 32)


def test_old_events_are_forgotten_and_doubtful_ones_kept(sokha: User, node: ContractNode) -> None:
    md5 = start(sokha)["md5Hash"]
    event = node.move(md5, "COMPLETED")
    send(event | {"eventId": "0197a1b2-5000-7000-8000-00000000000c", "data": event["data"] | {"amount": "9.99"}})
    send(event)
    assert events_clean_up(now=clock.now() + timedelta(days=399)) == 0
    assert events_clean_up(now=clock.now() + timedelta(days=401)) == 1
