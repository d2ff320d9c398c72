"""What staff see and run, what the jobs do, what is refused before money is taken."""

from datetime import timedelta
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse

from apps.audit.models import AuditLog
from apps.payments.checks import payment_wire_is_safe
from apps.payments.models import PaymentEvent, PaymentRef
from apps.payments.selectors import figures
from apps.payments.tasks import events_clean_up, payments_reconcile
from apps.users.models import User
from dastern.core import clock
from tests.payments.conftest import plan, send, start
from tests.payments.contract_node import ContractNode

pytestmark = pytest.mark.django_db


def test_the_pages_of_staff(sokha: User, operations: Client, node: ContractNode) -> None:
    md5 = start(sokha)["md5Hash"]
    send(node.move(md5, "COMPLETED"))
    ref = PaymentRef.objects.get()
    for name in ("paymentref", "paymentevent"):
        page = operations.get(reverse(f"admin:payments_{name}_changelist"))
        assert page.status_code == 200
        assert operations.get(reverse(f"admin:payments_{name}_add")).status_code == 403
    assert b"Sokha" in operations.get(reverse("admin:payments_paymentref_changelist"), {"q": md5}).content
    held = operations.get(reverse("admin:payments_paymentref_changelist"), {"held": "yes"}).content
    assert b"DT-" not in held
    shown = operations.get(reverse("admin:payments_paymentref_change", args=[ref.pk]))
    assert str(ref.bill_number).encode() in shown.content
    assert b"told by the payment node" in shown.content
    assert (
        operations.post(reverse("admin:payments_paymentref_change", args=[ref.pk]), {"status": "FAILED"}).status_code
        == 403
    )
    assert AuditLog.objects.filter(action_type="DATA_ACCESS", resource_type="payment", patient_id=sokha.id).exists()
    event = PaymentEvent.objects.get()
    assert operations.get(reverse("admin:payments_paymentevent_change", args=[event.pk])).status_code == 200
    assert Client().get(reverse("admin:payments_paymentref_changelist")).status_code == 302


def test_the_commands_of_staff(sokha: User, node: ContractNode, capsys: pytest.CaptureFixture[str]) -> None:
    md5 = start(sokha)["md5Hash"]
    PaymentRef.objects.update(created_at=clock.now() - timedelta(minutes=5))
    node.move(md5, "COMPLETED")
    call_command("payments_reconcile")
    assert "changed: 1" in capsys.readouterr().out
    assert plan(sokha)[0] == "PREMIUM"
    for which in ("sokha@example.com", md5, PaymentRef.objects.get().bill_number):
        call_command("payments_show", which)
        out = capsys.readouterr().out
        assert "PENDING → COMPLETED  RECONCILE" in out
        assert "0.50 USD" in out
    assert AuditLog.objects.filter(action_type="DATA_ACCESS", actor_role="STAFF", patient_id=sokha.id).count() == 3
    with pytest.raises(CommandError):
        call_command("payments_show", "nobody@example.com")
    node.temper = "error"
    start_again = PaymentRef.objects.update(status="PENDING", counted_at=None, effect=None)
    assert start_again == 1
    with pytest.raises(CommandError):
        call_command("payments_reconcile")


def test_the_tasks_of_the_scheduler(sokha: User, node: ContractNode) -> None:
    start(sokha)
    PaymentRef.objects.update(created_at=clock.now() - timedelta(minutes=5))
    assert payments_reconcile.delay().get()["asked"] == 1
    assert events_clean_up.delay().get() == 0
    assert dict(figures()) == {("open",): 1.0, ("held",): 0.0, ("doubtful_events",): 0.0}


def _ids() -> set[str]:
    return {str(message.id) for message in payment_wire_is_safe(None)}


def test_an_unsafe_wire_is_refused_before_the_start(settings: Any) -> None:
    settings.PAYMENT_NODE_URL = ""
    assert _ids() == set()
    settings.PAYMENT_NODE_URL = "https://pay.example"
    settings.PAYMENT_NODE_API_KEY, settings.PAYMENT_NODE_SECRET = "a" * 32, "b" * 32
    settings.PAYMENT_WEBHOOK_API_KEYS, settings.PAYMENT_WEBHOOK_SECRETS = ["c" * 32], ["node:" + "d" * 32]
    settings.PAYMENT_WEBHOOK_ADDRESSES = ["192.0.2.7"]
    assert _ids() == set()
    for name, value, code in (
        ("PAYMENT_NODE_URL", "http://pay.example", "payments.E005"),
        ("PAYMENT_NODE_SECRET", "short", "payments.E001"),
        ("PAYMENT_NODE_API_KEY", "", "payments.E001"),
        ("PAYMENT_WEBHOOK_SECRETS", [], "payments.E001"),
        ("PAYMENT_WEBHOOK_SECRETS", ["without-an-id"], "payments.E001"),
        ("PAYMENT_WEBHOOK_API_KEYS", ["a" * 32], "payments.E002"),
        ("PAYMENT_NODE_KEY_ID", "", "payments.E003"),
        ("PAYMENT_WEBHOOK_ADDRESSES", [], "payments.E004"),
        ("PAYMENT_WEBHOOK_ADDRESSES", ["0.0.0.0/0"], "payments.E004"),
    ):
        kept = getattr(settings, name)
        setattr(settings, name, value)
        assert code in _ids(), name
        setattr(settings, name, kept)
