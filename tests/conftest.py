"""Shared fixtures: the database, a clean Redis, time travel, and the people of the stories."""

from typing import Any

import pytest
from django.db import connections
from django.test import TransactionTestCase

from dastern.core import clock, redis, revocation
from tests.support.database import clone, ensure_template

pytest_plugins = ["tests.support.people", "tests.support.valkey"]


@pytest.fixture(scope="session")
def django_db_setup(django_db_blocker: Any) -> None:
    """Clone the migrated template for this worker instead of migrating."""
    ensure_template()
    clone()


def _recloned(self: TransactionTestCase, *args: Any) -> None:
    """Django would TRUNCATE, which the append-only tables refuse; a fresh clone costs less anyway."""
    for connection in connections.all():
        connection.close()
    clone()


TransactionTestCase._fixture_teardown = _recloned  # type: ignore[method-assign]


@pytest.fixture(autouse=True)
def clean_redis() -> None:
    """Every test starts with an empty Redis and no memory of a failed one."""
    redis.client().flushdb()
    redis.client().set(redis.key(revocation.READY), 1)
    redis._down_until = 0.0
    redis.caught_up()
    # not re-read within a test, so that counted queries do not depend on how long the test takes
    clock._cached = (float("inf"), clock.timedelta())
