"""Endpoints of payments (domain.md §2.11)."""

from typing import Any

import orjson
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response

from apps.payments import selectors, services
from apps.payments.api import serializers as shapes
from apps.payments.choices import Currency, Verdict
from apps.payments.errors import DifferentPayment
from apps.payments.models import PaymentRef
from apps.payments.services import Envelope
from apps.payments.wire import history_wire, payment_wire, status_wire
from apps.subscriptions.rules import PAID_DAYS
from apps.subscriptions.selectors import plan_of
from apps.subscriptions.services import subscription_ensure
from apps.subscriptions.wire import plans_wire, subscription_wire
from dastern.core import clock
from dastern.core.api.pagination import PAGES, page_of
from dastern.core.api.views import ApiView
from dastern.core.errors import Invalid, NotFound
from dastern.core.idempotency import HEADER

_MD5 = OpenApiParameter("md5", OpenApiTypes.STR, OpenApiParameter.PATH, description="md5Hash of the payment")


class PaymentApiView(ApiView):
    """A view about payments. A key is honoured by the payment itself, outside any transaction (services/creating)."""

    honours_idempotency_key = False

    def made(self, plan_type: str, currency: str) -> Response:
        """A payment for the caller, made or repeated by its key."""
        ref = services.payment_create(
            actor=self.actor(),
            plan_type=plan_type,
            currency=currency,
            client_key=self.request.headers.get(HEADER, ""),
        )
        return self.answer(payment_wire(ref), status=201)

    def stands(self, ref: PaymentRef) -> Response:
        """How a payment stands, with the plan beside it."""
        actor = self.actor()
        row = subscription_ensure(user_id=actor.user_id, now=clock.now(), actor=actor)
        return self.answer(status_wire(ref, subscription_wire(row, plan_of(actor.user_id))))


class PlansView(ApiView):
    """What can be bought."""

    permission_classes = [AllowAny]

    @extend_schema(responses={200: shapes.PaidPlansOutput}, auth=[])
    def get(self, request: Request) -> Response:
        """Plans with prices for 30 days and what they open, for anybody."""
        return self.answer({"plans": plans_wire(), "currencies": Currency.values, "days": PAID_DAYS})


class CreateView(PaymentApiView):
    """Start."""

    @extend_schema(request=shapes.PaymentInput, responses={201: shapes.PaymentOutput})
    def post(self, request: Request) -> Response:
        """Start a payment: the QR to be shown. Nothing changes until it is paid.

        409 OPEN_PAYMENT carries the ``payment`` that can still be paid. 503 while paying is not possible.
        """
        body = self.parse(shapes.PaymentInput)
        return self.made(body["plan_type"], body["currency"])


class UpgradeView(PaymentApiView):
    """Choose a plan."""

    @extend_schema(request=shapes.UpgradeInput, responses={201: shapes.PaymentOutput})
    def post(self, request: Request) -> Response:
        """Choose a plan: starts its payment, and never changes the plan by itself."""
        body = self.parse(shapes.UpgradeInput)
        return self.made(body["tier"], body["currency"])


class StatusView(PaymentApiView):
    """Ask."""

    @extend_schema(parameters=[_MD5], responses={200: shapes.StatusOutput})
    def get(self, request: Request, md5: str) -> Response:
        """How my payment stands; asked of the payment node while it is open, else told from here."""
        return self.stands(services.payment_ask(actor=self.actor(), md5=md5))


class CheckView(PaymentApiView):
    """I have paid."""

    @extend_schema(parameters=[_MD5], request=None, responses={200: shapes.StatusOutput})
    def post(self, request: Request, md5: str) -> Response:
        """I have paid: have the bank asked soon (at most every 15 seconds)."""
        return self.stands(services.payment_claim_paid(actor=self.actor(), md5=md5))


class CancelView(PaymentApiView):
    """Take back."""

    @extend_schema(parameters=[_MD5], request=None, responses={200: shapes.StatusOutput})
    def post(self, request: Request, md5: str) -> Response:
        """Cancel my payment while it waits; again is no error."""
        return self.stands(services.payment_cancel(actor=self.actor(), md5=md5))


class HistoryView(ApiView):
    """List."""

    @extend_schema(parameters=PAGES, responses={200: shapes.PaymentsPage})
    def get(self, request: Request) -> Response:
        """My payments, newest first."""
        return self.answer(page_of(request, selectors.payments_of(self.actor().user_id), history_wire))


class WebhookView(ApiView):
    """The payment node's door."""

    permission_classes = [AllowAny]
    authentication_classes: list[Any] = []

    @extend_schema(request=shapes.WebhookInput, responses={200: shapes.WebhookOutput}, auth=[])
    def post(self, request: Request) -> Response:
        """An event of the payment node (X-API-Key, X-Key-Id, X-Timestamp, X-Event-Id, X-Signature).

        401 when it is not believed; 200 also for one that came before. 404 and 409 for an event that names no
        payment of ours, or tells of it otherwise: kept for staff, and judged again when it comes again.
        """
        edge: Any = request._request  # noqa: SLF001  (the signature covers the raw body)
        body: bytes = edge.body
        services.webhook_verify(headers=request.headers, path=edge.get_full_path(), body=body, address=edge.client_ip)
        verdict = services.webhook_receive(
            envelope=self._envelope(request, body), now=clock.now(), address=edge.client_ip
        )
        if verdict is Verdict.UNKNOWN:
            raise NotFound
        if verdict is Verdict.MISMATCH:
            raise DifferentPayment
        return self.answer({"verdict": verdict})

    def _envelope(self, request: Request, body: bytes) -> Envelope:
        try:
            parsed = shapes.WebhookInput(data=orjson.loads(body))
        except orjson.JSONDecodeError as error:
            raise Invalid(code="MALFORMED_JSON") from error
        parsed.is_valid(raise_exception=True)
        values = parsed.validated_data
        if request.headers.get("X-Event-Id", "").lower() != str(values["eventId"]):
            raise Invalid(errors=[("eventId", "differs from X-Event-Id")])
        return Envelope(
            event_id=values["eventId"],
            event=values["event"],
            sequence=values["sequence"],
            occurred_at=values["occurredAt"],
            data=values["data"],
        )
