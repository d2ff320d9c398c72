"""Counters in Redis. When it is down nothing is counted and calls go through: signatures still guard them."""

import functools
import logging

import redis
from django.conf import settings

_log = logging.getLogger("node.error")


@functools.cache
def client() -> redis.Redis:
    """The connection pool of this process."""
    return redis.Redis.from_url(settings.REDIS_URL, socket_connect_timeout=0.5, socket_timeout=0.5)


def key(*parts: str) -> str:
    """A key in this node's name space."""
    return ":".join((settings.REDIS_PREFIX, *parts))


def count(name: str, seconds: int) -> int:
    """Count one more within a window of ``seconds`` that starts with the first; 0 when Redis is down."""
    try:
        with client().pipeline(transaction=True) as pipe:
            pipe.set(name, 0, ex=seconds, nx=True)
            pipe.incr(name)
            return int(pipe.execute()[1])
    except redis.RedisError:
        _log.warning("redis is down, nothing is counted")
        return 0


def flag(name: str, seconds: int) -> None:
    """Raise a flag for ``seconds``."""
    try:
        client().set(name, 1, ex=seconds)
    except redis.RedisError:
        _log.warning("redis is down, nobody is blocked")


def flagged(name: str) -> bool:
    """Whether the flag is up."""
    try:
        return bool(client().exists(name))
    except redis.RedisError:
        return False


def over(name: str, limit: str) -> int:
    """Count against ``requests/seconds``; the seconds to wait when over, else 0."""
    most, seconds = (int(part) for part in limit.split("/"))
    return seconds if count(name, seconds) > most else 0
