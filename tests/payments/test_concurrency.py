"""Two at once, with real transactions: taps, events, cancelling while paying, jobs."""

import threading
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection

from apps.audit.models import AuditLog
from apps.payments.models import PaymentChange, PaymentEvent, PaymentRef
from apps.payments.services import jobs as payment_jobs
from apps.payments.services import payments_reconcile
from apps.subscriptions.models import FamilyMember, Subscription
from apps.subscriptions.services import seat_accept, seat_offer, subscription_ensure
from apps.subscriptions.services.jobs import subscriptions_expire
from apps.users.models import User
from dastern.core import clock
from tests.payments.conftest import plan, send, start
from tests.payments.contract_node import ContractNode
from tests.support.people import Api, actor, make_user

pytestmark = pytest.mark.django_db(transaction=True)


def at_once(*acts: Callable[[], Any]) -> list[Any]:
    """What each act gave, all started together."""
    barrier, results = threading.Barrier(len(acts)), [None] * len(acts)

    def run(number: int, act: Callable[[], Any]) -> None:
        barrier.wait()
        try:
            results[number] = act()
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(acts)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def counted(user: User) -> int:
    rows = AuditLog.objects.filter(action_type="SUBSCRIPTION_CHANGE", patient_id=user.id)
    return rows.filter(details__cause__startswith="PAYMENT_").count()


def test_s082_two_taps_at_once_make_one_payment(node: ContractNode) -> None:
    sokha = make_user("Sokha")
    api = Api(sokha)
    tap = lambda: api.post("payments/create", {"planType": "PREMIUM"}, **{"idempotency-key": "tap"})  # noqa: E731
    answers = at_once(tap, tap, tap)
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.json()["data"]["md5Hash"] for answer in answers}) == 1
    assert PaymentRef.objects.count() == len(node.payments) == 1


def test_s082_two_taps_without_a_key_show_the_same_payment(node: ContractNode) -> None:
    sokha = make_user("Sokha")
    tap = lambda: Api(sokha).post("payments/create", {"planType": "PREMIUM"})  # noqa: E731
    answers = at_once(tap, tap, tap)
    shown = {(one.json().get("data") or one.json()["payment"])["md5Hash"] for one in answers}
    assert {answer.status_code for answer in answers} <= {201, 409}
    assert len(shown) == PaymentRef.objects.count() == len(node.payments) == 1


def test_s073_the_same_event_at_once_counts_once(node: ContractNode) -> None:
    sokha = make_user("Sokha")
    event = node.move(start(sokha)["md5Hash"], "COMPLETED")
    answers = at_once(*[lambda: send(event)] * 4)
    assert {(one.status_code, one.json()["data"]["verdict"]) for one in answers} == {(200, "APPLIED")}
    assert counted(sokha) == 1
    assert PaymentEvent.objects.get().times == 4
    assert PaymentChange.objects.filter(new_status="COMPLETED").count() == 1


def test_s079_event_status_and_job_at_once_count_once(node: ContractNode, monkeypatch: pytest.MonkeyPatch) -> None:
    sokha = make_user("Sokha")
    monkeypatch.setattr(payment_jobs, "_SETTLING", clock.timedelta())
    md5 = start(sokha)["md5Hash"]
    event = node.move(md5, "COMPLETED")
    at_once(
        lambda: send(event),
        lambda: Api(sokha).get(f"payments/status/{md5}"),
        lambda: payments_reconcile(now=clock.now()),
        lambda: payments_reconcile(now=clock.now()),
        lambda: send(event | {"eventId": "0197a1b2-5000-7000-8000-0000000000aa"}),
    )
    assert counted(sokha) == 1
    assert plan(sokha)[0] == "PREMIUM"


def test_paying_while_cancelling_the_money_wins(node: ContractNode) -> None:
    for number in range(6):
        person = make_user(f"Person {number}")
        md5 = start(person)["md5Hash"]
        outcome: list[Any] = []

        def pay(md5: str = md5, outcome: list[Any] = outcome) -> Any:
            with node.lock:
                reason = "PAID_AFTER_CANCEL" if node.payments[md5]["status"] == "CANCELLED" else None
                event = node.move(md5, "COMPLETED", reason)
            outcome.append(reason)
            return send(event)

        paid, cancelled = at_once(pay, lambda person=person, md5=md5: Api(person).post(f"payments/{md5}/cancel"))
        assert paid.status_code == 200
        assert cancelled.status_code in {200, 409}
        assert (cancelled.status_code == 200) <= (outcome == ["PAID_AFTER_CANCEL"])
        assert PaymentRef.objects.get(md5=md5).status == "COMPLETED"
        assert plan(person)[0] == "PREMIUM"
        assert counted(person) == 1


def test_a_refund_twice_at_once_takes_back_once(node: ContractNode) -> None:
    sokha = make_user("Sokha")
    first = start(sokha)["md5Hash"]
    send(node.move(first, "COMPLETED"))
    end = plan(sokha)[1]
    second = start(sokha)["md5Hash"]
    send(node.move(second, "COMPLETED"))
    event = node.move(second, "REFUNDED", "REFUNDED_BY_STAFF")
    at_once(*[lambda: send(event)] * 3)
    assert plan(sokha) == ("PREMIUM", end)


def test_two_members_of_a_family_pay_and_leave_at_once_without_a_deadlock(node: ContractNode) -> None:
    sokha, dara = make_user("Sokha"), make_user("Dara")
    send(node.move(start(sokha, "FAMILY_PREMIUM")["md5Hash"], "COMPLETED"))
    send(node.move(start(dara, "FAMILY_PREMIUM")["md5Hash"], "COMPLETED"))
    for owner, member in ((sokha, dara), (dara, sokha)):
        seat_accept(actor=actor(member), seat_id=seat_offer(actor=actor(owner), member_id=member.id).pk)
    events = [node.move(start(user, "FAMILY_PREMIUM")["md5Hash"], "COMPLETED") for user in (sokha, dara)]
    answers = at_once(
        lambda: send(events[0]),
        lambda: send(events[1]),
        lambda: Api(sokha).delete(f"subscriptions/family/{dara.id}"),
        lambda: Api(dara).delete(f"subscriptions/family/{sokha.id}"),
    )
    assert [answer.status_code for answer in answers] == [200, 200, 204, 204]
    assert not FamilyMember.objects.exists()
    assert Subscription.objects.filter(tier="FAMILY_PREMIUM").count() == 2


def test_a_renewal_and_the_expiry_job_at_once_end_the_same_in_either_order(node: ContractNode) -> None:
    for number in range(4):
        person = make_user(f"Person {number}")
        row = subscription_ensure(user_id=person.id, now=clock.now())
        ends = clock.now() + clock.timedelta(seconds=1)
        Subscription.objects.filter(pk=row.pk).update(tier="PREMIUM", expires_at=ends)
        made = start(person)
        assert made["kind"] == "RENEWAL"
        event = node.move(made["md5Hash"], "COMPLETED")
        Subscription.objects.filter(pk=row.pk).update(expires_at=clock.now() - clock.timedelta(seconds=number))
        at_once(lambda event=event: send(event), *[lambda: subscriptions_expire(now=clock.now())] * 2)
        row.refresh_from_db()
        assert (row.tier, row.status) == ("PREMIUM", "ACTIVE")
        assert row.expires_at is not None
        assert row.expires_at > clock.now() + clock.timedelta(days=29)
