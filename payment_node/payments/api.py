"""What the main server may ask of payments."""

import hashlib
import re
from typing import Annotated, Literal

import msgspec
import orjson
from django.http import HttpRequest, HttpResponse, HttpResponseBase

from payment_node.core import clock
from payment_node.core.api import Strict, endpoint, read_body, read_query, success
from payment_node.core.errors import Refused, invalid
from payment_node.core.middleware import address
from payment_node.payments import selectors, services
from payment_node.payments.models import InboundCallback

UserId = Annotated[str, msgspec.Meta(pattern=r"^[\x21-\x7e]{1,64}$")]
Md5 = Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{32}$")]
_MD5_IN_TEXT = re.compile(r"[0-9a-f]{32}")
_CALLBACK_MOST = 16 * 1024


class _Create(Strict):
    user_id: UserId
    plan_type: Literal["PREMIUM", "FAMILY_PREMIUM"]
    kind: Literal["NEW", "RENEWAL", "UPGRADE"]
    amount: Annotated[str, msgspec.Meta(pattern=r"^[0-9]{1,8}(\.[0-9]{2})?$")]
    currency: Literal["USD", "KHR"]
    idempotency_key: Annotated[str, msgspec.Meta(pattern=r"^[\x21-\x7e]{8,64}$")]
    remaining_days: Annotated[int, msgspec.Meta(ge=1, le=3660)] | None = None


class _Whose(Strict):
    user_id: UserId


class _Image(Strict):
    user_id: UserId
    format: Literal["png", "svg"] = "png"


class _Bulk(Strict):
    md5_hashes: Annotated[list[Md5], msgspec.Meta(min_length=1, max_length=50)]


class _History(Strict):
    user_id: UserId
    page: Annotated[int, msgspec.Meta(ge=1, le=100_000)] = 1
    limit: Annotated[int, msgspec.Meta(ge=1, le=100)] = 50


@endpoint("POST")
def create(request: HttpRequest) -> HttpResponseBase:
    """A new code, or the one that this key made."""
    wish = read_body(request, _Create)
    if (wish.kind == "UPGRADE") != (wish.remaining_days is not None):
        raise invalid("remainingDays: exactly with kind UPGRADE")
    if wish.kind == "UPGRADE" and wish.plan_type != "FAMILY_PREMIUM":
        raise invalid("planType: an upgrade leads to FAMILY_PREMIUM")
    try:
        made, new = services.payment_create(
            user_id=wish.user_id,
            plan_type=wish.plan_type,
            kind=wish.kind,
            amount=services.require_amount(wish.amount, wish.currency),
            currency=wish.currency,
            idempotency_key=wish.idempotency_key,
            remaining_days=wish.remaining_days,
        )
    except services.OpenPayment as open_one:
        data = selectors.rendered(open_one.payment, image=True)
        raise Refused(409, "OPEN_PAYMENT", "This user has an open payment.", data=data) from None
    return success(selectors.rendered(made, image=True), 201 if new else 200)


@endpoint("GET")
def status(request: HttpRequest, md5: str) -> HttpResponseBase:
    """The state in this database; the bank is never asked here."""
    whose = read_query(request, _Whose)
    return success(selectors.rendered(services.payment_of(md5, whose.user_id)))


@endpoint("POST")
def check(request: HttpRequest, md5: str) -> HttpResponseBase:
    """ "I have paid"."""
    whose = read_body(request, _Whose)
    held, wait = services.payment_look_soon(md5=md5, user_id=whose.user_id)
    seconds = wait or int(services.USER_COOLDOWN.total_seconds())
    return success(selectors.rendered(held) | {"check": {"accepted": not wait, "retryAfterSeconds": seconds}})


@endpoint("POST")
def cancel(request: HttpRequest, md5: str) -> HttpResponseBase:
    """PENDING to CANCELLED."""
    whose = read_body(request, _Whose)
    held, cancelled = services.payment_cancel(md5=md5, user_id=whose.user_id)
    if not cancelled:
        data = selectors.rendered(held)
        raise Refused(409, "NOT_CANCELLABLE", "This payment can no longer be cancelled.", data=data)
    return success(selectors.rendered(held))


@endpoint("GET")
def image(request: HttpRequest, md5: str) -> HttpResponseBase:
    """The card."""
    wish = read_query(request, _Image)
    picture = selectors.card_of(services.payment_of(md5, wish.user_id))
    if wish.format == "svg":
        return HttpResponse(picture.svg(), content_type="image/svg+xml; charset=utf-8")
    return HttpResponse(picture.png(), content_type="image/png")


@endpoint("POST")
def bulk_check(request: HttpRequest) -> HttpResponseBase:
    """Local states of many."""
    return success({"items": selectors.payments_by_md5(read_body(request, _Bulk).md5_hashes)})


@endpoint("GET")
def history(request: HttpRequest) -> HttpResponseBase:
    """A user's payments."""
    wish = read_query(request, _History)
    return success(selectors.history_page(wish.user_id, wish.page, wish.limit))


@endpoint("POST")
def callback(request: HttpRequest) -> HttpResponseBase:
    """A notification of a bank that offers one. Anybody may send it: it only makes us look sooner."""
    body = request.body
    if len(body) > _CALLBACK_MOST:
        raise Refused(413, "TOO_LARGE", "The notification is too large.")
    try:
        text = body.decode()
        orjson.loads(text)
    except (UnicodeDecodeError, orjson.JSONDecodeError):
        raise invalid("body: not JSON") from None
    named = _MD5_IN_TEXT.search(text)
    md5 = named.group() if named else ""
    rows = [
        InboundCallback(
            sha256=hashlib.sha256(body).hexdigest(),
            body=text.replace("\\u0000", ""),
            address=address(request)[:45],
            md5_hash=md5,
            received_at=clock.now(),
        )
    ]
    InboundCallback.objects.bulk_create(rows, ignore_conflicts=True)
    if md5:
        services.hint_received(md5)
    return success({"received": True}, 202)
