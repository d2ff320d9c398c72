"""The whole way over real HTTP: this server, the real payment node with its worker, the simulated bank.

One node for all stories of this module; each has people of its own.
"""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from pytest_django.live_server_helper import LiveServer

from apps.audit.models import AuditLog
from apps.payments.models import PaymentEvent, PaymentRef
from apps.payments.services import jobs, payments_reconcile
from apps.users.models import User
from dastern.core import clock
from dastern.demo.cast import journey_people
from dastern.demo.journey import Narrator, Paying
from tests.payments.conftest import plan, start
from tests.payments.real_node import SETTINGS, RealNode, real_node, until
from tests.support.people import Api, make_user

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(scope="module")
def running() -> Iterator[RealNode]:
    """The node and the bank."""
    with real_node() as node:
        yield node


@pytest.fixture(scope="module")
def main_url(running: RealNode) -> Iterator[str]:
    """This server, on the port that the node knows. What is still to be told of one story may come in the next."""
    server = LiveServer(f"127.0.0.1:{running.main_port}")
    yield server.url
    server.stop()


@pytest.fixture
def node(running: RealNode, main_url: str, settings: Any) -> RealNode:
    """Both servers know each other."""
    for name, value in SETTINGS.items():
        setattr(settings, name, value)
    settings.PAYMENT_NODE_URL = running.url
    return running


def counted(user: User) -> int:
    rows = AuditLog.objects.filter(action_type="SUBSCRIPTION_CHANGE", patient_id=user.id)
    return rows.filter(details__cause__startswith="PAYMENT_").count()


def test_the_story_of_paying_goes_as_it_is_told(node: RealNode, main_url: str) -> None:
    """Scenarios 71, 72, 73, 75, 80 and 82, with the client gone for the second payment."""
    story: list[str] = []
    narrator = Narrator(story.append)
    Paying(main_url, node.bank_url, journey_people(), narrator=narrator).run()
    assert narrator.checks == 15


def test_s076_a_wrong_amount_is_held_and_gives_no_plan(node: RealNode) -> None:
    sokha = make_user("Sokha")
    made = start(sokha)
    node.bank("pay", qr=made["qrCode"], **{"from": "sokha@abaa"}, amount="0.10", force=True)

    def held() -> bool:
        PaymentRef.objects.update(asked_at=None)
        return bool(Api(sokha).get(f"payments/status/{made['md5Hash']}").json()["data"]["underReview"])

    until(held, "the node to hold the payment")
    assert PaymentRef.objects.get().review_reason == "AMOUNT_MISMATCH"
    assert plan(sokha) == ("FREEMIUM", None)
    assert Api(sokha).post(f"payments/{made['md5Hash']}/cancel").json()["code"] == "NOT_CANCELLABLE"
    assert Api(sokha).post("payments/create", {"planType": "PREMIUM"}).json()["code"] == "OPEN_PAYMENT"


def test_s079_paid_while_this_server_refuses_every_event(
    node: RealNode, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    sokha = make_user("Sokha")
    monkeypatch.setattr(jobs, "_SETTLING", timedelta())
    settings.PAYMENT_WEBHOOK_ADDRESSES = []
    made = start(sokha)
    node.bank("pay", qr=made["qrCode"], **{"from": "sokha@abaa"})
    until(lambda: payments_reconcile(now=clock.now())["changed"] == 1, "the job to find the money")
    assert plan(sokha)[0] == "PREMIUM"
    come = PaymentEvent.objects.filter(event="PAYMENT_COMPLETED", md5=made["md5Hash"])
    assert not come.exists()
    settings.PAYMENT_WEBHOOK_ADDRESSES = ["127.0.0.1"]
    until(
        lambda: PaymentEvent.objects.filter(event="PAYMENT_COMPLETED").exists(),
        "the event to be sent again",
        seconds=90,
    )
    assert come.get().verdict == "IGNORED"
    assert counted(sokha) == 1


def test_s083_a_refund_by_staff_of_the_node(node: RealNode) -> None:
    sokha = make_user("Sokha")
    made = start(sokha)
    node.bank("pay", qr=made["qrCode"], **{"from": "sokha@abaa"})
    until(lambda: plan(sokha)[0] == "PREMIUM", "the plan")
    node.manage(
        "shell", "-c",
        "from payment_node.payments.models import PaymentTransaction as T; "
        "from payment_node.staff.services import refund_record; "
        f"paid = T.objects.get(md5_hash='{made['md5Hash']}'); "
        "refund_record(payment_id=paid.pk, actor='bopha', amount=paid.amount, "
        "bank_reference='FT-1', reason='Paid by mistake')",
    )  # fmt: skip
    until(lambda: plan(sokha) == ("FREEMIUM", None), "the plan to be taken back")
    ref = PaymentRef.objects.get()
    assert (ref.status, ref.reason) == ("REFUNDED", "REFUNDED_BY_STAFF")
    assert [change.new_status for change in ref.changes.all()] == ["PENDING", "COMPLETED", "REFUNDED"]


def test_cancelling_and_choosing_again(node: RealNode) -> None:
    sokha = make_user("Sokha")
    first = start(sokha)
    assert Api(sokha).post("payments/create", {"planType": "FAMILY_PREMIUM"}).json()["code"] == "OPEN_PAYMENT"
    assert Api(sokha).post(f"payments/{first['md5Hash']}/cancel").json()["data"]["status"] == "CANCELLED"
    second = start(sokha, "FAMILY_PREMIUM", currency="KHR")
    assert second["amount"] == "4000"
    assert Api(sokha).post(f"payments/{second['md5Hash']}/check").json()["data"]["status"] == "PENDING"
    node.bank("pay", qr=second["qrCode"], **{"from": "sokha@abaa"})
    until(lambda: plan(sokha)[0] == "FAMILY_PREMIUM", "the plan")


def test_s078_the_node_is_killed_and_comes_back(node: RealNode) -> None:
    sokha = make_user("Sokha")
    node.stop("web", kill=True)
    try:
        refused = Api(sokha).post("payments/create", {"planType": "PREMIUM"})
        assert (refused.status_code, refused.json()["code"]) == (503, "PAYMENTS_UNAVAILABLE")
        assert Api(sokha).get("doses/today").status_code == 200
    finally:
        node.start("web")
    made = start(sokha)
    assert PaymentRef.objects.count() == 1
    node.stop("web", "worker", kill=True)
    node.bank("pay", qr=made["qrCode"], **{"from": "sokha@abaa"})
    node.start("web", "worker")
    until(lambda: plan(sokha)[0] == "PREMIUM", "the money to be found after the restart", seconds=90)
    assert counted(sokha) == 1
