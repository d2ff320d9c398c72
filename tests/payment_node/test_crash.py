"""The process is killed between every two steps; whoever comes after finds a consistent state and finishes the work."""

import os
import signal
import subprocess
import sys
from typing import Any

import pytest

from payment_node.bakong.models import BankCall
from payment_node.bakong_simulator.bank import Bank
from payment_node.payments.models import PaymentStatusHistory, PaymentTransaction
from payment_node.subscriptions.models import Subscription
from payment_node.webhooks.models import WebhookDelivery
from tests.payment_node.conftest import MainServer, Node
from tests.payment_node.stack import ROOT

# function after (or before) which the process dies
STEPS = [
    "before payment_node.payments.monitor._claim",
    "after payment_node.payments.monitor._claim",
    "after payment_node.bakong.ledger.reserve",
    "before payment_node.bakong.client.post",
    "after payment_node.bakong.client.post",
    "after payment_node.bakong.ledger.finish",
    "before payment_node.payments.monitor.payment_settle",
    "before payment_node.payments.services.payment_move",
    "after payment_node.payments.services.payment_move",
    "after payment_node.payments.monitor.payment_settle",
    "after payment_node.payments.monitor.apply",
    "after payment_node.webhooks.services._claim",
    "before payment_node.webhooks.services._note",
    "after payment_node.webhooks.services._note",
]
CREATE_STEPS = [
    "before payment_node.payments.services._require_room",
    "after payment_node.payments.services._new_transaction",
    "after payment_node.payments.services.payment_create",
]


def run_and_die(bank: Bank, main: MainServer | None, step: str, act: str) -> int:
    """Do ``act`` in a process of its own that dies at ``step``; its exit code."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.payment_node.dying", step, act],
        cwd=ROOT,
        env=os.environ
        | {
            "DJANGO_SETTINGS_MODULE": "payment_node.settings.test",
            "BAKONG_BASE_URL": bank.address,
            "BAKONG_TOKEN": bank.token(exp=4_000_000_000),
            "MAIN_WEBHOOK_URL": main.url if main else "http://127.0.0.1:1/",
            "NODE_CHECK_OFFSETS": "0,1,2,3,4,5",
        },
        capture_output=True,
        timeout=120,
        check=False,
    )
    return done.returncode


@pytest.mark.parametrize("step", STEPS)
def test_killed_between_asking_and_telling(step: str, bank: Bank, main_server: MainServer, settings: Any) -> None:
    assert run_and_die(bank, None, "never", "create") == 0
    row = PaymentTransaction.objects.get()
    bank.pay(row.qr_code, {})
    code = run_and_die(bank, main_server, step, "work")
    assert code == -signal.SIGKILL, f"it lived through {step}"
    row.refresh_from_db()
    histories = PaymentStatusHistory.objects.filter(transaction=row, new_status="COMPLETED").count()
    events = WebhookDelivery.objects.filter(event="PAYMENT_COMPLETED").count()
    assert (row.status == "COMPLETED") == (histories == 1) == (events == 1), "all of it or nothing"
    # the leases run out, and the next worker goes on
    PaymentTransaction.objects.filter(next_check_at__isnull=False).update(next_check_at=row.created_at)
    WebhookDelivery.objects.update(next_retry_at=row.created_at)
    assert run_and_die(bank, main_server, "never", "work") == 0
    row.refresh_from_db()
    assert (row.status, row.next_check_at) == ("COMPLETED", None)
    assert PaymentStatusHistory.objects.filter(transaction=row, new_status="COMPLETED").count() == 1
    assert sorted(main_server.events()) == ["PAYMENT_COMPLETED", "SUBSCRIPTION_ACTIVATED"], "applied once"
    assert WebhookDelivery.objects.exclude(status="DELIVERED").count() == 0
    assert Subscription.objects.get().status == "ACTIVE"
    asked = sum(call["path"] == "/v1/check_transaction_by_md5" for call in bank.calls)
    assert asked <= BankCall.objects.filter(counted=True).count(), "no call without its row in the ledger"


@pytest.mark.parametrize("step", CREATE_STEPS)
def test_killed_while_creating(step: str, bank: Bank) -> None:
    assert run_and_die(bank, None, step, "create") == -signal.SIGKILL
    assert run_and_die(bank, None, "never", "create") == 0, "the client repeats with the same key"
    row = PaymentTransaction.objects.get()
    assert PaymentStatusHistory.objects.filter(transaction=row).count() == 1


def test_a_worker_that_died_is_followed_after_its_lease(bank: Bank, node: Node, main_server: MainServer) -> None:
    from tests.payment_node.conftest import Caller

    made = Caller().create()
    bank.pay(made["qrCode"], {})
    node.clock.forward(15)
    from payment_node.payments import monitor

    assert monitor._claim() is not None, "claimed by somebody who never comes back"
    assert node.ask() == 0
    node.clock.forward(91)
    assert node.ask() == 1
    assert Caller().status(made["md5Hash"])["status"] == "COMPLETED"
