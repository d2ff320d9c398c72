"""Prices, the state machine, the schedule and the paid time, for any input."""

from datetime import UTC, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from payment_node.bakong.answers import Answer, BankTransaction, read_check
from payment_node.bakong.choices import AnswerKind
from payment_node.payments import rules
from payment_node.payments.rules import Order, Thrift, judge, next_look, price, thrift, written_amount
from payment_node.subscriptions.rules import Paid, derive

pytestmark = pytest.mark.no_database
START = datetime(2026, 11, 26, 3, tzinfo=UTC)
PRICES = {
    "PREMIUM": {"USD": Decimal("0.50"), "KHR": Decimal(2000)},
    "FAMILY_PREMIUM": {"USD": Decimal("1.00"), "KHR": Decimal(4000)},
}
STATES = [rules.PENDING, rules.COMPLETED, rules.FAILED, rules.CANCELLED, rules.REFUNDED]


@pytest.mark.parametrize(
    ("days", "currency", "expected"),
    [
        (12, "USD", "0.20"),
        (30, "USD", "0.50"),
        (1, "USD", "0.02"),
        (60, "USD", "1.00"),
        (12, "KHR", "800"),
        (1, "KHR", "67"),
    ],
)
def test_s080_an_upgrade_costs_the_difference_for_the_days_that_remain(days: int, currency: str, expected: str) -> None:
    found = price(PRICES, plan="FAMILY_PREMIUM", kind="UPGRADE", currency=currency, remaining_days=days)
    assert written_amount(found, currency) == expected


@given(st.integers(1, 3660), st.sampled_from(["USD", "KHR"]))
def test_proration_is_half_up_and_never_nothing(days: int, currency: str) -> None:
    unit = Decimal("0.01") if currency == "USD" else Decimal(1)
    found = price(PRICES, plan="FAMILY_PREMIUM", kind="UPGRADE", currency=currency, remaining_days=days)
    exact = (PRICES["FAMILY_PREMIUM"][currency] - PRICES["PREMIUM"][currency]) * days / 30
    assert found == max(unit, exact.quantize(unit, ROUND_HALF_UP))
    assert found % unit == 0


def test_the_state_machine_is_the_written_one() -> None:
    allowed = {(old, new) for old in STATES for new in STATES if rules.may_move(old, new)}
    assert allowed == {
        ("PENDING", "COMPLETED"),
        ("PENDING", "FAILED"),
        ("PENDING", "CANCELLED"),
        ("COMPLETED", "REFUNDED"),
        ("FAILED", "COMPLETED"),
        ("CANCELLED", "COMPLETED"),
    }


@given(st.lists(st.sampled_from(STATES), max_size=20))
def test_no_path_leads_out_of_refunded_and_money_is_never_unmade(path: list[str]) -> None:
    state, seen = rules.PENDING, [rules.PENDING]
    for wanted in path:
        if rules.may_move(state, wanted):
            state = wanted
            seen.append(state)
    if rules.COMPLETED in seen:
        assert seen[-1] in {rules.COMPLETED, rules.REFUNDED}
    assert seen.count(rules.COMPLETED) <= 1
    assert seen.count(rules.REFUNDED) <= 1


MONEY = st.builds(
    BankTransaction,
    hash=st.just("a" * 64),
    from_account=st.none(),
    to_account=st.sampled_from(["das.tern@devb", "other@devb", None]),
    currency=st.sampled_from(["USD", "KHR", None]),
    amount=st.sampled_from([Decimal("0.5"), Decimal("0.50"), Decimal("0.1"), Decimal(0), None]),
    created_ms=st.one_of(st.none(), st.integers(-3600, 100_000).map(lambda s: int((START.timestamp() + s) * 1000))),
    acknowledged_ms=st.none(),
    description=st.none(),
    tracking=st.sampled_from([None, "RECEIVE_AT_ACH", "REFUNDED_BY_RECEIVER"]),
    external_ref=st.none(),
)


@given(MONEY, st.booleans(), st.booleans(), st.sampled_from([rules.PENDING, rules.FAILED, rules.CANCELLED]))
def test_only_money_that_fits_in_everything_settles(
    money: BankTransaction, hash_taken: bool, paid_another: bool, status: str
) -> None:
    order = Order(status, Decimal("0.50"), "USD", "das.tern@devb", START, START + timedelta(seconds=600))
    now = START + timedelta(days=2)
    found = judge(order, money, now=now, hash_taken=hash_taken, paid_another=paid_another)
    fits = (
        money.amount == Decimal("0.50")
        and money.currency == "USD"
        and money.to_account == "das.tern@devb"
        and money.tracking != "REFUNDED_BY_RECEIVER"
        and not hash_taken
        and not paid_another
        and START - timedelta(minutes=5) <= found.paid_at <= START + timedelta(seconds=600, hours=24)
    )
    assert bool(found.hold) is not fits
    if fits and status == rules.CANCELLED:
        assert found.reason == "PAID_AFTER_CANCEL"
    elif fits:
        assert (found.reason == "LATE_PAYMENT") is (found.paid_at > order.expires_at)


@pytest.mark.parametrize(("seconds", "reason"), [(-1, ""), (0, ""), (1, "LATE_PAYMENT")])
def test_in_time_is_by_the_payers_clock_to_the_second(seconds: int, reason: str) -> None:
    ends = START + timedelta(seconds=600)
    order = Order("PENDING", Decimal("0.50"), "USD", "r@b", START, ends)
    paid = int((ends + timedelta(seconds=seconds)).timestamp() * 1000)
    money = BankTransaction("a" * 64, None, "r@b", "USD", Decimal("0.5"), paid, None, None, None, None)
    found = judge(order, money, now=ends + timedelta(hours=1), hash_taken=False, paid_another=False)
    assert (found.hold, found.reason) == ("", reason)


OFFSETS = [15, 30, 60, 100, 160, 240]


@given(st.integers(0, 10_000), st.sampled_from(list(Thrift)))
def test_the_next_look_is_later_and_the_last_one_is_never_left_out(after: int, mode: Thrift) -> None:
    ends, grace = START + timedelta(seconds=600), timedelta(seconds=90)
    moment = START + timedelta(seconds=after)
    found = next_look(START, ends, grace, moment, OFFSETS, mode)
    assert found >= moment
    if found < ends + grace:
        assert found > moment
        assert found == ends or (found - START).total_seconds() in OFFSETS
    looks, at = 0, START
    while at < ends + grace:
        at = next_look(START, ends, grace, at, OFFSETS, mode)
        looks += 1
    assert looks == {Thrift.FULL: 8, Thrift.THIN: 5, Thrift.LAST: 1}[mode]


def test_thrift_grows_with_use() -> None:
    assert [thrift(used, 100) for used in (0, 49, 50, 89, 90, 200)] == ["FULL", "FULL", "THIN", "THIN", "LAST", "LAST"]


@given(st.binary(max_size=300), st.sampled_from([200, 301, 400, 401, 403, 404, 418, 429, 500, 503]))
def test_no_noise_is_ever_read_as_paid_or_unpaid(body: bytes, status: int) -> None:
    answer: Answer = read_check(status, body)
    assert answer.kind not in {AnswerKind.PAID, AnswerKind.NOT_FOUND, AnswerKind.FAILED}


@given(st.lists(st.tuples(st.sampled_from(["NEW", "RENEWAL"]), st.integers(0, 400)), min_size=1, max_size=12))
def test_every_month_that_was_paid_is_given(payments: list[tuple[str, int]]) -> None:
    paid = [Paid("PREMIUM", kind, START + timedelta(days=day)) for kind, day in payments]
    found = derive(paid)
    assert found is not None
    assert found.until - found.start >= timedelta(days=30)
    assert found.until <= START + timedelta(days=400 + 30 * len(paid))
    if len({day for _kind, day in payments}) == 1:
        assert found.until - found.start == timedelta(days=30 * len(paid))
    assert derive(reversed(paid)) == found or len({p.paid_at for p in paid}) < len(paid)


def test_an_upgrade_keeps_the_end_and_a_refund_takes_the_month_back() -> None:
    first = Paid("PREMIUM", "NEW", START)
    up = Paid("FAMILY_PREMIUM", "UPGRADE", START + timedelta(days=18), 12)
    found = derive([first, up])
    assert found is not None
    assert (found.plan, found.until) == ("FAMILY_PREMIUM", START + timedelta(days=30))
    assert derive([]) is None
    assert derive([first]) != found


class PaidTime(RuleBasedStateMachine):
    """Payments and refunds in any order: the derived end is never before the last paid month's own end."""

    def __init__(self) -> None:
        super().__init__()
        self.paid: list[Paid] = []
        self.now = START

    @rule(days=st.integers(0, 45))
    def time_passes(self, days: int) -> None:
        self.now += timedelta(days=days, seconds=1)

    @rule(kind=st.sampled_from(["NEW", "RENEWAL"]), plan=st.sampled_from(["PREMIUM", "FAMILY_PREMIUM"]))
    def pay(self, kind: str, plan: str) -> None:
        self.now += timedelta(seconds=1)
        self.paid.append(Paid(plan, kind, self.now))

    @rule(data=st.data())
    def refund(self, data: Any) -> None:
        if self.paid:
            self.paid.remove(data.draw(st.sampled_from(self.paid)))

    @invariant()
    def the_end_is_fair(self) -> None:
        found = derive(self.paid)
        if not self.paid:
            assert found is None
            return
        assert found is not None
        assert found.until >= max(p.paid_at for p in self.paid) + timedelta(days=30)
        assert found.until <= max(p.paid_at for p in self.paid) + timedelta(days=30 * len(self.paid))


TestPaidTime = PaidTime.TestCase
TestPaidTime.settings = settings(
    max_examples=40, stateful_step_count=20, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
