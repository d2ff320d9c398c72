"""The live stream as a small ASGI application: server-sent events of one person, and nothing else.

Held-open connections belong here and never to a web thread. A stream begins with ``ready``, repeats what came after
``Last-Event-ID``, beats its heart, and ends with ``close`` and a reason: TOKEN_EXPIRED, TOKEN_REVOKED, what a service
announced (ACCESS_CHANGED …), REPLACED, SLOW. ``resync`` says that events may have been lost: look anew.
A stopping server just hangs up; readers come back after three seconds.
"""

import asyncio
import contextlib
import logging
import uuid
from collections.abc import Awaitable, Callable, MutableMapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from django.conf import settings
from django.db import OperationalError, close_old_connections
from django.utils import translation

from apps.notifications.selectors import notifications_after, unread_count
from apps.notifications.stream.hub import RESYNC, Hub, Stream, frame
from apps.notifications.wire import notification_wire
from dastern.core import clock, revocation
from dastern.core.api.exceptions import failure_body
from dastern.core.api.renderers import dumps
from dastern.core.errors import DomainError, NotFound, NotSignedIn, Throttled, Unavailable
from dastern.core.gate import Gate, bearer_claims, caller_address, caller_language
from dastern.core.middleware import API_HEADERS
from dastern.core.tokens import Claims

logger = logging.getLogger("dastern.access")

PATH: Final = "/api/v1/notifications/stream"
_RETRY_MILLISECONDS: Final = 3000

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Knock:
    """A request as far as it matters."""

    method: str
    path: str
    address: str
    authorization: str
    language: str
    last_event_id: str
    request_id: str


@dataclass(frozen=True, slots=True)
class Admission:
    """An admitted reader: until when, and what it is told first."""

    claims: Claims
    seconds_left: float
    first: bytes


class StreamApplication:
    """The ASGI application. Reading tokens, Redis and the database is done in a few threads of its own."""

    def __init__(self) -> None:
        self._hub = Hub()
        self._gate = Gate()
        self._threads = ThreadPoolExecutor(4, thread_name_prefix="stream")

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """One request, or the life of the process."""
        if scope["type"] == "lifespan":
            await self._live(receive, send)
        elif scope["type"] == "http":
            self._hub.start()
            await self._answer(_knock(scope), receive, send)

    async def _live(self, receive: Receive, send: Send) -> None:
        while True:
            message = await receive()
            if message["type"] == "lifespan.startup":
                self._hub.start()
                await send({"type": "lifespan.startup.complete"})
            elif message["type"] == "lifespan.shutdown":
                await self._hub.stop()
                await send({"type": "lifespan.shutdown.complete"})
                return

    async def _answer(self, knock: Knock, receive: Receive, send: Send) -> None:
        try:
            if knock.path == "/health/live":
                await _send_all(send, 200, b'{"status":"live"}', {})
                return
            if knock.path != PATH or knock.method != "GET":
                raise NotFound
            # subscribed before the past is read: what comes meanwhile waits, and nothing falls between
            claims = await self._in_thread(self._admit, knock)
            if self._hub.is_full:
                raise Unavailable(retry_after=30)
            with self._hub.stream(str(claims.user_id)) as stream:
                admission = await self._in_thread(self._begin, claims, knock.last_event_id)
                reason = await self._serve(stream, admission, receive, send, knock)
                logger.info(
                    "stream of %s ended: %s", claims.user_id, reason,
                    extra={"fields": {"requestId": knock.request_id, "ip": knock.address}},
                )  # fmt: skip
        except DomainError as error:
            await _refuse(send, knock, error)
        except OperationalError as error:
            logger.warning("the live stream cannot ask the database: %s", error)
            await _refuse(send, knock, Unavailable(retry_after=5))

    async def _in_thread(self, work: Callable[..., Any], *arguments: Any) -> Any:
        def run() -> Any:
            close_old_connections()
            try:
                return work(*arguments)
            finally:
                close_old_connections()

        return await asyncio.get_running_loop().run_in_executor(self._threads, run)

    def _admit(self, knock: Knock) -> Claims:
        """Raises NotSignedIn or Throttled."""
        claims, wrong = bearer_claims(knock.authorization)
        wait, revoked = self._gate.check(knock.address, claims)
        if wait:
            raise Throttled(wait)
        if claims is None:
            raise NotSignedIn(code=wrong or None)
        if revoked:
            raise NotSignedIn(code="TOKEN_REVOKED")
        return claims

    @staticmethod
    def _begin(claims: Claims, last_event_id: str) -> Admission:
        """What the reader missed, or that it should look for itself."""
        first = frame("ready", {"unreadCount": unread_count(claims.user_id)})
        if last_event_id:
            try:
                missed = notifications_after(claims.user_id, UUID(last_event_id))
            except ValueError:
                missed = None
            if missed is None:
                first += frame(RESYNC, {})
            for row in missed or []:
                first += frame("notification", notification_wire(row), str(row.id))
        return Admission(claims, claims.expires_at - clock.now().timestamp(), first)

    @staticmethod
    def _ended(claims: Claims) -> str | None:
        """Why this token is not good any more, if it is not; asked at every heartbeat."""
        if claims.expires_at <= clock.now().timestamp():
            return "TOKEN_EXPIRED"
        return "TOKEN_REVOKED" if revocation.is_revoked(claims.user_id, claims.session_id) else None

    async def _serve(self, stream: Stream, admission: Admission, receive: Receive, send: Send, knock: Knock) -> str:
        """Send until the stream ends. Returns why."""
        loop = asyncio.get_running_loop()
        expires = loop.time() + admission.seconds_left
        await send(_start(200, "text/event-stream; charset=utf-8", knock.request_id))
        await _send_part(send, f"retry: {_RETRY_MILLISECONDS}\n\n".encode() + admission.first)
        gone = loop.create_task(_gone(receive))
        try:
            while True:
                patience = min(settings.STREAM_HEARTBEAT_SECONDS, max(expires - loop.time(), 0))
                coming = loop.create_task(stream.next())
                done, _ = await asyncio.wait({coming, gone}, timeout=patience, return_when=asyncio.FIRST_COMPLETED)
                if gone in done:
                    coming.cancel()
                    return "GONE"
                if stream.closed:  # at once: what still waits is in the inbox
                    coming.cancel()
                    break
                if coming in done:
                    await _send_part(send, coming.result())
                    continue
                coming.cancel()
                stream.closed = stream.closed or await self._in_thread(self._ended, admission.claims)
                if stream.closed is None and loop.time() >= expires:
                    stream.closed = "TOKEN_EXPIRED"
                if stream.closed:
                    break
                await _send_part(send, b": alive\n\n")
            await send({"type": "http.response.body", "body": frame("close", {"reason": stream.closed})})
            return str(stream.closed)
        finally:
            gone.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await gone


def _knock(scope: Message) -> Knock:
    headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
    remote = (scope.get("client") or ("",))[0]
    return Knock(
        method=scope["method"],
        path=scope["path"],
        address=caller_address(remote, headers.get("x-forwarded-for", "")),
        authorization=headers.get("authorization", ""),
        language=headers.get("accept-language", ""),
        last_event_id=headers.get("last-event-id", ""),
        request_id=(headers.get("x-request-id") or uuid.uuid4().hex)[:64],
    )


def _start(status: int, content_type: str, request_id: str, headers: dict[str, str] | None = None) -> Message:
    told = API_HEADERS | {"Content-Type": content_type, "X-Request-Id": request_id, "X-Accel-Buffering": "no"}
    told |= headers or {}
    return {
        "type": "http.response.start",
        "status": status,
        "headers": [(name.lower().encode(), value.encode("latin-1", "replace")) for name, value in told.items()],
    }


async def _send_part(send: Send, body: bytes) -> None:
    await send({"type": "http.response.body", "body": body, "more_body": True})


async def _send_all(send: Send, status: int, body: bytes, headers: dict[str, str], request_id: str = "") -> None:
    await send(_start(status, "application/json", request_id, headers))
    await send({"type": "http.response.body", "body": body})


async def _refuse(send: Send, knock: Knock, error: DomainError) -> None:
    """The failure envelope, as the web gives it."""
    with translation.override(caller_language(knock.language, None)):
        status, body, headers = failure_body(error, knock.request_id)
    if status == 401:
        headers["WWW-Authenticate"] = "Bearer"
    await _send_all(send, status, dumps(body), headers, knock.request_id)


async def _gone(receive: Receive) -> None:
    """Returns when the reader has gone."""
    while (await receive())["type"] != "http.disconnect":
        pass
