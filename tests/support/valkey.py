"""A Redis of a test's own, which can be killed and started again."""

import subprocess
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
import redis as redis_py

from dastern.core import redis, revocation
from dastern.devstack.services import valkey_server
from tests.support.streaming import free_port


class OwnRedis:
    """A Redis of this test's own, which can be killed and started again."""

    def __init__(self, folder: Path) -> None:
        self.port, self.folder = free_port(), folder
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        self.process = subprocess.Popen(
            [str(valkey_server()), "--port", str(self.port), "--bind", "127.0.0.1", "--save", "", "--dir",
             str(self.folder)],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        client = redis_py.Redis.from_url(self.url)
        for _ in range(200):
            with suppress(redis_py.RedisError):
                client.ping()
                return
            threading.Event().wait(0.05)
        raise AssertionError("Valkey does not start")

    def kill(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.wait(20)


@pytest.fixture
def own_redis(tmp_path: Path, settings: Any) -> Iterator[OwnRedis]:
    server = OwnRedis(tmp_path)
    server.start()
    settings.REDIS_URL = server.url
    redis.client.cache_clear()
    redis.client().set(redis.key(revocation.READY), 1)
    yield server
    server.kill()
    redis.client.cache_clear()
    redis._down_until = 0.0
    redis.caught_up()
