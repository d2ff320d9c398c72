"""What may follow what, what an amount must be, when to look, and what money that was found means. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum

from payment_node.bakong.answers import BankTransaction

PENDING, COMPLETED, FAILED, CANCELLED, REFUNDED = "PENDING", "COMPLETED", "FAILED", "CANCELLED", "REFUNDED"
TRANSITIONS: dict[str, frozenset[str]] = {
    PENDING: frozenset({COMPLETED, FAILED, CANCELLED}),
    COMPLETED: frozenset({REFUNDED}),
    FAILED: frozenset({COMPLETED}),  # the money came after all
    CANCELLED: frozenset({COMPLETED}),
    REFUNDED: frozenset(),
}
LATE_WINDOW = timedelta(hours=24)
MONTH_DAYS = 30
_CLOCK_SKEW = timedelta(minutes=5)
_MONEY_WENT_BACK = {"REFUNDED_BY_RECEIVER", "FAILED_AT_ACH"}
_CENT = {"USD": Decimal("0.01"), "KHR": Decimal(1)}


def may_move(old: str, new: str) -> bool:
    """Whether the state may change like this."""
    return new in TRANSITIONS[old]


def written_amount(amount: Decimal, currency: str) -> str:
    """As in a code and on the wire: USD with two decimals, KHR whole."""
    return format(amount.quantize(_CENT[currency]), "f")


def price(
    prices: Mapping[str, Mapping[str, Decimal]], *, plan: str, kind: str, currency: str, remaining_days: int | None
) -> Decimal:
    """What must be paid: the month's price, or for an upgrade the difference for the days that remain.

    (new − old) × days / 30, half up to the cent (KHR: the riel), at least one of them. The old plan of an upgrade is
    PREMIUM: there is no other way up.
    """
    unit = _CENT[currency]
    full = prices[plan][currency]
    if kind != "UPGRADE":
        return full.quantize(unit)
    difference = (full - prices["PREMIUM"][currency]) * (remaining_days or 0) / MONTH_DAYS
    return max(difference.quantize(unit, ROUND_HALF_UP), unit)


class Thrift(StrEnum):
    """How much of the day's calls is left decides how often a code is asked about."""

    FULL = "FULL"
    THIN = "THIN"
    LAST = "LAST"


def thrift(used: int, budget: int) -> Thrift:
    """FULL for the first half of the day's calls, THIN until nine tenths, then only the last look."""
    if used * 2 < budget:
        return Thrift.FULL
    return Thrift.THIN if used * 10 < budget * 9 else Thrift.LAST


def next_look(
    shown_at: datetime, expires_at: datetime, grace: timedelta, after: datetime, offsets: Sequence[int], mode: Thrift
) -> datetime:
    """The first planned look after ``after``; missed ones are not made up for, the last one is never left out."""
    final = expires_at + grace
    chosen = {Thrift.FULL: offsets, Thrift.THIN: offsets[1::2], Thrift.LAST: ()}[mode]
    planned = [shown_at + timedelta(seconds=seconds) for seconds in chosen]
    if mode is not Thrift.LAST:
        planned.append(expires_at)
    for moment in sorted(planned):
        if after < moment < final:
            return moment
    return max(final, after)


@dataclass(frozen=True, slots=True)
class Order:
    """What a code asked for."""

    status: str
    amount: Decimal
    currency: str
    receiver: str
    created_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Verdict:
    """What found money means: ``hold`` names why a person must look; otherwise it settles, with ``reason`` if any."""

    paid_at: datetime
    reason: str = ""
    hold: str = ""


def judge(order: Order, money: BankTransaction, *, now: datetime, hash_taken: bool, paid_another: bool) -> Verdict:
    """Compare money with its order. What the bank leaves null cannot be confirmed and is held.

    ``hash_taken``: the same transaction has settled another order. ``paid_another``: the user has paid another code
    for the same thing since this one was made.
    """
    moment_ms = money.created_ms if money.created_ms is not None else money.acknowledged_ms
    paid_at = now if moment_ms is None else datetime.fromtimestamp(moment_ms / 1000, tz=now.tzinfo)
    hold = _difference(order, money)
    if not hold and paid_at < order.created_at - _CLOCK_SKEW:
        hold = "TIME_MISMATCH"
    if not hold and hash_taken:
        hold = "DUPLICATE_HASH"
    if not hold and paid_another:
        hold = "POSSIBLE_DOUBLE"
    late = paid_at > order.expires_at
    if not hold and late and paid_at > order.expires_at + LATE_WINDOW:
        hold = "TIME_MISMATCH"
    if hold:
        return Verdict(paid_at, hold=hold)
    if order.status == CANCELLED:
        return Verdict(paid_at, reason="PAID_AFTER_CANCEL")
    return Verdict(paid_at, reason="LATE_PAYMENT" if late else "")


def _difference(order: Order, money: BankTransaction) -> str:
    if money.tracking in _MONEY_WENT_BACK:
        return "TRACKING_REFUNDED"
    if money.to_account != order.receiver:
        return "RECEIVER_MISMATCH"
    if money.currency != order.currency:
        return "CURRENCY_MISMATCH"
    return "AMOUNT_MISMATCH" if money.amount != order.amount else ""
