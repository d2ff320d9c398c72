"""The envelope, and a decorator that makes a view of a function that takes a typed body and query."""

import functools
import logging
import re
from collections.abc import Callable
from typing import Any, TypeVar

import msgspec
import orjson
from django.db import OperationalError
from django.http import HttpRequest, HttpResponse, HttpResponseBase

from payment_node.core import clock
from payment_node.core.errors import Refused, invalid

error_log = logging.getLogger("node.error")
UNAVAILABLE = Refused(503, "UNAVAILABLE", "The service is not available now.")
_FIELD = re.compile(r"`\$((?:\.\w+|\[\d*\.*\])+)`")
_NAMED = re.compile(r"(unknown|required) field `([^`]*)`")


class Strict(msgspec.Struct, rename="camel", forbid_unknown_fields=True, kw_only=True):
    """A request: camelCase, unknown fields refused, no conversion of types."""


Body = TypeVar("Body", bound=Strict)


def success(data: Any, status: int = 200) -> HttpResponse:
    """The success envelope."""
    body = {"success": True, "data": data, "message": "", "timestamp": clock.iso(clock.now())}
    return HttpResponse(orjson.dumps(body), content_type="application/json", status=status)


def failure(refused: Refused, request_id: str) -> HttpResponse:
    """The failure envelope."""
    body: dict[str, Any] = {
        "success": False,
        "statusCode": refused.status,
        "code": refused.code,
        "message": refused.message,
        "errors": refused.errors,
        "requestId": request_id,
    }
    if refused.data is not None:
        body["data"] = refused.data
    response = HttpResponse(orjson.dumps(body), content_type="application/json", status=refused.status)
    if refused.retry_after is not None:
        response["Retry-After"] = str(refused.retry_after)
    return response


def request_id(request: HttpRequest) -> str:
    """The id that the access middleware gave."""
    return str(getattr(request, "node_request_id", ""))


def _reason(error: msgspec.ValidationError) -> str:
    text = str(error)
    named = _NAMED.search(text)
    where = _FIELD.search(text)
    path = where.group(1).lstrip(".").replace("[...]", "[]") if where else ""
    if named:
        field = f"{path}.{named.group(2)}" if path else named.group(2)
        return f"{field}: {'unknown field' if named.group(1) == 'unknown' else 'required'}"
    return f"{path or 'body'}: {text.split(' - at ', maxsplit=1)[0]}"


def read_body(request: HttpRequest, kind: type[Body]) -> Body:
    """The body as ``kind``, or 400 naming the field."""
    try:
        return msgspec.json.decode(request.body or b"{}", type=kind)
    except msgspec.ValidationError as error:
        raise invalid(_reason(error)) from None
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise invalid("body: not JSON") from None


def read_query(request: HttpRequest, kind: type[Body]) -> Body:
    """The query as ``kind``; a repeated name is refused, numbers are converted."""
    repeated = [name for name, values in request.GET.lists() if len(values) > 1]
    if repeated:
        raise invalid(f"{repeated[0]}: given twice")
    try:
        return msgspec.convert(request.GET.dict(), type=kind, strict=False)
    except msgspec.ValidationError as error:
        raise invalid(_reason(error)) from None


View = Callable[..., HttpResponseBase]


def _only(method: str, view: View) -> View:
    def checked(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if request.method != method:
            raise Refused(405, "METHOD_NOT_ALLOWED", f"Only {method}.")
        return view(request, *args, **kwargs)

    return checked


def endpoint(method: str) -> Callable[[View], View]:
    """A view for one method. Refusals become envelopes, an unreachable database 503, the unexpected 500 and one log."""

    def wrap(view: View) -> View:
        @functools.wraps(view)
        def answer(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            try:
                return _only(method, view)(request, *args, **kwargs)
            except Refused as refused:
                return failure(refused, request_id(request))
            except OperationalError:
                error_log.exception("database")
                return failure(UNAVAILABLE, request_id(request))
            except Exception:  # noqa: BLE001  (the last net: logged once, answered as an envelope)
                error_log.exception("unexpected", extra={"fields": {"requestId": request_id(request)}})
                return failure(Refused(500, "INTERNAL_ERROR", "Something went wrong."), request_id(request))

        answer.csrf_exempt = True  # type: ignore[attr-defined]  # signed, not by cookie
        return answer

    return wrap
