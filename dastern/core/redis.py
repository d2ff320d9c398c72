"""The one Redis connection pool, and what to do when Redis is down: carry on without it."""

import hashlib
import logging
import time
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import redis
from django.conf import settings

logger = logging.getLogger(__name__)
_PAUSE_SECONDS = 2.0
_down_until = 0.0
_missed = False


@lru_cache(maxsize=1)
def client() -> redis.Redis:
    """A client on REDIS_URL with short time-outs; safe to share between threads."""
    return redis.Redis.from_url(settings.REDIS_URL, socket_connect_timeout=0.5, socket_timeout=0.5)


def key(name: str) -> str:
    """``name`` under this deployment's prefix."""
    prefix: str = settings.CACHES["default"]["KEY_PREFIX"]
    return f"{prefix}:{name}"


def is_up() -> bool:
    """False for a short pause after a failure, so that a dead Redis does not slow every request."""
    return time.monotonic() >= _down_until


def has_missed_writes() -> bool:
    """True after a failure until ``caught_up``: this process may have failed to write what others must see."""
    return _missed


def caught_up() -> None:
    """What was missed has been written again."""
    global _missed
    _missed = False


def failed(error: Exception) -> None:
    """Note a failure: callers skip Redis for a moment."""
    global _down_until, _missed
    _down_until = time.monotonic() + _PAUSE_SECONDS
    _missed = True
    logger.warning("redis is not reachable: %s", error)


class Script:
    """A Lua script of the hot path, run on a pooled connection without the client's retries and bookkeeping.

    The pool replaces connections that Redis closed meanwhile, so a restart between two calls is no failure.
    """

    def __init__(self, source: str) -> None:
        self._source = source
        self._digest = hashlib.sha1(source.encode(), usedforsecurity=False).hexdigest()

    def __call__(self, keys: Sequence[str], arguments: Sequence[Any]) -> Any:
        """What the script returns. Raises RedisError."""
        pool = client().connection_pool
        connection: Any = pool.get_connection()
        try:
            connection.send_command("EVALSHA", self._digest, len(keys), *keys, *arguments)
            try:
                return connection.read_response()
            except redis.exceptions.NoScriptError:
                connection.send_command("EVAL", self._source, len(keys), *keys, *arguments)
                return connection.read_response()
        finally:
            pool.release(connection)
