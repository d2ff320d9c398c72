"""Whether the bank can be asked now."""

from datetime import datetime
from typing import Any

from payment_node.bakong import ledger
from payment_node.bakong.choices import CallReason, PauseReason
from payment_node.core import clock


def checking_state(now: datetime | None = None) -> dict[str, Any]:
    """ACTIVE, or PAUSED with the reason and when it goes on: what a screen needs to say "do not pay twice"."""
    moment = now or clock.now()
    held = ledger.paused(moment)
    if held is not None:
        return {"state": "PAUSED", "reason": held.reason, "resumesAt": clock.iso(held.paused_until)}
    if ledger.used(moment) >= ledger.ceiling_for(CallReason.USER):
        resumes = clock.iso(clock.next_bank_day(moment))
        return {"state": "PAUSED", "reason": PauseReason.DAILY_LIMIT, "resumesAt": resumes}
    return {"state": "ACTIVE", "reason": None, "resumesAt": None}
