"""One subscription to Redis a process, fanned out to the open streams of the people it concerns."""

import asyncio
import contextlib
import logging
from collections import defaultdict
from collections.abc import AsyncIterator, Iterator
from typing import Any, Final

import orjson
import redis as redis_py
import redis.asyncio as redis_aio
from django.conf import settings
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

from apps.notifications.stream import CLOSE, stream_channel

logger = logging.getLogger(__name__)

MOST_STREAMS: Final = 2000
MOST_A_PERSON: Final = 5
_MOST_WAITING: Final = 100
_SILENCE_SECONDS: Final = 10.0
_PAUSES: Final = (0.2, 0.5, 1.0, 2.0, 5.0)

RESYNC: Final = "resync"


def frame(event: str, data: Any, event_id: str | None = None) -> bytes:
    """One server-sent event."""
    head = f"id: {event_id}\n" if event_id else ""
    return f"{head}event: {event}\ndata: ".encode() + orjson.dumps(data) + b"\n\n"


class Stream:
    """What waits to be sent on one open stream. ``closed`` is the reason to end it."""

    def __init__(self, person: str) -> None:
        self.person = person
        self.closed: str | None = None
        self._waiting: asyncio.Queue[bytes] = asyncio.Queue(_MOST_WAITING)

    def offer(self, event: bytes) -> None:
        """Queue an event; a reader that does not keep up is closed, and resumes from its last id."""
        try:
            self._waiting.put_nowait(event)
        except asyncio.QueueFull:
            self.close("SLOW")

    def close(self, reason: str) -> None:
        """End the stream at once."""
        self.closed = self.closed or reason
        with contextlib.suppress(asyncio.QueueFull):
            self._waiting.put_nowait(b"")

    async def next(self) -> bytes:
        """The next event; empty to wake the reader of a closed stream."""
        return await self._waiting.get()


class Hub:
    """The open streams of this process, and the task that feeds them."""

    def __init__(self) -> None:
        self._streams: dict[str, list[Stream]] = defaultdict(list)
        self._open = 0
        self._task: asyncio.Task[None] | None = None

    @property
    def is_full(self) -> bool:
        """True when this process takes no more streams."""
        return self._open >= MOST_STREAMS

    def start(self) -> None:
        """Begin to listen, once; in the event loop."""
        if self._task is None:
            self._task = asyncio.get_running_loop().create_task(self._listen_for_ever())

    async def stop(self) -> None:
        """Stop listening."""
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task
            self._task = None

    @contextlib.contextmanager
    def stream(self, person: str) -> Iterator[Stream]:
        """An open stream of a person. Of more than five the oldest ends: a phone that lost its net never said so."""
        opened = Stream(person)
        mine = self._streams[person]
        mine.append(opened)
        self._open += 1
        for oldest in mine[:-MOST_A_PERSON]:
            oldest.close("REPLACED")
        try:
            yield opened
        finally:
            mine.remove(opened)
            self._open -= 1
            if not mine:
                self._streams.pop(person, None)

    async def _listen_for_ever(self) -> None:
        """Listen; when Redis went away, come back with growing pauses, and readers are told to look for themselves."""
        failures = 0
        while True:
            try:
                async with self._client() as client, client.pubsub() as subscription:
                    await subscription.psubscribe(stream_channel("*"))
                    async for _ in self._listen(subscription):
                        failures = 0
            except (redis_py.RedisError, OSError) as error:
                if not failures:
                    logger.warning("the live stream does not hear Redis: %s", error)
                await asyncio.sleep(_PAUSES[min(failures, len(_PAUSES) - 1)])
                failures += 1

    @staticmethod
    def _client() -> redis_aio.Redis:
        return redis_aio.Redis.from_url(
            settings.REDIS_URL, socket_connect_timeout=2, retry=Retry(NoBackoff(), 0), retry_on_error=[]
        )

    async def _listen(self, subscription: Any) -> AsyncIterator[None]:
        """Fan out until the connection breaks; a Redis that is silent is asked whether it lives. Yields at life."""
        asked = False
        while True:
            message = await subscription.get_message(timeout=_SILENCE_SECONDS)
            if message is None:
                if asked:
                    raise redis_py.ConnectionError("no answer")
                await subscription.ping()
                asked = True
                continue
            asked = False
            if message["type"] == "pmessage":
                self._fan_out(message["channel"].decode(), message["data"])
            elif message["type"] == "psubscribe":
                # who was here before heard nothing until now
                self._tell_all(frame(RESYNC, {}))
            yield

    def _fan_out(self, channel: str, body: bytes) -> None:
        streams = self._streams.get(channel.removeprefix(stream_channel("")))
        if not streams:
            return
        told = orjson.loads(body)
        if told["event"] == CLOSE:
            for stream in streams:
                stream.close(str(told["data"].get("reason", "ACCESS_CHANGED")))
            return
        event = frame(told["event"], told["data"], told["data"].get("id"))
        for stream in streams:
            stream.offer(event)

    def _tell_all(self, event: bytes) -> None:
        for streams in self._streams.values():
            for stream in streams:
                stream.offer(event)
