"""PostgreSQL and Redis of a developer's machine: the embedded pair, unless the environment names others."""

from typing import Any

from dastern.settings.base import database, env


def databases(default_url: str) -> dict[str, Any]:
    """The DATABASES setting, from DATABASE_URL or the given URL."""
    return {"default": database(env.str("DATABASE_URL", default=default_url))}


def caches(redis_url: str) -> dict[str, Any]:
    """The CACHES setting on a Redis URL; a cache that is down is silent, callers fall back to the database."""
    return {
        "default": {
            "BACKEND": "django_redis.cache.RedisCache",
            "LOCATION": redis_url,
            "KEY_PREFIX": env.str("REDIS_PREFIX", default="dastern"),
            "OPTIONS": {
                "CLIENT_CLASS": "django_redis.client.DefaultClient",
                "SOCKET_CONNECT_TIMEOUT": 1,
                "SOCKET_TIMEOUT": 1,
                "IGNORE_EXCEPTIONS": True,
            },
        }
    }
