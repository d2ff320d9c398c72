"""The envelope around every answer of the API."""

from collections.abc import Mapping
from typing import Any

import orjson
from django.http import HttpResponse
from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.renderers import BaseRenderer

from dastern.core import clock
from dastern.core.localtime import iso


def _plain(value: Any) -> Any:
    if hasattr(value, "isoformat"):
        return iso(value)
    return str(value)


def dumps(value: Any) -> bytes:
    """JSON bytes; Decimals become strings, instants UTC with milliseconds (domain.md §1.4)."""
    return orjson.dumps(value, default=_plain, option=orjson.OPT_PASSTHROUGH_DATETIME | orjson.OPT_NON_STR_KEYS)


def envelope(data: Any, message: str = "") -> dict[str, Any]:
    """The success envelope."""
    return {"success": True, "data": data, "message": message, "timestamp": iso(clock.now())}


def fast_response(data: Any, message: str = "", status: int = 200) -> HttpResponse:
    """An enveloped answer without DRF's content negotiation; for the few hot endpoints."""
    return HttpResponse(dumps(envelope(data, message)), status=status, content_type="application/json")


class EnvelopeRenderer(BaseRenderer):
    """Wraps success data in the envelope; failures arrive already wrapped by the exception handler.

    ``response.envelope_beside`` holds what the specification wants beside ``data``.
    """

    media_type = "application/json"
    format = "json"
    charset = None

    def render(
        self,
        data: Any,
        accepted_media_type: str | None = None,
        renderer_context: Mapping[str, Any] | None = None,
    ) -> bytes:
        """JSON bytes of the enveloped answer; 204 has no body."""
        response = (renderer_context or {}).get("response")
        if response is not None and response.status_code == 204:
            return b""
        if response is not None and response.exception:
            return dumps(data)
        message = getattr(response, "envelope_message", "") if response is not None else ""
        beside = getattr(response, "envelope_beside", {}) if response is not None else {}
        return dumps(envelope(data, str(message)) | beside)


class FirstRenderer(DefaultContentNegotiation):
    """The API speaks JSON whatever was asked for: there is nothing to negotiate at every request."""

    def select_renderer(self, request: Any, renderers: Any, format_suffix: str | None = None) -> tuple[Any, str]:
        """The first renderer and its media type."""
        return renderers[0], renderers[0].media_type
