"""Is the node alive, is it ready, and how is everything it depends on?"""

import redis as redis_errors
from django.db import DatabaseError, connection
from django.http import HttpRequest, HttpResponseBase

from payment_node.core import redis
from payment_node.core.api import UNAVAILABLE, endpoint, success


def _database() -> bool:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        return False
    return True


def _redis() -> bool:
    try:
        return bool(redis.client().ping())
    except redis_errors.RedisError:
        return False


@endpoint("GET")
def live(request: HttpRequest) -> HttpResponseBase:
    """The process answers."""
    return success({"status": "live"})


@endpoint("GET")
def ready(request: HttpRequest) -> HttpResponseBase:
    """The database answers: calls can be served."""
    if not _database():
        raise UNAVAILABLE
    return success({"status": "ready"})


@endpoint("GET")
def health(request: HttpRequest) -> HttpResponseBase:
    """The parts; Bakong is judged by what its last answers were, never asked."""
    from payment_node.bakong.selectors import checking_state
    from payment_node.webhooks.selectors import waiting

    database = _database()
    parts = {
        "database": "up" if database else "down",
        "redis": "up" if _redis() else "down",
        "bank": checking_state() if database else None,
        "webhooks": waiting() if database else None,
    }
    return success({"status": "up" if database else "down", "parts": parts}, 200 if database else 503)
