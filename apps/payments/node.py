"""The client of the payment node: signed calls, a deadline, a circuit breaker; what it tells, typed.

The node is reached over HTTP and believed about its own database only; it never sees ours. Both sides test against
tests/golden/payments.
"""

import hashlib
import logging
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any, Final
from uuid import UUID

import orjson
import requests
from django.conf import settings

from apps.payments.breaker import Breaker
from apps.payments.choices import Currency, PaymentStatus
from apps.payments.errors import PaymentsUnavailable
from apps.payments.signing import sign
from dastern.core.ids import uuid7

logger = logging.getLogger(__name__)
breaker = Breaker()

_CONNECT_SECONDS: Final = 3.0
_LARGEST: Final = 1024 * 1024
_TRIES: Final = 2
_sessions = threading.local()


class NodeRefused(Exception):
    """The node answered, and said no: ``code`` is its own, ``data`` the payment where it sends one."""

    def __init__(self, status: int, code: str, data: Any = None) -> None:
        self.status, self.code, self.data = status, code, data
        super().__init__(f"{status} {code}")


class AnswerBroken(Exception):
    """The node's answer is not what the contract says."""


@dataclass(frozen=True, slots=True)
class Told:
    """What the node tells about one payment, in an answer or an event."""

    transaction_id: str
    user_id: str
    bill_number: str
    md5: str
    plan_type: str
    kind: str
    amount: Decimal
    currency: str
    status: str
    reason: str
    sequence: int
    paid_at: datetime | None
    review_reason: str = ""
    qr_code: str = ""
    qr_image: str = ""
    deep_link: str = ""
    life: timedelta | None = None
    checking: str = "ACTIVE"


def told_of(data: Any, *, sequence: int | None = None) -> Told:
    """Read a payment as the contract writes it; unknown fields are passed over. Raises AnswerBroken."""
    try:
        status, currency, amount = data["status"], data["currency"], data["amount"]
        if status not in PaymentStatus.values or currency not in Currency.values or not isinstance(amount, str):
            raise AnswerBroken(f"status {status!r}, currency {currency!r}, amount {amount!r}")
        created, expires = data.get("createdAt"), data.get("expiresAt")
        return Told(
            transaction_id=_text(data["transactionId"], 64),
            user_id=_text(data["userId"], 64),
            bill_number=_text(data["billNumber"], 32),
            md5=_text(data["md5Hash"], 32),
            plan_type=_text(data["planType"], 16),
            kind=_text(data["kind"], 8),
            amount=Decimal(amount),
            currency=currency,
            status=status,
            reason=_text(data.get("reason") or "", 32),
            sequence=int(data["sequence"] if sequence is None else sequence),
            paid_at=_moment(data.get("paidAt")),
            review_reason=_text(data.get("reviewReason") or "", 32),
            qr_code=_text(data.get("qrCode") or "", 512),
            qr_image=_text(data.get("qrImagePath") or "", 200_000),
            deep_link=_text(data.get("deepLink") or "", 500),
            life=datetime.fromisoformat(expires) - datetime.fromisoformat(created) if created and expires else None,
            checking=str((data.get("checking") or {}).get("state") or "ACTIVE"),
        )
    except (KeyError, TypeError, ValueError, AttributeError, InvalidOperation) as error:
        raise AnswerBroken(f"{type(error).__name__}: {error}") from error


def _text(value: Any, longest: int) -> str:
    if not isinstance(value, str) or len(value) > longest:
        raise AnswerBroken(f"not a text of at most {longest} characters: {str(value)[:40]!r}")
    return value


def _moment(value: Any) -> datetime | None:
    if value is None:
        return None
    moment = datetime.fromisoformat(value)
    if moment.tzinfo is None:
        raise AnswerBroken("a moment without a time zone")
    return moment


def payment_create(
    *,
    user_id: UUID,
    plan_type: str,
    kind: str,
    amount: str,
    currency: str,
    remaining_days: int | None,
    idempotency_key: UUID,
) -> Told:
    """Have the QR made; the same key again gives the same payment.

    Raises NodeRefused, PaymentsUnavailable (also for an answer about another payment than the one asked for).
    """
    body: dict[str, Any] = {
        "userId": str(user_id), "planType": plan_type, "kind": kind, "amount": amount, "currency": currency,
        "idempotencyKey": str(idempotency_key),
    }  # fmt: skip
    if remaining_days is not None:
        body["remainingDays"] = remaining_days
    told = _payment(_call("POST", "/api/payments/create", body))
    wanted = (str(user_id), plan_type, kind, Decimal(amount), currency)
    if (told.user_id, told.plan_type, told.kind, told.amount, told.currency) != wanted or told.life is None:
        logger.error("the payment node made another payment than it was asked for: %s", told.transaction_id)
        raise PaymentsUnavailable
    if hashlib.md5(told.qr_code.encode(), usedforsecurity=False).hexdigest() != told.md5:
        logger.error("the payment node told an md5 that is not that of its QR: %s", told.transaction_id)
        raise PaymentsUnavailable
    return told


def payment_status(*, user_id: UUID, md5: str) -> Told:
    """The state in the node's database. Raises NodeRefused, PaymentsUnavailable."""
    return _payment(_call("GET", f"/api/payments/status/{md5}?userId={user_id}"))


def payment_check(*, user_id: UUID, md5: str) -> Told:
    """ "I have paid": the node asks the bank soon. Raises NodeRefused, PaymentsUnavailable."""
    return _payment(_call("POST", f"/api/payments/{md5}/check", {"userId": str(user_id)}))


def payment_cancel(*, user_id: UUID, md5: str) -> Told:
    """Take the QR back. Raises NodeRefused (NOT_CANCELLABLE), PaymentsUnavailable."""
    return _payment(_call("POST", f"/api/payments/{md5}/cancel", {"userId": str(user_id)}))


def payments_states(md5s: list[str]) -> dict[str, Told]:
    """md5 → state, of at most 50 payments; those the node does not have are missing. Raises as the others."""
    data = _call("POST", "/api/payments/bulk-check", {"md5Hashes": md5s})
    try:
        return {told.md5: told for told in map(told_of, data["items"])}
    except (AnswerBroken, KeyError, TypeError) as error:
        raise _broken(error) from error


def _payment(data: Any) -> Told:
    try:
        return told_of(data)
    except AnswerBroken as error:
        raise _broken(error) from error


def _broken(error: Exception) -> PaymentsUnavailable:
    logger.error("the payment node's answer is not what the contract says: %s", error)
    return PaymentsUnavailable()


def _call(method: str, path: str, body: Mapping[str, Any] | None = None) -> Any:
    """The ``data`` of the node's answer. Raises NodeRefused for a 4xx, PaymentsUnavailable for everything else.

    Within PAYMENT_NODE_TIMEOUT_SECONDS, the one repeat after a broken connection included. A repeat is safe: every
    call of the contract may be made again, signed anew.
    """
    if not settings.PAYMENT_NODE_URL or not breaker.allows():
        raise PaymentsUnavailable
    deadline = time.monotonic() + settings.PAYMENT_NODE_TIMEOUT_SECONDS
    raw = orjson.dumps(body) if body is not None else b""
    for attempt in range(1, _TRIES + 1):
        try:
            status, content = _request(method, path, raw, deadline)
            break
        except requests.ConnectionError as error:
            if attempt == _TRIES or time.monotonic() >= deadline:
                raise _failed(path, error) from error
        except requests.RequestException as error:
            raise _failed(path, error) from error
    try:
        answer = orjson.loads(content)
        is_envelope = isinstance(answer, dict) and isinstance(answer.get("success"), bool)
    except orjson.JSONDecodeError:
        is_envelope = False
    if status >= 500 or status == 401 or not is_envelope:
        raise _failed(path, f"answered {status}")
    breaker.succeeded()
    if not answer["success"]:
        raise NodeRefused(status, str(answer.get("code", "")), answer.get("data"))
    return answer.get("data")


def _request(method: str, path: str, raw: bytes, deadline: float) -> tuple[int, bytes]:
    # machines compare their real clocks; a demonstration that moves ours must not make us strangers
    timestamp = str(int(time.time()))
    left = max(deadline - time.monotonic(), 0.1)
    response = _session().request(
        method,
        settings.PAYMENT_NODE_URL.rstrip("/") + path,
        data=raw or None,
        headers={
            "Content-Type": "application/json",
            "X-API-Key": settings.PAYMENT_NODE_API_KEY,
            "X-Key-Id": settings.PAYMENT_NODE_KEY_ID,
            "X-Timestamp": timestamp,
            "X-Event-Id": str(uuid7()),
            "X-Signature": sign(settings.PAYMENT_NODE_SECRET, timestamp, method, path, raw),
        },
        timeout=(min(_CONNECT_SECONDS, left), left),
        allow_redirects=False,
        stream=True,
    )
    with response:
        content = b""
        for chunk in response.iter_content(65_536):
            content += chunk
            if len(content) > _LARGEST:
                raise requests.RequestException("the answer is too large")
            if time.monotonic() > deadline:
                raise requests.Timeout("the answer came too slowly")
    return response.status_code, content


def _session() -> requests.Session:
    """This thread's connections to the node; a session is not safe to share."""
    session: requests.Session | None = getattr(_sessions, "session", None)
    if session is None:
        session = _sessions.session = requests.Session()
        session.trust_env = False
    return session


def _failed(path: str, error: object) -> PaymentsUnavailable:
    breaker.failed()
    logger.warning("the payment node failed at %s: %s", path.partition("?")[0], error)
    return PaymentsUnavailable()
