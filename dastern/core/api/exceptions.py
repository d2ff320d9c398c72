"""One handler turns every exception into the failure envelope of domain.md §1.4."""

import logging
from collections.abc import Iterator, Mapping
from typing import Any

from django.core.exceptions import PermissionDenied, RequestDataTooBig
from django.db import OperationalError
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from rest_framework import exceptions as drf
from rest_framework.response import Response
from rest_framework.views import set_rollback

from dastern.core import errors
from dastern.core.api.renderers import dumps

logger = logging.getLogger(__name__)


def camel(name: str) -> str:
    """snake_case as camelCase."""
    head, *tail = name.split("_")
    return head + "".join(part[:1].upper() + part[1:] for part in tail)


def _flatten(detail: Any, path: str = "") -> Iterator[tuple[str, str]]:
    if isinstance(detail, Mapping):
        for name, inner in detail.items():
            if name == "non_field_errors":
                yield from _flatten(inner, path)
            elif isinstance(name, int):  # a dictionary of list positions
                yield from _flatten(inner, f"{path}[{name}]")
            else:
                yield from _flatten(inner, f"{path}.{camel(str(name))}" if path else camel(str(name)))
    elif isinstance(detail, list):
        for position, inner in enumerate(detail):
            nested = isinstance(inner, Mapping | list)
            yield from _flatten(inner, f"{path}[{position}]" if nested else path)
    else:
        yield path or "body", str(detail)


def _known(error: Exception) -> errors.DomainError | None:
    """The domain error that says what ``error`` says, or None for an unexpected one."""
    match error:
        case errors.DomainError():
            return error
        case drf.ValidationError():
            return errors.Invalid(errors=list(_flatten(error.detail)))
        case drf.ParseError():
            return errors.Invalid(code="MALFORMED_JSON")
        case drf.NotAuthenticated() | drf.AuthenticationFailed():
            return errors.NotSignedIn()
        case drf.PermissionDenied() | PermissionDenied():
            return errors.Forbidden()
        case Http404() | drf.NotFound():
            return errors.NotFound()
        case drf.UnsupportedMediaType():
            return errors.UnsupportedMedia()
        case drf.Throttled():
            return errors.Throttled(int(getattr(error, "wait", None) or 60))
        case RequestDataTooBig():
            return errors.TooLarge()
        case _:
            return None


def failure_body(
    error: errors.DomainError, request_id: str, status: int | None = None
) -> tuple[int, dict[str, Any], dict[str, str]]:
    """Status, body and headers of a domain error, in the active language."""
    code = status or error.status
    body: dict[str, Any] = {
        "success": False,
        "statusCode": code,
        "code": error.code,
        "message": error.localised(),
        "errors": [f"{path}: {reason}" for path, reason in error.errors],
        "requestId": request_id,
        **error.extra,
    }
    headers = {"Retry-After": str(error.retry_after)} if error.retry_after else {}
    return code, body, headers


def failure_response(request: HttpRequest, error: errors.DomainError) -> HttpResponse:
    """The failure envelope as a plain response, for middleware and views outside DRF."""
    status, body, headers = failure_body(error, getattr(request, "request_id", ""))
    return HttpResponse(dumps(body), status=status, content_type="application/json", headers=headers)


def exception_handler(error: Exception, context: Mapping[str, Any]) -> Response | None:
    """DRF's hook. Unexpected errors are logged once and answered with 500 and the request id."""
    set_rollback()
    request = context["request"]
    request_id = getattr(request, "request_id", "")
    status: int | None = None
    known = _known(error)
    if isinstance(error, drf.MethodNotAllowed):
        known, status = (
            errors.DomainError(_("This method is not allowed here."), code="METHOD_NOT_ALLOWED"),
            405,
        )
    elif isinstance(error, drf.NotAcceptable):
        known, status = errors.DomainError(_("Only JSON is served here."), code="NOT_ACCEPTABLE"), 406
    elif isinstance(error, OperationalError):
        logger.error("the database is not reachable", exc_info=error)
        known = errors.Unavailable()
    elif known is None:
        logger.error("unexpected error", exc_info=error)
        known, status = errors.DomainError(_("Something went wrong on our side."), code="INTERNAL_ERROR"), 500
    code, body, headers = failure_body(known, request_id, status)
    if isinstance(error, drf.MethodNotAllowed) and (allow := context.get("view")):
        headers["Allow"] = ", ".join(allow.allowed_methods)
    if code == 401:
        headers["WWW-Authenticate"] = "Bearer"
    response = Response(body, status=code, headers=headers)
    response.exception = True
    return response


def handler404(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Unknown paths under /api/ get the envelope, others Django's page."""
    if request.path_info.startswith("/api/"):
        return failure_response(request, errors.NotFound())
    from django.views.defaults import page_not_found

    return page_not_found(request, exception)


def handler500(request: HttpRequest) -> HttpResponse:
    """An error outside DRF, in the envelope under /api/."""
    if request.path_info.startswith("/api/"):
        error = errors.DomainError(_("Something went wrong on our side."), code="INTERNAL_ERROR")
        status, body, headers = failure_body(error, getattr(request, "request_id", ""), 500)
        return HttpResponse(dumps(body), status=status, content_type="application/json", headers=headers)
    from django.views.defaults import server_error

    return server_error(request)
