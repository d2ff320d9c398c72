"""Announcing to the live stream (server-sent events). Silent when Redis is down: the inbox has everything anyway."""

from collections.abc import Iterable
from uuid import UUID

import orjson
import redis as redis_py
from django.db import transaction

from dastern.core import redis

CLOSE = "close"


def stream_channel(user_id: UUID | str) -> str:
    """The pub/sub channel of one person."""
    return redis.key(f"stream:{user_id}")


def stream_publish(user_id: UUID, event: str, data: dict[str, object]) -> None:
    """Send ``event`` to every open stream of a person, now."""
    try:
        if redis.is_up():
            redis.client().publish(stream_channel(user_id), orjson.dumps({"event": event, "data": data}))
    except redis_py.RedisError as error:
        redis.failed(error)


def stream_publish_on_commit(user_id: UUID, event: str, data: dict[str, object]) -> None:
    """Send ``event`` when the surrounding transaction has committed; a rollback sends nothing."""
    transaction.on_commit(lambda: stream_publish(user_id, event, data))


def stream_close(user_ids: Iterable[UUID], reason: str) -> None:
    """Close every open stream of these people after commit: what they may see has changed."""
    for user_id in user_ids:
        stream_publish_on_commit(user_id, CLOSE, {"reason": reason})
