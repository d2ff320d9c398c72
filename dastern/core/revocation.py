"""Access tokens are stateless, yet a locked account or an ended session must stop at once.

Redis holds the revoked user and session ids for the life of an access token. When Redis is down or has lost its
memory, the database answers instead, through the source that the authentication app registers.
"""

from collections.abc import Iterable
from typing import Protocol
from uuid import UUID

import redis as redis_py
from django.conf import settings

from dastern.core import redis

READY = "revocation:ready"


class Source(Protocol):
    """The database's view of revocations."""

    def is_revoked(self, user_id: UUID, session_id: str) -> bool:
        """True when the account may not be used or the session has ended."""

    def recent(self) -> tuple[Iterable[UUID], Iterable[str]]:
        """User ids and session ids whose access tokens may still be alive, to refill an empty Redis."""


_sources: list[Source] = []


def register(source: Source) -> None:
    """Name the database source (once, from the owning app's ``ready``)."""
    _sources[:] = [source]


def _life() -> int:
    return int(settings.SIMPLE_JWT["ACCESS_TOKEN_LIFETIME"].total_seconds()) + 60


def user_key(user_id: UUID | str) -> str:
    """The Redis key of a revoked account."""
    return redis.key(f"revoked:user:{user_id}")


def session_key(session_id: str) -> str:
    """The Redis key of a revoked session."""
    return redis.key(f"revoked:session:{session_id}")


def revoke(*, users: Iterable[UUID] = (), sessions: Iterable[str] = ()) -> None:
    """Stop these accounts and sessions now. Call after commit; the database is the truth if Redis is down."""
    try:
        _write(users, sessions)
    except redis_py.RedisError as error:
        redis.failed(error)


def _write(users: Iterable[UUID], sessions: Iterable[str]) -> None:
    names = [user_key(u) for u in users] + [session_key(s) for s in sessions]
    pipe = redis.client().pipeline(transaction=False)
    for name in names:
        pipe.set(name, 1, ex=_life())
    pipe.execute()


def restore(user_id: UUID) -> None:
    """Let an account be used again (unlocked by staff, deletion cancelled)."""
    try:
        redis.client().delete(user_key(user_id))
    except redis_py.RedisError as error:
        redis.failed(error)


def refill() -> None:
    """Copy the database's recent revocations into a Redis that lost or never got them, then mark it ready."""
    try:
        for source in _sources:
            _write(*source.recent())
        redis.client().set(redis.key(READY), 1)
    except redis_py.RedisError as error:
        redis.failed(error)
    else:
        redis.caught_up()


def is_revoked_in_database(user_id: UUID, session_id: str) -> bool:
    """The database's answer, used when Redis cannot say."""
    return any(source.is_revoked(user_id, session_id) for source in _sources)


def is_revoked(user_id: UUID, session_id: str) -> bool:
    """Whether a token that was good is still good; from Redis where it knows, else from the database."""
    if redis.is_up() and not redis.has_missed_writes():
        try:
            pipe = redis.client().pipeline(transaction=False)
            pipe.exists(user_key(user_id), session_key(session_id))
            pipe.exists(redis.key(READY))
            found, known = pipe.execute()
        except redis_py.RedisError as error:
            redis.failed(error)
        else:
            if found or known:
                return bool(found)
    return is_revoked_in_database(user_id, session_id)
