"""From a code to money: paid in time, at the last second, late, wrongly, twice, never."""

from typing import Any

import pytest

from payment_node.bakong_simulator.bank import Bank
from payment_node.bakong_simulator.faults import parse, usual
from payment_node.payments.models import PaymentStatusHistory
from payment_node.subscriptions.models import Subscription
from tests.payment_node.conftest import Caller, Clock, MainServer, Node


def test_a_payment_settles_once_and_the_main_server_hears_of_it(
    bank: Bank, caller: Caller, node: Node, main_server: MainServer
) -> None:
    made = caller.create()
    node.wait(10)
    assert not bank.calls, "the bank is not asked before the first planned look"
    bank.pay(made["qrCode"], {})
    node.wait(10)
    state = caller.status(made["md5Hash"])
    assert (state["status"], state["reason"], state["sequence"]) == ("COMPLETED", None, 1)
    assert sorted(main_server.events()) == ["PAYMENT_COMPLETED", "SUBSCRIPTION_ACTIVATED"]
    assert next(iter(main_server.applied.values()))["data"]["amount"] == "0.50"
    calls = len(bank.calls)
    node.wait(1000)
    assert len([c for c in bank.calls if "md5" in c["path"]]) <= calls, "nobody asks about what is settled"
    row = node.row(made["md5Hash"])
    assert [h.new_status for h in PaymentStatusHistory.objects.filter(transaction=row).order_by("id")] == [
        "PENDING",
        "COMPLETED",
    ]
    assert Subscription.objects.get(user_id="sokha").status == "ACTIVE"


def test_paid_in_the_last_second_and_indexed_after_the_expiry(
    bank: Bank, caller: Caller, node: Node, clock: Clock
) -> None:
    made = caller.create()
    bank.faults = [*usual(), parse({"path": "/v1/check_transaction_by_md5", "do": {"index_delay_ms": 60_000}})]
    node.wait(599)
    bank.pay(made["qrCode"], {})
    node.wait(60)
    assert caller.status(made["md5Hash"])["status"] == "PENDING"
    node.wait(60)
    state = caller.status(made["md5Hash"])
    assert (state["status"], state["reason"]) == ("COMPLETED", None)


def test_s077_paid_late_but_exact(bank: Bank, caller: Caller, node: Node, main_server: MainServer) -> None:
    made = caller.create()
    node.wait(700)
    assert caller.status(made["md5Hash"])["status"] == "FAILED"
    bank.pay(made["qrCode"], {"force": True})
    node.wait(2000, step=60)
    state = caller.status(made["md5Hash"])
    assert (state["status"], state["reason"]) == ("COMPLETED", "LATE_PAYMENT")
    assert main_server.events() == ["PAYMENT_FAILED", "PAYMENT_COMPLETED", "SUBSCRIPTION_ACTIVATED"]
    assert [body["sequence"] for body in main_server.applied.values()][:2] == [1, 2]


def test_s077_paid_late_after_another_code_for_the_same_thing(bank: Bank, caller: Caller, node: Node) -> None:
    first = caller.create()
    node.wait(700)
    second = caller.create()
    bank.pay(second["qrCode"], {})
    node.wait(20)
    bank.pay(first["qrCode"], {"force": True})
    caller.call("POST", f"/api/payments/{first['md5Hash']}/check", {"userId": "sokha"})
    node.wait(5)
    assert caller.status(second["md5Hash"])["status"] == "COMPLETED"
    assert caller.status(first["md5Hash"])["reviewReason"] == "POSSIBLE_DOUBLE"


WRONG: list[Any] = [
    pytest.param({"amount": "0.10"}, "AMOUNT_MISMATCH", id="s076-amount"),
    pytest.param({"amount": "0.51"}, "AMOUNT_MISMATCH", id="too-much"),
    pytest.param({"currency": "KHR"}, "CURRENCY_MISMATCH", id="currency"),
    pytest.param({"to": "vanna@abaa"}, "RECEIVER_MISMATCH", id="receiver"),
]


@pytest.mark.parametrize(("wrong", "reason"), WRONG)
def test_s076_wrong_money_is_held_and_never_expires(
    wrong: dict[str, Any], reason: str, bank: Bank, caller: Caller, node: Node, main_server: MainServer
) -> None:
    made = caller.create()
    bank.pay(made["qrCode"], {"force": True, **wrong})
    node.wait(20)
    node.wait(3000, step=60)
    state = caller.status(made["md5Hash"])
    assert (state["status"], state["reviewReason"]) == ("PENDING", reason)
    assert main_server.events() == []
    assert not Subscription.objects.filter(status="ACTIVE").exists()


def test_one_transfer_that_answers_for_two_orders_gives_one_plan(bank: Bank, caller: Caller, node: Node) -> None:
    first, second = caller.create(), caller.create(user="dara")
    bank.pay(first["qrCode"], {})
    bank.faults = [parse({"path": "/v1/check_transaction_by_md5", "do": "duplicate_hash"})]
    node.wait(30)
    states = [caller.status(first["md5Hash"]), caller.status(second["md5Hash"], "dara")]
    assert sorted(state["status"] for state in states) == ["COMPLETED", "PENDING"]
    assert [state["reviewReason"] for state in states if state["status"] == "PENDING"] == ["DUPLICATE_HASH"]


def test_money_that_went_back_is_held(bank: Bank, caller: Caller, node: Node) -> None:
    made = caller.create()
    bank.pay(made["qrCode"], {}).tracking = "REFUNDED_BY_RECEIVER"
    node.wait(20)
    assert caller.status(made["md5Hash"])["reviewReason"] == "TRACKING_REFUNDED"


def test_a_failed_transfer_leaves_the_code_open_until_it_ends(
    bank: Bank, caller: Caller, node: Node, main_server: MainServer
) -> None:
    made, other = caller.create(), caller.create(user="dara")
    bank.fail(made["qrCode"])
    bank.fail(other["qrCode"])
    node.wait(60)
    assert caller.status(made["md5Hash"])["status"] == "PENDING"
    bank.pay(made["qrCode"], {})
    node.wait(700)
    assert caller.status(made["md5Hash"])["status"] == "COMPLETED"
    state = caller.status(other["md5Hash"], "dara")
    assert (state["status"], state["reason"]) == ("FAILED", "BANK_REJECTED")
    assert sorted(main_server.events()) == ["PAYMENT_COMPLETED", "PAYMENT_FAILED", "SUBSCRIPTION_ACTIVATED"]


def test_a_code_costs_at_most_nine_calls(bank: Bank, caller: Caller, node: Node) -> None:
    caller.create()
    node.wait(5000, step=15)
    asked = [call for call in bank.calls if call["path"] == "/v1/check_transaction_by_md5"]
    assert len(asked) <= 9


def test_a_cancelled_code_that_is_paid_all_the_same(
    bank: Bank, caller: Caller, node: Node, main_server: MainServer
) -> None:
    made = caller.create()
    answer = caller.call("POST", f"/api/payments/{made['md5Hash']}/cancel", {"userId": "sokha"})
    assert answer.json()["data"]["status"] == "CANCELLED"
    bank.pay(made["qrCode"], {})
    node.wait(700)
    state = caller.status(made["md5Hash"])
    assert (state["status"], state["reason"]) == ("COMPLETED", "PAID_AFTER_CANCEL")
    assert sorted(main_server.events()) == ["PAYMENT_COMPLETED", "SUBSCRIPTION_ACTIVATED"]


def test_i_have_paid_asks_at_once_with_a_cooldown(bank: Bank, caller: Caller, node: Node) -> None:
    made = caller.create()
    bank.pay(made["qrCode"], {})
    path = f"/api/payments/{made['md5Hash']}/check"
    first = caller.call("POST", path, {"userId": "sokha"}).json()["data"]["check"]
    second = caller.call("POST", path, {"userId": "sokha"}).json()["data"]["check"]
    assert (first["accepted"], second["accepted"]) == (True, False)
    assert 1 <= second["retryAfterSeconds"] <= 15
    assert node.ask() == 1
    assert caller.status(made["md5Hash"])["status"] == "COMPLETED"


@pytest.mark.parametrize("plan", ["PREMIUM", "FAMILY_PREMIUM"])
def test_riel(plan: str, bank: Bank, caller: Caller, node: Node) -> None:
    made = caller.create(planType=plan, currency="KHR", amount={"PREMIUM": "2000", "FAMILY_PREMIUM": "4000"}[plan])
    bank.pay(made["qrCode"], {})
    node.wait(20)
    assert caller.status(made["md5Hash"])["status"] == "COMPLETED"


def test_s080_an_upgrade_pays_the_difference_and_keeps_the_end(bank: Bank, caller: Caller, node: Node) -> None:
    made = caller.create()
    bank.pay(made["qrCode"], {})
    node.wait(20)
    end = Subscription.objects.get(user_id="sokha").next_billing_date
    node.wait(700, step=60)
    up = caller.create(planType="FAMILY_PREMIUM", kind="UPGRADE", amount="0.20", remainingDays=12)
    bank.pay(up["qrCode"], {})
    node.wait(20)
    row = Subscription.objects.get(user_id="sokha")
    assert (row.plan_type, row.next_billing_date, row.status) == ("FAMILY_PREMIUM", end, "ACTIVE")
