"""Many at once: double taps, two workers, two codes of one user, senders of events."""

import uuid
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction

from payment_node.bakong import ledger
from payment_node.bakong.choices import CallReason
from payment_node.bakong.models import BankCall, BankDay
from payment_node.bakong_simulator.bank import Bank
from payment_node.core.errors import Refused
from payment_node.payments import services
from payment_node.payments.models import PaymentStatusHistory, PaymentTransaction
from payment_node.webhooks.models import WebhookDelivery
from tests.payment_node.conftest import Caller, MainServer, Node

Threads = Callable[[int, Callable[[], Any]], list[Any]]


def create(key: str, user: str = "sokha") -> Any:
    """A payment by service."""
    return services.payment_create(
        user_id=user, plan_type="PREMIUM", kind="NEW", amount=Decimal("0.50"), currency="USD", idempotency_key=key
    )


def test_s082_a_double_tap_makes_one_transaction(bank: Bank, node: Node, in_threads: Threads) -> None:
    results = in_threads(8, lambda: create("the-same-key"))
    assert len({made.md5_hash for made, _new in results}) == 1
    assert sum(new for _made, new in results) == 1
    assert PaymentTransaction.objects.count() == 1


def test_different_keys_of_one_user_make_one_open_code(bank: Bank, node: Node, in_threads: Threads) -> None:
    results = in_threads(8, lambda: create(uuid.uuid4().hex))
    assert sum(isinstance(result, tuple) for result in results) == 1
    assert sum(isinstance(result, services.OpenPayment) for result in results) == 7


def test_many_workers_settle_once_and_ask_once(
    bank: Bank, caller: Caller, node: Node, main_server: MainServer, in_threads: Threads
) -> None:
    made = [caller.create(user=f"user-{number}") for number in range(6)]
    for one in made:
        bank.pay(one["qrCode"], {})
    node.clock.forward(16)
    assert sum(in_threads(6, node.ask)) == 6
    assert sum(call["path"] == "/v1/check_transaction_by_md5" for call in bank.calls) == 6
    in_threads(6, node.send)
    assert main_server.events().count("PAYMENT_COMPLETED") == 6
    assert PaymentStatusHistory.objects.filter(new_status="COMPLETED").count() == 6
    assert len(main_server.bodies) == 12, "each event was sent once"


def test_the_same_answer_applied_by_many_settles_once(
    bank: Bank, caller: Caller, node: Node, in_threads: Threads
) -> None:
    made = caller.create()
    row = node.row(made["md5Hash"])
    paid = bank.pay(made["qrCode"], {})
    from payment_node.bakong.answers import BankTransaction

    money = BankTransaction(
        paid.hash, paid.from_account, paid.to_account, "USD", Decimal("0.5"), paid.created_ms, None, None, None, None
    )
    results = in_threads(8, lambda: services.payment_settle(row.pk, money, now=node.clock.now()))
    assert sorted(results) == ["COMPLETED"] + ["NOTHING"] * 7
    assert WebhookDelivery.objects.filter(event="PAYMENT_COMPLETED").count() == 1


def test_one_transfer_for_two_orders_at_the_same_time(
    bank: Bank, caller: Caller, node: Node, in_threads: Threads
) -> None:
    from payment_node.bakong.answers import BankTransaction

    rows = [node.row(caller.create(user=user)["md5Hash"]) for user in ("sokha", "dara")]
    moment = int(node.clock.now().timestamp() * 1000)
    money = BankTransaction("c" * 64, None, "das.tern@devb", "USD", Decimal("0.5"), moment, None, None, None, None)
    left = list(rows)
    results = in_threads(2, lambda: services.payment_settle(left.pop().pk, money, now=node.clock.now()))
    assert sorted(results) == ["COMPLETED", "HELD"]


def test_cancelling_against_paying(bank: Bank, caller: Caller, node: Node, in_threads: Threads) -> None:
    for number in range(5):
        user = f"user-{number}"
        made = caller.create(user=user)
        bank.pay(made["qrCode"], {})
        node.clock.forward(16)
        acts = [node.ask, lambda u=user, m=made["md5Hash"]: services.payment_cancel(md5=m, user_id=u)]
        in_threads(2, lambda a=acts: a.pop()())
        node.wait(700, step=100)
        assert caller.status(made["md5Hash"], user)["status"] == "COMPLETED", "money wins over a cancellation"
        history = PaymentStatusHistory.objects.filter(transaction__md5_hash=made["md5Hash"], new_status="COMPLETED")
        assert history.count() == 1


def test_the_ceiling_holds_for_any_number_of_workers(node: Node, settings: Any, in_threads: Threads) -> None:
    settings.BAKONG_DAILY_CEILING, settings.BAKONG_RESERVE = 10, 3

    def reserve(reason: CallReason) -> int:
        return sum(ledger.reserve("/v1/x", reason, token_mark="t") is not None for _number in range(5))

    assert sum(in_threads(4, lambda: reserve(CallReason.SCHEDULE))) == 7, "the reserve is kept"
    assert sum(in_threads(4, lambda: reserve(CallReason.FINAL))) == 3
    assert BankDay.objects.get().used == BankCall.objects.filter(counted=True).count() == 10


def test_the_database_itself_refuses_what_must_not_be(bank: Bank, caller: Caller, node: Node) -> None:
    row = node.row(caller.create()["md5Hash"])
    for table in ("payment_status_history", "payment_audit_log", "payment_refund", "subscription_history"):
        for statement in (f"UPDATE {table} SET id = id", f"DELETE FROM {table}", f"TRUNCATE {table} CASCADE"):
            if table != "payment_status_history" and not statement.startswith("TRUNCATE"):
                continue  # row triggers need a row
            with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
                cursor.execute(statement)
    for wrong in ({"amount": 0}, {"status": "PAID"}, {"currency": "EUR"}, {"status": "COMPLETED"}):
        with pytest.raises(IntegrityError), transaction.atomic():
            PaymentTransaction.objects.filter(pk=row.pk).update(**wrong)


def test_a_user_may_make_five_codes_in_ten_minutes_however_fast(bank: Bank, node: Node, in_threads: Threads) -> None:
    def make_and_cancel() -> str:
        try:
            made, _new = create(uuid.uuid4().hex)
        except (services.OpenPayment, Refused):
            return "refused"
        services.payment_cancel(md5=made.md5_hash, user_id="sokha")
        return "made"

    results = [result for _round in range(4) for result in in_threads(4, make_and_cancel)]
    assert results.count("made") == 5
    assert PaymentTransaction.objects.count() == 5
