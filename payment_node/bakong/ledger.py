"""Every call is reserved here before it is made; what an answer means for the calls after it is kept here too."""

import random
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db import connection, transaction

from payment_node.bakong.answers import Answer
from payment_node.bakong.choices import AnswerKind, CallReason, PauseReason
from payment_node.bakong.models import BankCall, BankDay, BankPause
from payment_node.core import clock
from payment_node.core.logs import alarm

_RESERVE_FOR = {CallReason.FINAL, CallReason.USER}
_CLEAN = {AnswerKind.PAID, AnswerKind.NOT_FOUND, AnswerKind.FAILED, AnswerKind.STATIC_QR}
_CLOSED_PAUSE = timedelta(minutes=15)
_TOKEN_PAUSE = timedelta(minutes=10)
_THROTTLE_DEFAULT, _THROTTLE_MOST = 60, 3600
_FIRST_PAUSE, _LONGEST_PAUSE = 5, 600


def reserve(
    path: str, reason: CallReason, *, transaction_id: UUID | None = None, token_mark: str = ""
) -> BankCall | None:
    """One row of the ledger and one of the day's calls, committed before the call; None when none is left.

    Calls without a token (renewal, deep links) are written down, but cost nothing of the day.
    """
    now = clock.now()
    counted = bool(token_mark)
    with transaction.atomic():
        if counted and (paused(now) or not _take_one(now, reason)):
            return None
        return BankCall.objects.create(
            day=clock.bank_day(now),
            reserved_at=now,
            path=path,
            reason=reason,
            counted=counted,
            transaction_id=transaction_id,
            token_mark=token_mark,
        )


def ceiling_for(reason: CallReason) -> int:
    """How much of the day a call of this kind may use up."""
    most: int = settings.BAKONG_DAILY_CEILING
    return most if reason in _RESERVE_FOR else max(0, most - settings.BAKONG_RESERVE)


def _take_one(now: datetime, reason: CallReason) -> bool:
    day = clock.bank_day(now)
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO bakong_day (day) VALUES (%s) ON CONFLICT DO NOTHING", [day])
        cursor.execute("UPDATE bakong_day SET used = used + 1 WHERE day = %s AND used < %s", [day, ceiling_for(reason)])
        return bool(cursor.rowcount == 1)


def used(now: datetime) -> int:
    """Calls of the present day so far."""
    row = BankDay.objects.filter(day=clock.bank_day(now)).first()
    return row.used if row else 0


def paused(now: datetime) -> BankPause | None:
    """The pause that holds now."""
    return BankPause.objects.filter(pk=1, paused_until__gt=now).first()


def finish(call: BankCall, answer: Answer, milliseconds: int, *, tried_again: bool = False) -> None:
    """Write the answer into the ledger, and pause when it says so; not yet when the call is tried again at once."""
    BankCall.objects.filter(pk=call.pk).update(
        answer=answer.kind,
        http_status=answer.http_status,
        error_code=answer.error_code,
        detail=answer.detail[:200],
        milliseconds=milliseconds,
    )
    if call.counted and not tried_again:
        _judge(answer)


def _judge(answer: Answer) -> None:
    now = clock.now()
    kind = answer.kind
    if kind in _CLEAN:
        BankPause.objects.filter(pk=1).update(failures=0, last_answer_at=now)
        # a limit holds although a call that was under way came back well
        BankPause.objects.filter(pk=1, reason=PauseReason.UNAVAILABLE).update(paused_until=None, reason="")
        if kind is AnswerKind.STATIC_QR:
            alarm("bank says our code is static", errorCode=answer.error_code)
    elif kind is AnswerKind.DAILY_LIMIT:
        alarm("bank's daily limit is used up")
        pause(PauseReason.DAILY_LIMIT, clock.next_bank_day(now))
    elif kind is AnswerKind.THROTTLED:
        seconds = min(answer.retry_after or _THROTTLE_DEFAULT, _THROTTLE_MOST)
        pause(PauseReason.THROTTLED, now + timedelta(seconds=seconds))
    elif kind is AnswerKind.CLOSED:
        alarm("bank's door is closed", httpStatus=answer.http_status)
        pause(PauseReason.CLOSED, now + _CLOSED_PAUSE)
    elif kind is AnswerKind.UNKNOWN:
        _back_off(now)


def pause(reason: PauseReason, until: datetime) -> None:
    """Nobody asks until then; a longer pause is never shortened."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO bakong_pause (id, paused_until, reason, failures) VALUES (1, %s, %s, 0) "
            "ON CONFLICT (id) DO UPDATE SET paused_until = excluded.paused_until, reason = excluded.reason "
            "WHERE bakong_pause.paused_until IS NULL OR bakong_pause.paused_until < excluded.paused_until",
            [until, reason],
        )


def pause_for_token() -> None:
    """The token is refused and could not be renewed."""
    alarm("bank refuses the token")
    pause(PauseReason.TOKEN, clock.now() + _TOKEN_PAUSE)


def _back_off(now: datetime) -> None:
    """5, 10, 20 … seconds up to ten minutes, with a fifth of jitter: an outage must not use up the day's calls."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO bakong_pause (id, reason, failures) VALUES (1, '', 1) "
            "ON CONFLICT (id) DO UPDATE SET failures = bakong_pause.failures + 1 RETURNING failures"
        )
        failures = cursor.fetchone()[0]
    seconds = min(_FIRST_PAUSE * 2 ** min(failures - 1, 10), _LONGEST_PAUSE)
    pause(PauseReason.UNAVAILABLE, now + timedelta(seconds=seconds * random.uniform(0.8, 1.2)))  # noqa: S311
