"""A network that misbehaves on demand, under the app's own HTTP client."""

import io
import json
from collections.abc import Callable, Mapping
from typing import Any, Protocol

import requests
from requests.adapters import BaseAdapter
from requests.structures import CaseInsensitiveDict

FAULTS = (
    "ok",
    "no_request",
    "no_reply",
    "half_reply",
    "portal",
    "error_before",
    "error_after",
    "twice",
    "busy",
)


class Endpoint(Protocol):
    """A server without a socket."""

    def handle(
        self, method: str, url: str, headers: dict[str, Any], content: bytes
    ) -> tuple[int, dict[str, Any] | None]:
        """One request."""
        ...


class Network(BaseAdapter):
    """The way between one phone and the server. ``faults`` are used up one a request; then all is well."""

    def __init__(self, server: Endpoint) -> None:
        super().__init__()
        self.server = server
        self.faults: list[str] = []
        self.sent: list[tuple[str, str, dict[str, Any], bytes]] = []
        self.before: Callable[[str], None] = lambda _url: None

    def session(self) -> requests.Session:
        """A client that goes this way only."""
        http = requests.Session()
        http.trust_env = False
        http.mount("http://", self)
        http.mount("https://", self)
        return http

    def replay(self, index: int) -> None:
        """A copy of an earlier request arrives late; nobody waits for its answer."""
        if self.sent:
            self.server.handle(*self.sent[index % len(self.sent)])

    def send(
        self, request: requests.PreparedRequest, stream: bool = False,
        timeout: Any = None, verify: Any = True, cert: Any = None, proxies: Mapping[str, str] | None = None,
    ) -> requests.Response:  # fmt: skip
        """Carry one request, or spoil it."""
        fault = self.faults.pop(0) if self.faults else "ok"
        raw = request.body or b""
        content = raw.encode() if isinstance(raw, str) else raw
        call = (str(request.method), str(request.url), dict(request.headers), content)
        self.before(call[1])
        if fault == "no_request":
            raise requests.ConnectionError("unreachable")
        if fault == "busy":
            return _response(request, 429, b"{}", {"Retry-After": "7"})
        if fault == "error_before":
            return _response(request, 503, b"upstream down")
        self.sent.append(call)
        if fault == "twice":
            self.server.handle(*call)
        status, body = self.server.handle(*call)
        answer = b"" if body is None else json.dumps(body).encode()
        match fault:
            case "no_reply":
                raise requests.ReadTimeout("no reply")
            case "half_reply":
                return _response(request, status, answer[: len(answer) // 2])
            case "portal":
                return _response(request, 200, b"<html>Welcome to the guest network</html>")
            case "error_after":
                return _response(request, 502, b"bad gateway")
        return _response(request, status, answer)

    def close(self) -> None:
        """Nothing is open."""


def _response(
    request: requests.PreparedRequest, status: int, content: bytes, headers: Mapping[str, str] | None = None
) -> requests.Response:
    response = requests.Response()
    response.status_code = status
    response.headers = CaseInsensitiveDict({"Content-Type": "application/json", **(headers or {})})
    response.raw = io.BytesIO(content)
    response.request = request
    response.url = str(request.url)
    return response
