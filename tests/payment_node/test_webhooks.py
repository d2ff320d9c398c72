"""Events reach the main server: after an hour of silence, in order, signed anew each time, given up after a day."""

import json
from typing import Any

from payment_node import signing
from payment_node.bakong_simulator.bank import Bank
from payment_node.payments.models import AuditLog
from payment_node.staff.services import webhooks_send_again
from payment_node.webhooks.models import DeliveryStatus, WebhookDelivery
from tests.payment_node.conftest import Caller, MainServer, Node


def paid(bank: Bank, caller: Caller, node: Node, user: str = "sokha") -> dict[str, Any]:
    """A settled payment whose events wait."""
    made = caller.create(user=user)
    bank.pay(made["qrCode"], {})
    node.clock.forward(16)
    node.ask()
    return made


def test_s079_the_main_server_is_away_for_an_hour(
    bank: Bank, caller: Caller, node: Node, main_server: MainServer
) -> None:
    main_server.status = 503
    for user in ("sokha", "dara", "vanna"):
        paid(bank, caller, node, user)
    node.wait(3600, step=20)
    assert main_server.events() == []
    assert WebhookDelivery.objects.filter(status=DeliveryStatus.PENDING).count() == 6, "nothing is lost"
    main_server.status = 200
    node.wait(3700, step=60)
    assert main_server.events().count("PAYMENT_COMPLETED") == 3
    assert main_server.events().count("SUBSCRIPTION_ACTIVATED") == 3
    assert WebhookDelivery.objects.exclude(status=DeliveryStatus.DELIVERED).count() == 0


def test_a_main_server_that_cannot_be_reached_at_all(
    bank: Bank, caller: Caller, node: Node, main_server: MainServer, settings: Any
) -> None:
    url, settings.MAIN_WEBHOOK_URL = settings.MAIN_WEBHOOK_URL, "http://127.0.0.1:1/api/v1/payments/webhook"
    paid(bank, caller, node)
    node.wait(60)
    assert WebhookDelivery.objects.filter(last_error__startswith="connection").exists()
    settings.MAIN_WEBHOOK_URL = url
    node.wait(3700, step=60)
    assert sorted(main_server.events()) == ["PAYMENT_COMPLETED", "SUBSCRIPTION_ACTIVATED"]


def test_each_attempt_is_signed_anew_and_keeps_its_event_id(
    bank: Bank, caller: Caller, node: Node, main_server: MainServer, settings: Any
) -> None:
    main_server.status = 500
    paid(bank, caller, node)
    node.wait(10, step=1)
    attempts = [
        headers for headers, body in zip(main_server.headers, main_server.bodies, strict=True)
        if body["event"] == "PAYMENT_COMPLETED"
    ]  # fmt: skip
    assert len(attempts) == 4, "at once, then after 1, 2 and 4 seconds"
    assert len({headers["X-Event-Id"] for headers in attempts}) == 1
    assert len({headers["X-Signature"] for headers in attempts}) == 4
    for headers, raw in zip(main_server.headers, main_server.raw, strict=True):
        path = "/api/v1/payments/webhook"
        signature = signing.sign(settings.MAIN_SECRET, headers["X-Timestamp"], "POST", path, raw)
        assert headers["X-Signature"] == signature


def test_later_events_wait_for_earlier_ones(bank: Bank, caller: Caller, node: Node, main_server: MainServer) -> None:
    made = caller.create()
    main_server.status = 500
    node.wait(700, step=30)
    bank.pay(made["qrCode"], {"force": True})
    caller.call("POST", f"/api/payments/{made['md5Hash']}/check", {"userId": "sokha"})
    node.wait(30)
    main_server.status = 200
    node.wait(3700, step=60)
    ours = [body for body in main_server.applied.values() if body["event"].startswith("PAYMENT")]
    assert [(body["event"], body["sequence"]) for body in ours] == [("PAYMENT_FAILED", 1), ("PAYMENT_COMPLETED", 2)]


def test_given_up_after_a_day_and_sent_again_by_staff(
    bank: Bank, caller: Caller, node: Node, main_server: MainServer
) -> None:
    main_server.status = 401
    paid(bank, caller, node)
    node.wait(23 * 3600, step=600)
    assert not WebhookDelivery.objects.filter(status=DeliveryStatus.FAILED).exists()
    node.wait(3 * 3600, step=600)
    failed = list(WebhookDelivery.objects.filter(status=DeliveryStatus.FAILED).values_list("pk", flat=True))
    assert len(failed) == 2
    main_server.status = 200
    assert webhooks_send_again(event_ids=failed, actor="bopha") == 2
    node.send()
    assert len(main_server.applied) == 2
    assert AuditLog.objects.get().action == "WEBHOOKS_RESEND"


def test_what_is_sent_is_what_was_written(bank: Bank, caller: Caller, node: Node, main_server: MainServer) -> None:
    paid(bank, caller, node)
    node.send()
    written = {row.event: json.loads(row.payload) for row in WebhookDelivery.objects.all()}
    assert {body["event"]: body for body in main_server.bodies} == written
