"""A day with 200 open codes and 100 calls: the ceiling holds, the newest come first, nobody is lost."""

from typing import Any

from payment_node.bakong.models import BankCall
from payment_node.bakong_simulator.bank import Bank
from payment_node.payments.models import PaymentTransaction
from tests.payment_node.conftest import Caller, MainServer, Node

CHECK = "/v1/check_transaction_by_md5"


def test_two_hundred_open_codes_and_a_hundred_calls(
    bank: Bank, caller: Caller, node: Node, main_server: MainServer, settings: Any
) -> None:
    settings.BAKONG_DAILY_CEILING, settings.BAKONG_RESERVE = 95, 20
    made = []
    for number in range(200):
        made.append(caller.create(user=f"user-{number}"))
        if number % 4 == 0:
            bank.pay(made[-1]["qrCode"], {})
        node.clock.forward(3)
        if number % 10 == 0:
            node.ask()
    node.wait(3600, step=120)
    day_one = [call for call in bank.calls if call["path"] == CHECK]
    assert len(day_one) <= 95, "calls never pass the ceiling"
    assert len(day_one) == BankCall.objects.filter(counted=True).count()
    assert not [call for call in day_one if '"errorCode": 17' in call["answer"]], "the bank never had to refuse"
    assert not PaymentTransaction.objects.filter(status="FAILED", last_checked_at__isnull=True).exists()
    asked = set(BankCall.objects.filter(counted=True).values_list("transaction_id", flat=True))
    waiting = PaymentTransaction.objects.filter(status="PENDING")
    assert waiting.count() > 100, "whom nobody could ask about is neither paid nor expired"
    assert asked, "somebody was asked about"
    # the days after: every paid one settles, the unpaid ones end
    for _day in range(4):
        node.clock.forward(24 * 3600)
        node.wait(3600, step=300)
    assert sum(call["path"] == CHECK for call in bank.calls) <= 95 * 5
    states = dict.fromkeys(("COMPLETED", "FAILED", "PENDING"), 0)
    for row in PaymentTransaction.objects.all():
        states[row.status] += 1
    assert states == {"COMPLETED": 50, "FAILED": 150, "PENDING": 0}
    assert main_server.events().count("PAYMENT_COMPLETED") == 50
    assert main_server.events().count("PAYMENT_FAILED") == 150


def test_the_newest_code_is_asked_about_first(bank: Bank, caller: Caller, node: Node, settings: Any) -> None:
    made = []
    for number in range(10):
        made.append(caller.create(user=f"user-{number}"))
        node.clock.forward(1)
    node.clock.forward(20)
    settings.BAKONG_DAILY_CEILING, settings.BAKONG_RESERVE = 3, 0
    node.ask()
    asked = BankCall.objects.order_by("id").values_list("transaction_id", flat=True)
    assert [str(pk) for pk in asked] == [one["transactionId"] for one in reversed(made)][:3]


def test_people_and_last_looks_have_a_reserve(bank: Bank, caller: Caller, node: Node, settings: Any) -> None:
    settings.BAKONG_DAILY_CEILING, settings.BAKONG_RESERVE = 3, 2
    made = caller.create()
    node.wait(100)
    assert BankCall.objects.filter(counted=True).count() == 1, "the schedule may not touch the reserve"
    bank.pay(made["qrCode"], {})
    caller.call("POST", f"/api/payments/{made['md5Hash']}/check", {"userId": "sokha"})
    node.ask()
    assert caller.status(made["md5Hash"])["status"] == "COMPLETED"
