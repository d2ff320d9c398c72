"""Reading an answer of Bakong. Pure. Codes decide, never texts; what is not understood is UNKNOWN, never "unpaid"."""

import json
import re
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from payment_node.bakong.choices import AnswerKind

_HASH = re.compile(r"[0-9a-f]{64}")
_ERRORS = {1: AnswerKind.NOT_FOUND, 2: AnswerKind.STATIC_QR, 3: AnswerKind.FAILED}
_UNAUTHORIZED, _DAILY_LIMIT = 6, 17
_LATEST_MS = 32_503_680_000_000  # the year 3000: what lies after it is no time


@dataclass(frozen=True, slots=True)
class BankTransaction:
    """Money that moved. Everything but the hash may be null at the bank."""

    hash: str
    from_account: str | None
    to_account: str | None
    currency: str | None
    amount: Decimal | None
    created_ms: int | None
    acknowledged_ms: int | None
    description: str | None
    tracking: str | None
    external_ref: str | None


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer. ``detail`` says for the log why it is UNKNOWN."""

    kind: AnswerKind
    transaction: BankTransaction | None = None
    http_status: int | None = None
    error_code: int | None = None
    retry_after: int | None = None
    detail: str = ""
    data: Any = None


class _Unreadable(ValueError):
    pass


def read(status: int, body: bytes, retry_after: str | None = None) -> Answer:
    """What a check answered."""
    envelope = _envelope(body)
    code = envelope.get("errorCode") if envelope else None
    early = _early(status, envelope, code, retry_after)
    if early is not None:
        return early
    assert envelope is not None
    if envelope["responseCode"] == 1:
        kind = _ERRORS.get(code) if isinstance(code, int) else None
        return Answer(kind or AnswerKind.UNKNOWN, http_status=status, error_code=code, detail="" if kind else "error")
    if status != 200 or envelope["responseCode"] != 0:
        return Answer(AnswerKind.UNKNOWN, http_status=status, error_code=code, detail="foreign codes")
    return Answer(AnswerKind.PAID, http_status=status, error_code=code, data=envelope.get("data"))


def read_check(status: int, body: bytes, retry_after: str | None = None) -> Answer:
    """What a question after a transaction answered."""
    answer = read(status, body, retry_after)
    if answer.kind is not AnswerKind.PAID:
        return answer
    try:
        return Answer(AnswerKind.PAID, transaction=_transaction(answer.data), http_status=status)
    except _Unreadable as error:
        return Answer(AnswerKind.UNKNOWN, http_status=status, detail=str(error))


def _envelope(body: bytes) -> dict[str, Any] | None:
    try:
        found = json.loads(body, parse_float=Decimal, parse_constant=_refuse_constant)
    except (ValueError, RecursionError):
        return None
    if not isinstance(found, dict) or type(found.get("responseCode")) is not int:
        return None
    if found.get("errorCode") is not None and type(found["errorCode"]) is not int:
        return None
    return found


def _refuse_constant(name: str) -> None:
    raise ValueError(name)


def _early(status: int, envelope: dict[str, Any] | None, code: Any, retry_after: str | None) -> Answer | None:
    """Token, limits, closed doors and outages, which look different from one edge server to the next."""
    if status == 401 or code == _UNAUTHORIZED:
        return Answer(AnswerKind.UNAUTHORIZED, http_status=status, error_code=code)
    if code == _DAILY_LIMIT:
        return Answer(AnswerKind.DAILY_LIMIT, http_status=status, error_code=code)
    if status == 429:
        seconds = int(retry_after) if retry_after and retry_after.isascii() and retry_after.isdigit() else None
        return Answer(AnswerKind.THROTTLED, http_status=status, error_code=code, retry_after=seconds)
    if status == 403 or (status == 404 and envelope is None):
        return Answer(AnswerKind.CLOSED, http_status=status, error_code=code)
    if status not in {200, 404} or envelope is None:
        return Answer(AnswerKind.UNKNOWN, http_status=status, error_code=code, detail="no envelope")
    return None


def _transaction(data: Any) -> BankTransaction:
    if not isinstance(data, dict):
        raise _Unreadable("no transaction")
    found = data.get("hash")
    if not isinstance(found, str) or not _HASH.fullmatch(found.lower()):
        raise _Unreadable("hash")
    for name in ("toAccountId", "currency", "amount", "createdDateMs"):
        if name not in data:
            raise _Unreadable(f"{name} is missing")
    return BankTransaction(
        hash=found.lower(),
        from_account=_text(data, "fromAccountId"),
        to_account=_text(data, "toAccountId"),
        currency=_text(data, "currency"),
        amount=_amount(data),
        created_ms=_moment(data, "createdDateMs"),
        acknowledged_ms=_moment(data, "acknowledgedDateMs"),
        description=_text(data, "description"),
        tracking=_text(data, "trackingStatus"),
        external_ref=_text(data, "externalRef"),
    )


def _text(data: dict[str, Any], name: str) -> str | None:
    value = data.get(name)
    if value is not None and not isinstance(value, str):
        raise _Unreadable(f"{name} is no text")
    return value.replace("\0", "") if value is not None else None


def _amount(data: dict[str, Any]) -> Decimal | None:
    value = data["amount"]
    if value is None:
        return None
    if type(value) is int:
        return Decimal(value)
    if not isinstance(value, Decimal):
        raise _Unreadable("amount is no number")
    return value


def _moment(data: dict[str, Any], name: str) -> int | None:
    value = data.get(name)
    if value is None:
        return None
    if type(value) is not int or not 0 < value < _LATEST_MS:
        raise _Unreadable(f"{name} is no time")
    return value
