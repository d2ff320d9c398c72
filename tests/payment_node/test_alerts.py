"""The operator is told of what waits for a person: once each, without a payer's name, and again when a mail failed."""

from typing import Any

import pytest
from django.core import mail

from payment_node.bakong_simulator.bank import Bank
from payment_node.bakong_simulator.faults import parse
from payment_node.staff.alerts import operator_tell
from payment_node.staff.models import Notice
from tests.payment_node.conftest import Caller, Node


def hold(bank: Bank, caller: Caller, node: Node, user: str) -> None:
    """A payment that waits for a person."""
    bank.pay(caller.create(user=user)["qrCode"], {"amount": "0.10", "force": True})
    node.wait(20)


def test_s076_the_operator_is_told_of_a_held_payment_once(bank: Bank, caller: Caller, node: Node) -> None:
    hold(bank, caller, node, "sokha-secret-id")
    assert operator_tell() == 1
    assert operator_tell() == 0
    letter = mail.outbox[0]
    assert letter.to == ["operator@dastern.example"]
    assert "AMOUNT_MISMATCH" in letter.body
    assert "sokha-secret-id" not in letter.body
    hold(bank, caller, node, "dara")
    assert operator_tell() == 1
    assert len(mail.outbox) == 2


def test_a_cancelled_payment_that_was_paid_and_a_closed_door(bank: Bank, caller: Caller, node: Node) -> None:
    made = caller.create()
    caller.call("POST", f"/api/payments/{made['md5Hash']}/cancel", {"userId": "sokha"})
    bank.pay(made["qrCode"], {})
    node.wait(700, step=60)
    caller.create(user="dara")
    bank.faults = [parse({"path": "*", "do": "geo_block"})]
    node.wait(20)
    assert operator_tell() == 2
    assert "refund or keep" in mail.outbox[0].body
    assert "CLOSED" in mail.outbox[0].body


def test_a_mail_that_failed_is_tried_again(bank: Bank, caller: Caller, node: Node, settings: Any) -> None:
    hold(bank, caller, node, "sokha")
    working, settings.EMAIL_BACKEND = settings.EMAIL_BACKEND, "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1
    with pytest.raises(OSError, match="refused"):
        operator_tell()
    assert not Notice.objects.exists()
    settings.EMAIL_BACKEND = working
    assert operator_tell() == 1


def test_nobody_to_tell(bank: Bank, caller: Caller, node: Node, settings: Any) -> None:
    hold(bank, caller, node, "sokha")
    settings.OPERATOR_EMAIL = ""
    assert operator_tell() == 0
    assert not mail.outbox
