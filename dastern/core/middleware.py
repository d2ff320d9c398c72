"""Middleware: one lean edge for the API, Django's usual chain for pages only."""

import logging
import time
import uuid
from collections.abc import Callable
from typing import Any, cast

from django.conf import settings
from django.core.handlers.exception import convert_exception_to_response
from django.db import OperationalError
from django.http import HttpRequest, HttpResponse
from django.middleware.security import SecurityMiddleware
from django.utils import translation
from django.utils.module_loading import import_string

from dastern.core import logs, metrics
from dastern.core.api.exceptions import failure_response
from dastern.core.errors import NotSignedIn, Throttled, Unavailable
from dastern.core.gate import Gate, bearer_claims, caller_address, caller_language
from dastern.core.tokens import Claims

logger = logging.getLogger(__name__)
access_log = logging.getLogger("dastern.access")
GetResponse = Callable[[HttpRequest], HttpResponse]

API_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Cache-Control": "no-store",
}
PAGES_CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)


def client_ip(request: HttpRequest) -> str:
    """The caller's address: the last hop that is not one of our own proxies."""
    return caller_address(str(request.META.get("REMOTE_ADDR", "")), str(request.META.get("HTTP_X_FORWARDED_FOR", "")))


def is_api(request: HttpRequest) -> bool:
    """True for what takes the lean path."""
    return request.path_info.startswith("/api/")


class EdgeMiddleware:
    """Request id, language, token, rate limit, revocation, security headers and one access line for every request."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response
        self.gate = Gate()
        self.headers = dict(API_HEADERS)
        if settings.SECURE_HSTS_SECONDS:
            self.headers["Strict-Transport-Security"] = (
                f"max-age={settings.SECURE_HSTS_SECONDS}; includeSubDomains; preload"
            )

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Handle one request."""
        started = time.perf_counter()
        edge = cast("Any", request)
        edge.request_id = (request.headers.get("X-Request-Id") or uuid.uuid4().hex)[:64]
        edge.client_ip = client_ip(request)
        token = logs.request_id.set(edge.request_id)
        try:
            response = self._api(request) if is_api(request) else self.get_response(request)
        finally:
            logs.request_id.reset(token)
        response["X-Request-Id"] = edge.request_id
        seconds = time.perf_counter() - started
        match = request.resolver_match
        metrics.request_observe(str(request.method), match.route if match else None, response.status_code, seconds)
        access_log.info(
            "%s %s %s",
            request.method,
            request.path_info,
            response.status_code,
            extra={
                "fields": {
                    "requestId": edge.request_id,
                    "ip": edge.client_ip,
                    "ms": round(seconds * 1000, 1),
                    "user": str(edge.claims.user_id) if getattr(edge, "claims", None) else None,
                }
            },
        )
        return response

    def _api(self, request: HttpRequest) -> HttpResponse:
        edge = cast("Any", request)
        edge.claims, edge.token_error = bearer_claims(str(request.META.get("HTTP_AUTHORIZATION", "")))
        translation.activate(caller_language(str(request.META.get("HTTP_ACCEPT_LANGUAGE", "")), edge.claims))
        try:
            refusal = self._refusal(edge, edge.claims)
        except OperationalError:  # Redis could not say, and the database cannot either: let nobody in unasked
            logger.exception("the database is not reachable")
            refusal = failure_response(request, Unavailable())
        response = refusal or self.get_response(request)
        for name, value in self.headers.items():
            response.headers.setdefault(name, value)
        return response

    def _refusal(self, edge: Any, claims: Claims | None) -> HttpResponse | None:
        """The answer that stops this request here, or None."""
        wait, revoked = self.gate.check(edge.client_ip, claims)
        if wait:
            return failure_response(edge, Throttled(wait))
        if revoked:
            edge.claims = None
            return failure_response(edge, NotSignedIn(code="TOKEN_REVOKED"))
        return None


class PagesMiddleware:
    """Django's usual chain, PAGES_MIDDLEWARE, for pages; API requests step over all of it at once."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response
        self.chain = get_response
        self.links: list[Any] = []
        for path in reversed(settings.PAGES_MIDDLEWARE):
            link = import_string(path)(convert_exception_to_response(self.chain))
            self.links.insert(0, link)
            self.chain = link

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Handle one request."""
        return self.get_response(request) if is_api(request) else self.chain(request)

    def process_view(self, request: HttpRequest, callback: Any, callback_args: Any, callback_kwargs: Any) -> Any:
        """The first answer of a link that wants to see the view, or None."""
        if is_api(request):  # the API authenticates by header, never by cookie
            return None
        arguments = (request, callback, callback_args, callback_kwargs)
        hooks = (link.process_view for link in self.links if hasattr(link, "process_view"))
        return next((answer for hook in hooks if (answer := hook(*arguments))), None)

    def process_exception(self, request: HttpRequest, exception: Exception) -> Any:
        """The answer of a link that knows this exception, innermost first, or None."""
        if is_api(request):
            return None
        hooks = (link.process_exception for link in reversed(self.links) if hasattr(link, "process_exception"))
        return next((answer for hook in hooks if (answer := hook(request, exception))), None)


class PagesSecurityMiddleware(SecurityMiddleware):
    """Django's security headers, and ours."""

    def process_response(self, request: HttpRequest, response: HttpResponse) -> HttpResponse:
        """Add what the view has not said itself."""
        response = super().process_response(request, response)
        response.headers.setdefault("Content-Security-Policy", PAGES_CSP)
        response.headers.setdefault("X-Frame-Options", "DENY")
        return response
