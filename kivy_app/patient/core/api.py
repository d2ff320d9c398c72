"""The server, over HTTP: the envelope opened, failures typed by what the app has to do about them.

Whatever does not carry our envelope (a hotel's sign-in page answers 200 too) counts as "no network", never as
an answer.
"""

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

import requests

Body = dict[str, Any]
_T = TypeVar("_T")
TIMEOUTS = (5.0, 30.0)  # seconds to connect, to read


class ApiProblem(Exception):
    """The call did not succeed."""


class NoNetwork(ApiProblem):
    """The server was not reached, or its answer did not arrive whole. It may have acted all the same."""


class ServerBusy(ApiProblem):
    """5xx or 429: try again later. ``retry_after`` is in seconds when the server named a time."""

    def __init__(self, status: int, retry_after: float | None = None) -> None:
        super().__init__(f"HTTP {status}")
        self.status = status
        self.retry_after = retry_after


class SignInNeeded(ApiProblem):
    """No valid session any more. The queue stays."""


@dataclass
class Refused(ApiProblem):
    """The server understood and said no. ``message`` is in the asked language and may be shown."""

    status: int
    code: str
    message: str
    errors: tuple[str, ...] = ()
    request_id: str | None = None
    extra: Mapping[str, Any] | None = None

    def __str__(self) -> str:
        return f"{self.status} {self.code}: {self.message} {' '.join(self.errors)}".rstrip()


@dataclass(frozen=True, slots=True)
class Tokens:
    """A session's pair."""

    access: str
    refresh: str


class Api:
    """Calls with tokens. ``load`` and ``save`` keep the pair; ``save`` must be durable when it returns,
    because the server takes a refresh token once only."""

    def __init__(
        self, base_url: str, *, load: Callable[[], Tokens | None], save: Callable[[Tokens | None], None],
        language: Callable[[], str] = lambda: "km", http: requests.Session | None = None,
    ) -> None:  # fmt: skip
        self._root = base_url.rstrip("/") + "/api/v1/"
        self._load, self._save, self._language = load, save, language
        self._http = http or requests.Session()
        self._refreshing = threading.Lock()
        self.cut = False  # the network switch of tests and demonstrations

    # ── calls

    def ask(self, path: str, body: Body) -> Body:
        """A POST of somebody who is not signed in."""
        return self._once("POST", path, body, token=None)

    def logout(self) -> None:
        """End this device's session on the server."""
        tokens = self._load()
        if tokens is not None:
            self.call("POST", "auth/logout", {"refreshToken": tokens.refresh})

    def push(self, body: Body) -> Body:
        """POST sync/push."""
        return self.call("POST", "sync/push", body)

    def pull(self, cursor: str | None, limit: int) -> Body:
        """GET sync/pull."""
        query: dict[str, Any] = {"limit": limit}
        if cursor:
            query["cursor"] = cursor
        return self.call("GET", "sync/pull", query=query)

    def call(self, method: str, path: str, body: Body | None = None, *, query: Mapping[str, Any] | None = None) -> Body:
        """A signed-in call → ``data``. On 401 the pair is refreshed once and the call repeated."""
        return self._signed_in(lambda token: self._once(method, path, body, token=token, query=query))

    def upload(self, path: str, field: str, name: str, content: bytes, fields: Mapping[str, str]) -> Body:
        """POST one file as a form, with other fields → ``data``."""
        return self._signed_in(
            lambda token: _open(*self._send("POST", path, token, data=fields, files={field: (name, content)}))
        )

    def download(self, path: str, *, query: Mapping[str, Any] | None = None) -> bytes:
        """GET a file, which comes without an envelope."""

        def fetch(token: str) -> bytes:
            answer, content = self._send("GET", path, token, params=query)
            if not answer.ok or answer.headers.get("Content-Type", "").startswith("text/html"):
                _open(answer, content)
                raise NoNetwork("not the file")
            return content

        return self._signed_in(fetch)

    def _signed_in(self, call: Callable[[str], _T]) -> _T:
        tokens = self._load()
        if tokens is None:
            raise SignInNeeded
        try:
            return call(tokens.access)
        except Refused as refused:
            if refused.status != requests.codes.unauthorized:
                raise
        fresh = self._refresh(tokens)
        try:
            return call(fresh.access)
        except Refused as refused:
            if refused.status == requests.codes.unauthorized:
                raise SignInNeeded from refused
            raise

    # ── under them

    def _refresh(self, stale: Tokens) -> Tokens:
        with self._refreshing:
            current = self._load()
            if current is not None and current.access != stale.access:
                return current  # another thread was faster
            try:
                data = self._once("POST", "auth/refresh", {"refreshToken": stale.refresh}, token=None)
                fresh = Tokens(str(data["accessToken"]), str(data["refreshToken"]))
            except Refused as refused:
                raise SignInNeeded from refused
            except KeyError as problem:
                raise NoNetwork("an answer without tokens") from problem
            self._save(fresh)
            return fresh

    def _once(
        self,
        method: str,
        path: str,
        body: Body | None,
        *,
        token: str | None,
        query: Mapping[str, Any] | None = None,
    ) -> Body:
        return _open(*self._send(method, path, token, json=body, params=query))

    def _send(self, method: str, path: str, token: str | None, **content: Any) -> tuple[requests.Response, bytes]:
        if self.cut:
            raise NoNetwork("switched off")
        headers = {"Accept": "application/json", "Accept-Language": self._language()}
        if token:
            headers["Authorization"] = f"Bearer {token}"
        try:
            answer = self._http.request(
                method, self._root + path, headers=headers, timeout=TIMEOUTS, allow_redirects=False, **content
            )
            content_read = answer.content
        except (requests.RequestException, OSError) as problem:
            raise NoNetwork(type(problem).__name__) from problem
        return answer, content_read


def _open(answer: requests.Response, content: bytes) -> Body:
    if answer.status_code == requests.codes.no_content:
        return {}
    if answer.status_code >= 500 or answer.status_code == requests.codes.too_many_requests:
        raise ServerBusy(answer.status_code, _seconds(answer.headers.get("Retry-After")))
    try:
        envelope = answer.json() if content else None
    except ValueError as problem:
        raise NoNetwork("no JSON") from problem
    if not isinstance(envelope, dict) or not isinstance(envelope.get("success"), bool):
        raise NoNetwork("no envelope")
    if envelope["success"] and answer.ok:
        data = envelope.get("data")
        return data if isinstance(data, dict) else {"items": data}
    known = {"success", "statusCode", "code", "message", "errors", "requestId", "timestamp"}
    raise Refused(
        status=answer.status_code,
        code=str(envelope.get("code") or "ERROR"),
        message=str(envelope.get("message") or ""),
        errors=tuple(str(error) for error in envelope.get("errors") or ()),
        request_id=envelope.get("requestId"),
        extra={key: value for key, value in envelope.items() if key not in known},
    )


def _seconds(text: str | None) -> float | None:
    try:
        return float(text) if text else None
    except ValueError:
        return None
