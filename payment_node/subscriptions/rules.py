"""What a user's payments add up to. Pure. Who may use what, and until when, is decided on the main server."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

MONTH = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Paid:
    """One settled payment."""

    plan: str
    kind: str
    paid_at: datetime
    remaining_days: int | None = None


@dataclass(frozen=True, slots=True)
class Paidness:
    """From when until when which plan is paid."""

    plan: str
    start: datetime
    until: datetime
    last: datetime


def derive(payments: Iterable[Paid]) -> Paidness | None:
    """The paid time in the order of paying: a month adds 30 days to what is left, an upgrade keeps the end."""
    state: Paidness | None = None
    for payment in sorted(payments, key=lambda p: p.paid_at):
        at = payment.paid_at
        running = state if state is not None and state.until > at else None
        if payment.kind == "UPGRADE":
            until = running.until if running else at + timedelta(days=payment.remaining_days or 0)
        else:
            until = (running.until if running else at) + MONTH
        state = Paidness(payment.plan, running.start if running else at, until, at)
    return state
