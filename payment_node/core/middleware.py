"""Access log, the gate in front of the API, and page middleware that the API does not pay for."""

import hashlib
import hmac
import ipaddress
import logging
import time
import uuid
from collections.abc import Callable
from datetime import timedelta

from django.conf import settings
from django.contrib.auth.middleware import AuthenticationMiddleware
from django.contrib.messages.middleware import MessageMiddleware
from django.contrib.sessions.middleware import SessionMiddleware
from django.db import OperationalError, connection
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.middleware.csrf import CsrfViewMiddleware
from django.middleware.security import SecurityMiddleware
from whitenoise.middleware import WhiteNoiseMiddleware

from payment_node import signing
from payment_node.core import clock, redis
from payment_node.core.api import UNAVAILABLE, failure, request_id
from payment_node.core.errors import Refused, too_many
from payment_node.core.models import SeenRequest

_access = logging.getLogger("node.access")
_error = logging.getLogger("node.error")
_OPEN = {"/api/health", "/api/ready", "/api/live"}
_CALLBACK = "/api/payments/callback"
_UNAUTHORIZED = Refused(401, "UNAUTHORIZED", "The request is not authenticated.")
_REPLAYED = Refused(409, "REPLAYED_REQUEST", "This request was received before; sign it anew.")
_KEPT = timedelta(seconds=3 * signing.TOLERANCE_SECONDS)
Next = Callable[[HttpRequest], HttpResponseBase]


def address(request: HttpRequest) -> str:
    """Who calls: the peer, or what a trusted proxy says of it."""
    peer = str(request.META.get("REMOTE_ADDR", ""))
    forwarded = request.META.get("HTTP_X_FORWARDED_FOR", "")
    if forwarded and peer in settings.TRUSTED_PROXIES:
        return str(forwarded).rsplit(",", 1)[-1].strip()
    return peer


def allowed(caller: str) -> bool:
    """Whether the address is in the allow-list (addresses or networks)."""
    try:
        found = ipaddress.ip_address(caller)
        return any(found in ipaddress.ip_network(entry, strict=False) for entry in settings.ALLOWED_ADDRESSES)
    except ValueError:
        return False


class AccessMiddleware:
    """A request id and one line of the access stream for every request; the query may hold ids, so only the path."""

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Time the request."""
        request.node_request_id = uuid.uuid4().hex  # type: ignore[attr-defined]
        started = time.perf_counter()
        response = self.get_response(request)
        response["X-Request-Id"] = request_id(request)
        fields = {
            "requestId": request_id(request),
            "method": request.method,
            "path": request.path,
            "status": response.status_code,
            "ms": round((time.perf_counter() - started) * 1000, 1),
            "address": address(request),
            "keyId": getattr(request, "node_key_id", ""),
        }
        _access.info("request", extra={"fields": fields})
        return response


class GateMiddleware:
    """Lets signed calls of the main server through to /api/, and nobody else.

    Address, API key, signature and time are judged before anything is read from the database; ten failures within
    five minutes close the gate for that address. Every refusal is the same 401; the log knows why.
    """

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Refuse or go on."""
        if not request.path.startswith("/api/") or request.path in _OPEN:
            return self.get_response(request)
        try:
            if request.path == _CALLBACK:
                self._limit("callback", address(request), settings.CALLBACK_RATE_LIMIT)
            else:
                self._judge(request)
        except Refused as refused:
            return failure(refused, request_id(request))
        except OperationalError:
            _error.exception("database")
            return failure(UNAVAILABLE, request_id(request))
        return self.get_response(request)

    @staticmethod
    def _limit(kind: str, whom: str, limit: str) -> None:
        wait = redis.over(redis.key("rate", kind, whom), limit)
        if wait:
            raise too_many("THROTTLED", "Too many requests.", wait)

    def _judge(self, request: HttpRequest) -> None:
        caller = address(request)
        blocked = redis.key("blocked", caller)
        if redis.flagged(blocked):
            raise _UNAUTHORIZED
        reason = self._refusal(request, caller)
        if reason is not None:
            _error.warning("refused", extra={"fields": {"reason": reason, "address": caller, "path": request.path}})
            failures = redis.count(redis.key("failures", caller), settings.AUTH_FAILURE_SECONDS)
            if failures >= settings.AUTH_FAILURES:
                redis.flag(blocked, settings.BLOCK_SECONDS)
            raise _UNAUTHORIZED
        self._limit("key", str(getattr(request, "node_key_id", "")), settings.RATE_LIMIT)
        if request.method == "POST":
            self._require_new(str(request.headers.get("X-Event-Id", "")))

    @staticmethod
    def _refusal(request: HttpRequest, caller: str) -> str | None:
        if not allowed(caller):
            return "address not allowed"
        given = hashlib.sha256(str(request.headers.get("X-API-Key", "")).encode()).hexdigest()
        # every key is compared, so that the time does not tell which one came close
        matching = [name for name, held in settings.API_KEYS.items() if hmac.compare_digest(held, given)]
        if not matching:
            return "unknown API key"
        request.node_key_id = matching[0]  # type: ignore[attr-defined]
        return signing.refusal(
            settings.SIGNING_SECRETS,
            key_id=str(request.headers.get("X-Key-Id", "")),
            timestamp=str(request.headers.get("X-Timestamp", "")),
            signature=str(request.headers.get("X-Signature", "")),
            method=str(request.method),
            path=raw_path(request),
            body=request.body,
            now=clock.now().timestamp(),
        )

    @staticmethod
    def _require_new(event_id: str) -> None:
        try:
            event = uuid.UUID(event_id)
        except ValueError:
            raise Refused(400, "VALIDATION_ERROR", "The request is not valid.", ["X-Event-Id: not a UUID"]) from None
        with connection.cursor() as cursor:
            cursor.execute(
                "INSERT INTO core_seen_request (event_id, received_at) VALUES (%s, %s) ON CONFLICT DO NOTHING",
                [event, clock.now()],
            )
            if cursor.rowcount != 1:
                raise _REPLAYED


def raw_path(request: HttpRequest) -> str:
    """What stood in the request line: percent-encoding and query as sent, where the server keeps it."""
    raw = str(request.META.get("RAW_URI") or request.META.get("REQUEST_URI") or "")
    return raw if raw.startswith("/") else request.get_full_path()


def forget_seen_requests() -> int:
    """Delete ids that are too old to be replayed: their timestamp would be refused. Returns how many."""
    deleted, _models = SeenRequest.objects.filter(received_at__lt=clock.now() - _KEPT).delete()
    return deleted


def _is_api(request: HttpRequest) -> bool:
    return request.path.startswith("/api/")


class PagesSecurityMiddleware(SecurityMiddleware):
    """Security headers; with a policy that allows nothing from elsewhere."""

    def process_response(self, request: HttpRequest, response: HttpResponse) -> HttpResponse:
        """Add the headers."""
        response = super().process_response(request, response)
        response["X-Frame-Options"] = "DENY"
        if not _is_api(request):
            response["Content-Security-Policy"] = "default-src 'self'; img-src 'self' data:; frame-ancestors 'none'"
        return response


class PagesStaticMiddleware(WhiteNoiseMiddleware):  # type: ignore[misc]  # the library has no types
    """Static files of the staff pages."""


class PagesSessionMiddleware(SessionMiddleware):
    """Sessions for pages."""

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Skip the API."""
        return self.get_response(request) if _is_api(request) else super().__call__(request)  # type: ignore[return-value]


class PagesCsrfMiddleware(CsrfViewMiddleware):
    """Cross-site request forgery is stopped on pages; the API carries no cookie."""

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Skip the API."""
        return self.get_response(request) if _is_api(request) else super().__call__(request)  # type: ignore[return-value]


class PagesAuthenticationMiddleware(AuthenticationMiddleware):
    """Staff sign-in for pages."""

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Skip the API."""
        return self.get_response(request) if _is_api(request) else super().__call__(request)  # type: ignore[return-value]


class PagesMessageMiddleware(MessageMiddleware):
    """Messages for pages."""

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Skip the API."""
        return self.get_response(request) if _is_api(request) else super().__call__(request)  # type: ignore[return-value]
