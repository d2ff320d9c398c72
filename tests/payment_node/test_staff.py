"""Staff: search, the review queue, refunds with evidence, statements, the report; every act is written down."""

import io
from decimal import Decimal
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client

from payment_node.bakong_simulator.bank import Bank
from payment_node.core.errors import Refused
from payment_node.payments.models import AuditLog, PaymentStatusHistory, PaymentTransaction, Refund
from payment_node.staff import services, statements
from payment_node.staff.models import StatementLine
from payment_node.subscriptions.models import Subscription
from tests.payment_node.conftest import Caller, MainServer, Node


@pytest.fixture
def staff() -> Client:
    """A signed-in member of staff."""
    User.objects.create_superuser("bopha", password="a-long-password")
    client = Client()
    assert client.login(username="bopha", password="a-long-password")
    return client


def held(bank: Bank, caller: Caller, node: Node, **wrong: Any) -> PaymentTransaction:
    """A payment that waits for a person."""
    made = caller.create()
    bank.pay(made["qrCode"], {"amount": "0.10", "force": True} | wrong)
    node.wait(20)
    return node.row(made["md5Hash"])


def completed(bank: Bank, caller: Caller, node: Node, user: str = "sokha") -> PaymentTransaction:
    """A settled payment."""
    made = caller.create(user=user)
    bank.pay(made["qrCode"], {})
    node.wait(20)
    return node.row(made["md5Hash"])


def test_the_review_queue_and_accepting_the_money(
    bank: Bank, caller: Caller, node: Node, main_server: MainServer, staff: Client
) -> None:
    row = held(bank, caller, node)
    queue = staff.get("/staff/staff/heldpayment/")
    assert row.bill_number in queue.content.decode()
    page = f"/staff/review/{row.pk}/complete/"
    assert staff.get(page).status_code == 200
    assert staff.post(page, {"note": ""}).status_code == 200, "a reason is needed"
    row.refresh_from_db()
    assert row.status == "PENDING"
    assert staff.post(page, {"note": "the bank's counter took a fee"}).status_code == 302
    row.refresh_from_db()
    assert (row.status, row.reason, row.review_reason) == ("COMPLETED", "STAFF_DECISION", "")
    act = AuditLog.objects.get()
    assert (act.actor, act.action, act.transaction_id) == ("bopha", "REVIEW_COMPLETE", row.pk)
    node.send()
    assert sorted(main_server.events()) == ["PAYMENT_COMPLETED", "SUBSCRIPTION_ACTIVATED"]
    assert "does not wait" in staff.post(page, {"note": "again"}).content.decode()


def test_s083_a_refund_is_recorded_with_its_evidence(
    bank: Bank, caller: Caller, node: Node, main_server: MainServer, staff: Client, settings: Any, tmp_path: Any
) -> None:
    settings.MEDIA_ROOT = tmp_path
    row = completed(bank, caller, node)
    page = f"/staff/payments/{row.pk}/refund/"
    receipt = io.BytesIO(b"%PDF receipt")
    receipt.name = "receipt.pdf"
    form = {"amount": "0.50", "bank_reference": "100FT777", "reason": "paid twice", "evidence": receipt}
    assert staff.post(page, form).status_code == 302
    row.refresh_from_db()
    assert (row.status, row.reason) == ("REFUNDED", "REFUNDED_BY_STAFF")
    refund = Refund.objects.get()
    assert (refund.amount, refund.by, len(refund.evidence_sha256)) == (Decimal("0.50"), "bopha", 64)
    assert refund.evidence.read() == b"%PDF receipt"
    assert [h.new_status for h in PaymentStatusHistory.objects.filter(transaction=row).order_by("id")] == [
        "PENDING",
        "COMPLETED",
        "REFUNDED",
    ]
    node.send()
    node.send()
    assert main_server.events()[-2:] in (
        ["PAYMENT_REFUNDED", "SUBSCRIPTION_EXPIRED"],
        ["SUBSCRIPTION_EXPIRED", "PAYMENT_REFUNDED"],
    )
    assert Subscription.objects.get().status == "EXPIRED"
    assert staff.post(page, form | {"evidence": ""}).status_code == 200, "a second refund is refused"


def test_held_money_is_sent_back_without_a_plan(
    bank: Bank, caller: Caller, node: Node, main_server: MainServer
) -> None:
    row = held(bank, caller, node)
    with pytest.raises(Refused, match="VALIDATION_ERROR"):
        services.refund_record(
            payment_id=row.pk, actor="bopha", amount=Decimal("0.50"), bank_reference="R1", reason="more than came"
        )
    services.refund_record(
        payment_id=row.pk, actor="bopha", amount=Decimal("0.10"), bank_reference="R1", reason="wrong amount"
    )
    row.refresh_from_db()
    assert (row.status, row.reason, row.review_reason) == ("FAILED", "REFUNDED_BY_STAFF", "")
    node.wait(4000, step=300)
    row.refresh_from_db()
    assert row.status == "FAILED", "what was sent back is not found again"
    assert main_server.events() == ["PAYMENT_FAILED"]


@pytest.mark.parametrize(
    ("changed", "wrong"),
    [({"amount": Decimal(0)}, "amount"), ({"bank_reference": " "}, "bankReference"), ({"reason": ""}, "reason")],
)
def test_a_refund_needs_amount_reference_and_reason(
    changed: dict[str, Any], wrong: str, bank: Bank, caller: Caller, node: Node
) -> None:
    row = completed(bank, caller, node)
    given = {"amount": Decimal("0.50"), "bank_reference": "R1", "reason": "why"} | changed
    with pytest.raises(Refused) as refused:
        services.refund_record(payment_id=row.pk, actor="bopha", **given)
    assert refused.value.errors[0].startswith(wrong)
    row.refresh_from_db()
    assert row.status == "COMPLETED"


def test_an_unpaid_payment_cannot_be_refunded_and_references_are_used_once(
    bank: Bank, caller: Caller, node: Node
) -> None:
    unpaid = node.row(caller.create(user="vanna")["md5Hash"])
    given: dict[str, Any] = {"actor": "bopha", "amount": Decimal("0.50"), "bank_reference": "R1", "reason": "why"}
    with pytest.raises(Refused, match="NOT_REFUNDABLE"):
        services.refund_record(payment_id=unpaid.pk, **given)
    first, second = completed(bank, caller, node), completed(bank, caller, node, "dara")
    services.refund_record(payment_id=first.pk, **given)
    with pytest.raises(Refused, match="VALIDATION_ERROR"):
        services.refund_record(payment_id=second.pk, **given)


def test_a_bank_statement_is_matched_once_and_shows_what_is_missing(
    bank: Bank, caller: Caller, node: Node, staff: Client
) -> None:
    by_reference = completed(bank, caller, node)
    by_bill, by_time = completed(bank, caller, node, "dara"), completed(bank, caller, node, "vanna")
    without = completed(bank, caller, node, "rith")
    services.refund_record(
        payment_id=without.pk, actor="bopha", amount=Decimal("0.50"), bank_reference="OUT-9", reason="a wish"
    )
    lines = [
        "Date,Reference,Amount,Currency,Payer,Description",
        f"26/11/2026 10:00,{by_reference.bank_data['externalRef']},0.50,USD,Sokha,",
        f"2026-11-26 10:00:20,X1,0.50,usd,Dara,for {by_bill.bill_number}",
        "2026-11-26,OUT-9,-0.50,USD,,refund",
        "2026-11-26,FEE,-0.05,USD,,fee",
        '2026-11-26 10:05,X2,"1,234.50",USD,Somebody,?',
        f"26/11/2026 11:00,{by_reference.bank_data['externalRef']},0.50,USD,Sokha,second transfer",
    ]
    file = io.BytesIO("\n".join(lines).encode())
    file.name = "november.csv"
    answer = staff.post("/staff/statements/import/", {"file": file}, follow=True)
    found = {(line.reference, line.state): line.payment_id for line in StatementLine.objects.all()}
    assert found == {
        (by_reference.bank_data["externalRef"], "MATCHED"): by_reference.pk,
        (by_reference.bank_data["externalRef"], "DOUBLE"): by_reference.pk,
        ("X1", "MATCHED"): by_bill.pk,
        ("OUT-9", "REFUND"): without.pk,
        ("FEE", "DEBIT"): None,
        ("X2", "UNMATCHED"): None,
    }
    page = answer.content.decode()
    assert by_time.bill_number in page, "settled, but not in the statement"
    assert "X2" in page
    again = io.BytesIO("\n".join(lines).encode())
    again.name = "november.csv"
    staff.post("/staff/statements/import/", {"file": again})
    assert StatementLine.objects.count() == 6


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "column"),
        ("date,amount\n", "currency"),
        ("date,amount,currency\nx,1,USD\n", "line 2: date"),
        ("date,amount,currency\n2026-11-26,one,USD\n", "line 2: amount"),
        ("date,amount,currency\n2026-11-26,០.៥០,USD\n", "line 2: amount"),
        ("date,amount,currency\n2026-11-26,NaN,USD\n", "line 2: amount"),
        ("date,amount,currency\n2026-11-26,0.005,USD\n", "line 2: amount"),
        ("date,amount,currency\n2026-11-26,1,EUR\n", "line 2: currency"),
    ],
)
def test_a_bad_statement_names_its_line(text: str, reason: str) -> None:
    with pytest.raises(statements.StatementError, match=reason):
        statements.read(text)


def test_a_statement_is_taken_whole_or_not_at_all(staff: Client) -> None:
    file = io.BytesIO(b"date,amount,currency\n2026-11-26,1,USD\n2026-11-26,x,USD\n")
    file.name = "bad.csv"
    assert "line 3: amount" in staff.post("/staff/statements/import/", {"file": file}).content.decode()
    file = io.BytesIO(b"\xff\xfe")
    file.name = "bad.csv"
    assert "not UTF-8" in staff.post("/staff/statements/import/", {"file": file}).content.decode()
    assert not StatementLine.objects.exists()


def test_search_finds_a_payment_by_whatever_is_known_of_it(
    bank: Bank, caller: Caller, node: Node, staff: Client
) -> None:
    row = completed(bank, caller, node)
    completed(bank, caller, node, "dara")
    for known in (row.bill_number, row.md5_hash, row.bank_hash, row.user_id, row.bank_data["externalRef"]):
        page = staff.get("/staff/payments/paymenttransaction/", {"q": known}).content.decode()
        assert row.bill_number in page, known
        assert page.count("DT-") == page.count(row.bill_number), known


PAGES = [
    "/staff/",
    "/staff/payments/paymenttransaction/",
    "/staff/staff/heldpayment/",
    "/staff/webhooks/webhookdelivery/",
    "/staff/bakong/bankcall/",
    "/staff/bakong/bankday/",
    "/staff/bakong/bankpause/",
    "/staff/payments/inboundcallback/",
    "/staff/payments/auditlog/",
    "/staff/payments/refund/",
    "/staff/subscriptions/subscription/",
    "/staff/subscriptions/subscriptionhistory/",
    "/staff/staff/statementimport/",
    "/staff/staff/statementline/",
    "/staff/statements/import/",
    "/staff/reconciliation/",
    "/staff/reconciliation/?first=2026-11-01&last=2026-11-30",
    "/staff/reconciliation/?first=x&last=y",
]


def test_every_page_of_staff_and_none_for_others(
    bank: Bank, caller: Caller, node: Node, main_server: MainServer, staff: Client
) -> None:
    row = completed(bank, caller, node)
    for page in [*PAGES, f"/staff/payments/paymenttransaction/{row.pk}/change/"]:
        assert staff.get(page).status_code == 200, page
        assert Client().get(page).status_code == 302, page
    answer = staff.get("/staff/")
    assert answer["X-Frame-Options"] == "DENY"
    assert "default-src 'self'" in answer["Content-Security-Policy"]
    assert staff.post(f"/staff/payments/paymenttransaction/{row.pk}/change/", {"status": "REFUNDED"}).status_code == 403
    assert staff.post(f"/staff/payments/paymenttransaction/{row.pk}/delete/").status_code == 403


def test_acts_need_their_permission(bank: Bank, caller: Caller, node: Node) -> None:
    row = held(bank, caller, node)
    looker = User.objects.create_user("looker", password="a-long-password", is_staff=True)
    looker.user_permissions.add(Permission.objects.get(codename="view_paymenttransaction"))
    client = Client()
    client.force_login(looker)
    assert client.get("/staff/payments/paymenttransaction/").status_code == 200
    assert client.post(f"/staff/review/{row.pk}/complete/", {"note": "x"}).status_code == 403
    assert client.post(f"/staff/payments/{row.pk}/refund/", {}).status_code == 403
    assert client.get("/staff/statements/import/").status_code == 403
    row.refresh_from_db()
    assert row.status == "PENDING"
