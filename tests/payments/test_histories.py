"""Whatever order events of the node come in, however often, with the job in between: one end, counted once."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from apps.audit.models import AuditLog
from apps.payments.models import PaymentRef
from apps.payments.services import payments_reconcile
from dastern.core import clock
from tests.payments.conftest import plan, send, start
from tests.payments.contract_node import ContractNode
from tests.support.people import make_user

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 11, 24, 5, 0, tzinfo=UTC)
# What can happen to a payment at the node, step by step.
LIVES = (
    [("COMPLETED", None)],
    [("FAILED", "EXPIRED")],
    [("FAILED", "EXPIRED"), ("COMPLETED", "LATE_PAYMENT")],
    [("COMPLETED", None), ("REFUNDED", "REFUNDED_BY_STAFF")],
    [("FAILED", "EXPIRED"), ("COMPLETED", "LATE_PAYMENT"), ("REFUNDED", "REFUNDED_BY_STAFF")],
)
_numbers = iter(range(1_000_000))


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.data())
def test_every_history_ends_as_the_node_has_it(node: ContractNode, data: Any) -> None:
    user = make_user(f"Person {next(_numbers)}")
    life = data.draw(st.sampled_from(LIVES))
    with time_machine.travel(NOON, tick=False) as travel:
        md5 = start(user)["md5Hash"]
        events = [node.move(md5, *step) for step in life]
        deliveries = data.draw(st.lists(st.sampled_from([*range(len(events)), "job"]), max_size=8))
        # the node repeats an event until it is taken: each comes at last, in whatever order
        at_last = data.draw(st.permutations(range(len(events))))
        travel.shift(timedelta(minutes=2))
        for one in [*deliveries, "job", *at_last]:
            if one == "job":
                payments_reconcile(now=clock.now())
            else:
                assert send(events[int(one)]).status_code == 200
        status = PaymentRef.objects.get(md5=md5).status
        assert status == life[-1][0]
        assert plan(user)[0] == ("PREMIUM" if status == "COMPLETED" else "FREEMIUM")
        if status == "COMPLETED":
            assert plan(user)[1] == "2026-12-24T05:02:00.000Z", "thirty days, once"
    causes = AuditLog.objects.filter(action_type="SUBSCRIPTION_CHANGE", patient_id=user.id)
    counted = causes.filter(details__cause="PAYMENT_NEW").count()
    assert counted <= 1
    assert causes.filter(details__cause="REFUND").count() <= counted
