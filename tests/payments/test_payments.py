"""Paying, as the payer's phone sees it (scenarios 72, 73, 75, 80, 82, 83)."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.db import DatabaseError, connection, transaction
from django.test.utils import CaptureQueriesContext

from apps.audit.models import AuditLog
from apps.notifications.models import Notification
from apps.payments.models import PaymentChange, PaymentEvent, PaymentRef
from apps.payments.services import payments_reconcile
from apps.subscriptions.models import Subscription
from apps.subscriptions.services import subscription_ensure
from apps.users.models import User
from dastern.core import clock
from tests.payments.conftest import plan, send, start
from tests.payments.contract_node import ContractNode
from tests.support.people import Api, make_user

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 11, 24, 5, 0, tzinfo=UTC)
DAY = timedelta(days=1)


def on_plan(user: User, tier: str, days: float) -> None:
    row = subscription_ensure(user_id=user.id, now=clock.now())
    Subscription.objects.filter(pk=row.pk).update(tier=tier, expires_at=clock.now() + timedelta(days=days))


def titles(user: User) -> list[str]:
    return sorted(Notification.objects.filter(recipient=user).values_list("title", flat=True))


def history(md5: str) -> list[tuple[str, str, str]]:
    rows = PaymentChange.objects.filter(payment__md5=md5).order_by("id")
    return list(rows.values_list("old_status", "new_status", "cause"))


def test_s072_choosing_a_plan_starts_a_payment_and_changes_nothing(sokha: User, node: ContractNode) -> None:
    answer = Api(sokha).post("subscriptions/upgrade", {"tier": "PREMIUM"})
    assert answer.status_code == 201
    made = answer.json()["data"]
    assert (made["planType"], made["kind"], made["amount"], made["currency"]) == ("PREMIUM", "NEW", "0.50", "USD")
    assert made["qrCode"]
    assert made["qrImagePath"].startswith("data:image/png;base64,")
    assert made["status"] == "PENDING"
    assert plan(sokha) == ("FREEMIUM", None)
    assert history(made["md5Hash"]) == [("", "PENDING", "CREATED")]
    details = AuditLog.objects.get(action_type="PAYMENT_EVENT").details
    assert (details["new"], details["amount"], details["plan"]) == ("PENDING", "0.50", "PREMIUM")


def test_the_price_is_the_servers(sokha: User, vanna: User, node: ContractNode) -> None:
    for extra in ({"amount": "0.01"}, {"price": "0"}, {"kind": "UPGRADE"}):
        refused = Api(sokha).post("payments/create", {"planType": "PREMIUM", **extra})
        assert refused.status_code == 400
        assert next(iter(extra)) in refused.json()["errors"][0]
    for wrong in ({}, {"planType": "FREEMIUM"}, {"planType": "PREMIUM", "currency": "EUR"}, {"planType": 1}):
        assert Api(sokha).post("payments/create", wrong).status_code == 400
    assert start(sokha, "FAMILY_PREMIUM", currency="KHR")["amount"] == "4000"
    assert start(vanna, appName="Das Tern")["amount"] == "0.50"


def test_s073_an_event_delivered_three_times_counts_once(sokha: User, node: ContractNode) -> None:
    with time_machine.travel(NOON, tick=False):
        md5 = start(sokha)["md5Hash"]
        event = node.move(md5, "COMPLETED")
        answers = [send(event) for _ in range(3)]
        assert [(one.status_code, one.json()["data"]["verdict"]) for one in answers] == [(200, "APPLIED")] * 3
        assert plan(sokha) == ("PREMIUM", "2026-12-24T05:00:00.000Z")
    assert history(md5) == [("", "PENDING", "CREATED"), ("PENDING", "COMPLETED", "WEBHOOK")]
    assert PaymentEvent.objects.get().times == 3
    assert AuditLog.objects.filter(action_type="SUBSCRIPTION_CHANGE", details__cause="PAYMENT_NEW").count() == 1
    assert Notification.objects.filter(recipient=sokha).count() == 1
    ref = PaymentRef.objects.get(md5=md5)
    assert (ref.is_current, ref.qr_image, ref.counted_at) == (False, "", NOON)


def test_the_same_news_by_other_ways_count_once_too(sokha: User, node: ContractNode) -> None:
    with time_machine.travel(NOON, tick=False):
        md5 = start(sokha)["md5Hash"]
        event = node.move(md5, "COMPLETED")
        assert Api(sokha).get(f"payments/status/{md5}").json()["data"]["subscription"]["tier"] == "PREMIUM"
    with time_machine.travel(NOON + timedelta(minutes=2), tick=False):
        assert send(event).json()["data"]["verdict"] == "IGNORED"
        again = event | {"eventId": "0197a1b2-5000-7000-8000-00000000000a", "sequence": 2}
        assert send(again).json()["data"]["verdict"] == "IGNORED"
        payments_reconcile(now=clock.now())
        assert plan(sokha) == ("PREMIUM", "2026-12-24T05:00:00.000Z")


def test_s075_another_persons_payment_is_none(sokha: User, vanna: User, node: ContractNode) -> None:
    md5 = start(sokha)["md5Hash"]
    node.move(md5, "COMPLETED")
    for method, path in (
        ("GET", f"payments/status/{md5}"),
        ("POST", f"payments/{md5}/check"),
        ("POST", f"payments/{md5}/cancel"),
    ):
        assert Api(vanna).call(method, path).status_code == 404
        assert Api(vanna).call(method, path.replace(md5, "f" * 32)).status_code == 404
        assert Api(vanna).call(method, path.replace(md5, "nothing")).status_code == 404
    assert plan(vanna) == plan(sokha) == ("FREEMIUM", None)
    assert Api(vanna).get("payments/history").json()["data"]["items"] == []


def test_s075_an_event_in_another_name_changes_nothing(sokha: User, vanna: User, node: ContractNode) -> None:
    md5 = start(sokha)["md5Hash"]
    event = node.move(md5, "COMPLETED")
    for number, change in enumerate(
        ({"userId": str(vanna.id)}, {"amount": "0.05"}, {"currency": "KHR"}, {"planType": "FAMILY_PREMIUM"},
         {"billNumber": "DT-1-2"}, {"kind": "UPGRADE"}, {"status": "FAILED"}, {"amount": "x"})
    ):  # fmt: skip
        forged = event | {"eventId": f"0197a1b2-5000-7000-8000-00000000001{number}", "data": event["data"] | change}
        answer = send(forged)
        assert (answer.status_code, answer.json()["code"]) == (409, "PAYMENT_MISMATCH"), change
    assert plan(vanna) == plan(sokha) == ("FREEMIUM", None)
    assert set(PaymentEvent.objects.values_list("verdict", flat=True)) == {"MISMATCH"}
    assert send(event).json()["data"]["verdict"] == "APPLIED", "the true one still counts"


def test_s080_twelve_days_of_the_bigger_plan_for_twenty_cents(sokha: User, node: ContractNode) -> None:
    with time_machine.travel(NOON, tick=False):
        on_plan(sokha, "PREMIUM", 12)
        made = start(sokha, "FAMILY_PREMIUM")
        assert (made["kind"], made["amount"]) == ("UPGRADE", "0.20")
        assert send(node.move(made["md5Hash"], "COMPLETED")).status_code == 200
        assert plan(sokha) == ("FAMILY_PREMIUM", "2026-12-06T05:00:00.000Z"), "at once, same end"
        renewal = start(sokha, "FAMILY_PREMIUM")
        assert (renewal["kind"], renewal["amount"]) == ("RENEWAL", "1.00")
        assert send(node.move(renewal["md5Hash"], "COMPLETED")).status_code == 200
        assert plan(sokha)[1] == "2027-01-05T05:00:00.000Z", "renewing early adds"
        refused = Api(sokha).post("payments/create", {"planType": "PREMIUM"})
        assert (refused.status_code, refused.json()["code"]) == (409, "NOTHING_TO_PAY")


def test_s080_in_riel(sokha: User, node: ContractNode) -> None:
    with time_machine.travel(NOON, tick=False):
        on_plan(sokha, "PREMIUM", 12)
        made = start(sokha, "FAMILY_PREMIUM", currency="KHR")
        assert (made["amount"], made["currency"]) == ("800", "KHR")


def test_s082_a_double_tap_makes_one_payment(sokha: User, node: ContractNode) -> None:
    api = Api(sokha)
    first = api.post("payments/create", {"planType": "PREMIUM"}, **{"idempotency-key": "tap-1"})
    again = api.post("payments/create", {"planType": "PREMIUM"}, **{"idempotency-key": "tap-1"})
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json()["data"] == again.json()["data"]
    other = api.post("payments/create", {"planType": "FAMILY_PREMIUM"}, **{"idempotency-key": "tap-1"})
    assert (other.status_code, other.json()["code"]) == (422, "IDEMPOTENCY_KEY_REUSED")
    keyless = api.post("payments/create", {"planType": "PREMIUM"})
    assert (keyless.status_code, keyless.json()["code"]) == (409, "OPEN_PAYMENT")
    assert keyless.json()["payment"]["md5Hash"] == first.json()["data"]["md5Hash"], "to be shown again"
    assert api.post("payments/create", {"planType": "PREMIUM"}, **{"idempotency-key": "x" * 101}).status_code == 400
    assert PaymentRef.objects.count() == len(node.payments) == 1


@pytest.mark.parametrize(("seconds", "same"), [(-1, True), (0, False), (1, False)])
def test_s082_a_key_counts_for_a_day(sokha: User, node: ContractNode, seconds: int, same: bool) -> None:
    keys = {"idempotency-key": "tap"}
    with time_machine.travel(NOON, tick=False):
        first = Api(sokha).post("payments/create", {"planType": "PREMIUM"}, **keys).json()["data"]
        send(node.move(first["md5Hash"], "FAILED", "EXPIRED"))
    with time_machine.travel(NOON + DAY + timedelta(seconds=seconds), tick=False):
        again = Api(sokha).post("payments/create", {"planType": "PREMIUM"}, **keys)
        assert again.status_code == 201
        assert (again.json()["data"]["md5Hash"] == first["md5Hash"]) == same


def test_nobody_rewrites_the_history(sokha: User, node: ContractNode) -> None:
    start(sokha)
    with pytest.raises(DatabaseError), transaction.atomic():
        PaymentChange.objects.update(new_status="COMPLETED")
    sokha.delete()
    assert not PaymentChange.objects.exists(), "it goes with the account"


def test_a_qr_that_ended_makes_room_for_another(sokha: User, node: ContractNode) -> None:
    with time_machine.travel(NOON, tick=False):
        first = start(sokha)["md5Hash"]
    with time_machine.travel(NOON + timedelta(minutes=10, seconds=-1), tick=False):
        assert Api(sokha).post("payments/create", {"planType": "PREMIUM"}).status_code == 409
    with time_machine.travel(NOON + timedelta(minutes=10), tick=False):
        second = start(sokha)["md5Hash"]
        assert first != second
        assert send(node.move(first, "FAILED", "EXPIRED")).status_code == 200
        assert send(node.move(second, "COMPLETED")).status_code == 200
    assert [(one["status"], one["reason"]) for one in Api(sokha).get("payments/history").json()["data"]["items"]] == [
        ("COMPLETED", None), ("FAILED", "EXPIRED"),
    ]  # fmt: skip
    assert len(titles(sokha)) == 1, "a code that nobody paid needs no words"


def test_s076_a_held_payment_gives_no_plan_and_blocks_a_second(sokha: User, node: ContractNode) -> None:
    with time_machine.travel(NOON, tick=False):
        md5 = start(sokha)["md5Hash"]
        node.payments[md5]["reviewReason"] = "AMOUNT_MISMATCH"
        shown = Api(sokha).get(f"payments/status/{md5}").json()["data"]
        assert (shown["status"], shown["underReview"]) == ("PENDING", True)
        assert "AMOUNT" not in str(shown), "why is for staff"
        refused = Api(sokha).post(f"payments/{md5}/cancel")
        assert (refused.status_code, refused.json()["code"]) == (409, "NOT_CANCELLABLE")
    with time_machine.travel(NOON + DAY, tick=False):
        payments_reconcile(now=clock.now())
        assert Api(sokha).post("payments/create", {"planType": "PREMIUM"}).json()["code"] == "OPEN_PAYMENT"
        assert PaymentRef.objects.get().status == "PENDING", "it never expires silently"
        assert len(titles(sokha)) == 1, "told once: do not pay again"
        assert send(node.move(md5, "FAILED", "REFUNDED_BY_STAFF")).status_code == 200
        assert plan(sokha) == ("FREEMIUM", None)
        assert len(titles(sokha)) == 2


@pytest.mark.parametrize(
    ("first", "reason", "words"),
    [("FAILED", "LATE_PAYMENT", "late"), ("CANCELLED", "PAID_AFTER_CANCEL", "cancelled")],
)
def test_s077_money_that_comes_after_all_counts(first: str, reason: str, words: str, node: ContractNode) -> None:
    sokha = make_user("Sokha", language="ENGLISH")
    with time_machine.travel(NOON, tick=False):
        md5 = start(sokha)["md5Hash"]
        if first == "FAILED":
            send(node.move(md5, "FAILED", "EXPIRED"))
        else:
            assert Api(sokha).post(f"payments/{md5}/cancel").json()["data"]["status"] == "CANCELLED"
            assert Api(sokha).post(f"payments/{md5}/cancel").status_code == 200
    with time_machine.travel(NOON + timedelta(minutes=12), tick=False):
        assert send(node.move(md5, "COMPLETED", reason)).json()["data"]["verdict"] == "APPLIED"
        assert plan(sokha) == ("PREMIUM", "2026-12-24T05:12:00.000Z")
    assert len(titles(sokha)) == 2
    assert any(words in title for title in titles(sokha))


def test_s083_a_refund_takes_back_what_was_given(sokha: User, node: ContractNode) -> None:
    with time_machine.travel(NOON, tick=False):
        md5 = start(sokha)["md5Hash"]
        send(node.move(md5, "COMPLETED"))
    with time_machine.travel(NOON + DAY, tick=False):
        event = node.move(md5, "REFUNDED", "REFUNDED_BY_STAFF")
        assert [send(event).status_code for _ in range(2)] == [200, 200]
        assert plan(sokha) == ("FREEMIUM", None)
    assert history(md5) == [
        ("", "PENDING", "CREATED"), ("PENDING", "COMPLETED", "WEBHOOK"), ("COMPLETED", "REFUNDED", "WEBHOOK"),
    ]  # fmt: skip
    [item] = Api(sokha).get("payments/history").json()["data"]["items"]
    assert (item["status"], item["refundedAt"]) == ("REFUNDED", "2026-11-25T05:00:00.000Z")
    assert AuditLog.objects.filter(action_type="SUBSCRIPTION_CHANGE", details__cause="REFUND").count() == 1


def test_s083_a_refund_of_an_upgrade_leads_back_to_the_smaller_plan(sokha: User, node: ContractNode) -> None:
    with time_machine.travel(NOON, tick=False):
        on_plan(sokha, "PREMIUM", 12.3)
        md5 = start(sokha, "FAMILY_PREMIUM")["md5Hash"]
        before = plan(sokha)
        send(node.move(md5, "COMPLETED"))
    with time_machine.travel(NOON + DAY, tick=False):
        send(node.move(md5, "REFUNDED", "REFUNDED_BY_STAFF"))
        assert plan(sokha) == before


def test_a_refund_that_overtakes_its_payment_leaves_nothing_to_count(sokha: User, node: ContractNode) -> None:
    md5 = start(sokha)["md5Hash"]
    paid, refunded = node.move(md5, "COMPLETED"), node.move(md5, "REFUNDED", "REFUNDED_BY_STAFF")
    assert send(refunded).json()["data"]["verdict"] == "APPLIED"
    assert send(paid).json()["data"]["verdict"] == "IGNORED"
    assert plan(sokha) == ("FREEMIUM", None)
    assert PaymentRef.objects.get().status == "REFUNDED"


def test_a_rejected_payment_is_told(node: ContractNode) -> None:
    sokha = make_user("Sokha", language="ENGLISH")
    md5 = start(sokha)["md5Hash"]
    send(node.move(md5, "FAILED", "BANK_REJECTED"))
    assert titles(sokha) == ["The payment did not go through"]
    assert start(sokha)["md5Hash"] != md5, "and may be tried again"


def test_what_the_phone_polls_is_asked_of_the_node_at_most_every_two_seconds(sokha: User, node: ContractNode) -> None:
    with time_machine.travel(NOON, tick=False) as travel:
        md5 = start(sokha)["md5Hash"]
        asked = lambda: sum("status" in call for call in node.calls)  # noqa: E731
        for seconds, count in ((0, 1), (1, 1), (2, 2), (2.5, 2), (4, 3)):
            travel.move_to(NOON + timedelta(seconds=seconds))
            node.payments[md5]["deepLink"] = "https://bakong.example/x"
            shown = Api(sokha).get(f"payments/status/{md5}").json()["data"]
            assert asked() == count
        assert shown["deepLink"] == "https://bakong.example/x"
        node.payments[md5]["checking"] = {"state": "PAUSED", "reason": "DAILY_LIMIT", "resumesAt": None}
        assert Api(sokha).post(f"payments/{md5}/check").json()["data"]["checking"] == "PAUSED"
        node.move(md5, "COMPLETED")
        assert Api(sokha).post(f"payments/{md5}/check").json()["data"]["status"] == "COMPLETED"
        assert Api(sokha).post(f"payments/{md5}/check").json()["data"]["status"] == "COMPLETED"
        refused = Api(sokha).post(f"payments/{md5}/cancel")
        assert (refused.status_code, refused.json()["code"]) == (409, "NOT_CANCELLABLE")


def test_anybody_sees_prices_and_what_they_open() -> None:
    data = Api().get("payments/plans").json()["data"]
    assert (data["currencies"], data["days"]) == (["USD", "KHR"], 30)
    prices = {one["tier"]: one["prices"] for one in data["plans"]}
    assert prices["PREMIUM"] == {"USD": "0.50", "KHR": "2000"}
    assert prices["FAMILY_PREMIUM"] == {"USD": "1.00", "KHR": "4000"}


def test_the_list_has_pages_and_a_constant_number_of_queries(sokha: User, node: ContractNode) -> None:
    def count() -> int:
        with CaptureQueriesContext(connection) as queries:
            assert Api(sokha).get("payments/history").status_code == 200
        return len(queries)

    start(sokha)
    count()
    one = count()
    for _ in range(19):
        PaymentRef.objects.update(is_current=False)
        for payment in node.payments.values():
            payment["status"] = "FAILED"
        start(sokha)
    assert count() == one
    page = Api(sokha).get("payments/history", page=2, limit=8).json()["data"]
    assert (len(page["items"]), page["total"], page["totalPages"]) == (8, 20, 3)
    assert Api(sokha).get("payments/history", limit=101).status_code == 400


def test_the_export_holds_the_payments(sokha: User, node: ContractNode) -> None:
    from apps.payments.wire import payments_export

    md5 = start(sokha)["md5Hash"]
    assert [one["md5Hash"] for one in payments_export(sokha.id)] == [md5]


def test_the_phone_pulls_the_new_plan(sokha: User, node: ContractNode) -> None:
    cursor = Api(sokha).get("sync/pull").json()["data"]["cursor"]
    send(node.move(start(sokha)["md5Hash"], "COMPLETED"))
    changes = Api(sokha).get("sync/pull", cursor=cursor).json()["data"]["changes"]
    [plan_now] = [one["object"] for one in changes if one["resource"] == "subscription"]
    assert (plan_now["tier"], plan_now["effectiveTier"], plan_now["status"]) == ("PREMIUM", "PREMIUM", "ACTIVE")
    assert plan_now == Api(sokha).get("subscriptions/me").json()["data"]
    assert [one["object"]["type"] for one in changes if one["resource"] == "notifications"] == ["SUBSCRIPTION_UPDATE"]
