"""Watching for the money: which codes are due, newest first, and what each answer of the bank does to them.

Three steps, each committed before the next: claim (a lease), ask (a row of the ledger), apply. A process that ends in
between leaves a payment that another one asks about again after the lease; settling it twice is impossible.
"""

import random
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import Case, IntegerField, Q, Value, When

from payment_node.bakong import ledger, services
from payment_node.bakong.answers import Answer
from payment_node.bakong.choices import AnswerKind, CallReason
from payment_node.core import clock
from payment_node.payments import rules
from payment_node.payments.choices import Reason, Status
from payment_node.payments.models import PaymentTransaction
from payment_node.payments.services import USER_COOLDOWN, mode_of_the_day, payment_end, payment_settle

_LEASE = timedelta(seconds=90)  # longer than a call with its repeat
_BUDGET_SECONDS = 30.0
_AGAIN_SECONDS, _AGAIN_MOST = 15, 900


@dataclass(frozen=True, slots=True)
class Claim:
    """A payment that this process asks about now."""

    transaction_id: UUID
    md5: str
    reason: CallReason
    final: bool


def payments_ask_due() -> int:
    """Ask about everything that is due, until nothing is, calls are refused, or time is up. Returns how many answers.

    Any number of workers at once. Newest first: an old open code must not starve a new one.
    """
    deadline = time.monotonic() + _BUDGET_SECONDS
    answered = 0
    for claim in _claims():
        answer = services.transaction_by_md5(claim.md5, reason=claim.reason, transaction_id=claim.transaction_id)
        apply(claim, answer)
        answered += answer.kind is not AnswerKind.NOT_ASKED
        if time.monotonic() > deadline:
            break
    return answered


def _claims() -> Iterator[Claim]:
    while (claim := _claim()) is not None:
        yield claim


def _claim() -> Claim | None:
    now = clock.now()
    if ledger.paused(now):
        return None
    left = ledger.ceiling_for(CallReason.FINAL) > ledger.used(now)
    if not left:
        return None
    late = Q(status=Status.FAILED)
    with transaction.atomic():
        rows = PaymentTransaction.objects.filter(next_check_at__isnull=False, next_check_at__lte=now)
        # people who say they have paid, then the newest, then second looks at what has ended
        rank = Case(
            When(asked_by_user_at__gt=now - USER_COOLDOWN, then=Value(0)),
            When(late, then=Value(2)),
            default=Value(1),
            output_field=IntegerField(),
        )
        held = rows.order_by(rank, "-created_at").select_for_update(skip_locked=True).first()
        if held is None:
            return None
        reason, final = _reason(held, now)
        held.check_attempts += 1
        held.last_checked_at = now
        held.next_check_at = now + _LEASE
        held.save(update_fields=["check_attempts", "last_checked_at", "next_check_at"])
    return Claim(held.pk, held.md5_hash, reason, final)


def _reason(held: PaymentTransaction, now: datetime) -> tuple[CallReason, bool]:
    final = now >= held.expires_at + timedelta(seconds=settings.GRACE_SECONDS)
    if held.asked_by_user_at is not None and now - held.asked_by_user_at < USER_COOLDOWN:
        return CallReason.USER, final
    if held.status == Status.FAILED:
        return CallReason.LATE, final
    return (CallReason.FINAL if final else CallReason.SCHEDULE), final


def apply(claim: Claim, answer: Answer) -> None:
    """What the table of answers says. Only a clean "not found" or "failed" after the grace ends a payment."""
    now = clock.now()
    if answer.kind is AnswerKind.PAID and answer.transaction is not None:
        payment_settle(claim.transaction_id, answer.transaction, now=now)
        return
    clean = answer.kind in {AnswerKind.NOT_FOUND, AnswerKind.FAILED}
    if clean and claim.final:
        reason = Reason.EXPIRED if answer.kind is AnswerKind.NOT_FOUND else Reason.BANK_REJECTED
        if payment_end(claim.transaction_id, reason=reason, now=now):
            return
    _plan(claim, now, clean=clean, asked=answer.kind is not AnswerKind.NOT_ASKED)


def _plan(claim: Claim, now: datetime, *, clean: bool, asked: bool) -> None:
    """Release the claim with the next look; a wish of the user that came meanwhile stays."""
    with transaction.atomic():
        held = PaymentTransaction.objects.select_for_update().get(pk=claim.transaction_id)
        wished = held.last_checked_at and held.next_check_at and held.last_checked_at < held.next_check_at <= now
        if held.next_check_at is None or wished:
            return
        held.next_check_at = _next(held, claim, now, clean=clean, asked=asked)
        held.save(update_fields=["next_check_at"])


def _next(held: PaymentTransaction, claim: Claim, now: datetime, *, clean: bool, asked: bool) -> datetime | None:
    if held.status == Status.FAILED or (clean and claim.final):
        # ended: a second look that says nothing clear is repeated while money could still change something
        return None if clean or now > held.expires_at + rules.LATE_WINDOW else now + _pause(held)
    if clean or (not asked and not claim.final):
        grace = timedelta(seconds=settings.GRACE_SECONDS)
        mode = mode_of_the_day(now)
        return rules.next_look(held.created_at, held.expires_at, grace, now, settings.CHECK_OFFSETS, mode)
    return now + _pause(held)


def _pause(held: PaymentTransaction) -> timedelta:
    """After an answer that says nothing: longer with the attempts, with a fifth of jitter."""
    seconds = min(_AGAIN_SECONDS * 2 ** min(held.check_attempts // 4, 8), _AGAIN_MOST)
    return timedelta(seconds=seconds * random.uniform(0.8, 1.2))  # noqa: S311
