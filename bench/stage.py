"""The stage of the benchmarks: an embedded pair of their own, bulk data, and web servers on it."""

import os
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from dastern.devstack import ensure_up, status
from dastern.devstack.places import Urls, places
from dastern.devstack.services import ensure_down, postgres_bin

ROOT = Path(__file__).resolve().parents[1]
STATE = ROOT / "var" / "benchstack"


@dataclass(frozen=True, slots=True)
class Stage:
    """A running pair. ``postgres`` is the postmaster's process id."""

    urls: Urls
    postgres: int

    def environment(self, settings: str) -> dict[str, str]:
        """The environment of a process on this stage; limits raised, because one machine is every client."""
        return os.environ | {
            "DJANGO_SETTINGS_MODULE": settings,
            "DATABASE_URL": self.urls.database_url,
            "REDIS_URL": self.urls.redis_url,
            "CELERY_BROKER_URL": self.urls.broker_url,
            "RATE_LIMIT_GLOBAL": "100000000/60",
            "LOG_LEVEL": "WARNING",
        }

    def pgbench(self, scripts: list[str], *, clients: int, seconds: int) -> tuple[float, float]:
        """(transactions a second, CPU microseconds of PostgreSQL each) of these scripts, prepared."""
        from bench.machine import cpu_seconds

        folder = STATE / "pgbench"
        folder.mkdir(exist_ok=True)
        files = []
        for number, script in enumerate(scripts):
            file = folder / f"{number}.sql"
            file.write_text(script)
            files += ["-f", str(file)]
        before = cpu_seconds([self.postgres])
        done = subprocess.run(
            [str(postgres_bin(places(STATE)) / "pgbench"), "-n", "-M", "prepared", "-c", str(clients), "-j", "2",
             "-T", str(seconds), *files, self.urls.database_url],
            capture_output=True, text=True, check=True,
        )  # fmt: skip
        spent = cpu_seconds([self.postgres]) - before
        tps = float(next(line for line in done.stdout.splitlines() if line.startswith("tps")).split()[2])
        return tps, spent / (tps * seconds) * 1e6


def cold_start() -> tuple[float, float]:
    """Seconds of a first start in an empty folder, and of a restart."""
    with tempfile.TemporaryDirectory() as folder:
        state = Path(folder) / "stack"
        started = time.perf_counter()
        ensure_up(state)
        cold = time.perf_counter() - started
        ensure_down(state)
        started = time.perf_counter()
        ensure_up(state)
        again = time.perf_counter() - started
        ensure_down(state)
    return cold, again


def start() -> Stage:
    """The pair, started if need be."""
    urls = ensure_up(STATE)
    pid = status(STATE).postgres
    assert pid is not None
    return Stage(urls, pid)


def stop() -> None:
    """Stop the pair; the data stays for the next run."""
    ensure_down(STATE)


def free_port() -> int:
    """A port that nobody listens on, so that two benchmarks on one machine never answer each other."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def web(stage: Stage, *, port: int, settings: str, workers: int = 1, threads: int = 4) -> Iterator[int]:
    """A web server of the platform on ``port``; yields its process id."""
    process = subprocess.Popen(
        [sys.executable, "-m", "granian", "--host", "127.0.0.1", "--no-ws", "--log-level", "error", "--interface",
         "wsgi", "--port", str(port), "--workers", str(workers), "--blocking-threads", str(threads),
         "dastern.wsgi:application"],
        cwd=ROOT, env=stage.environment(settings), stdout=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        deadline = time.monotonic() + 60
        while True:
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{port}/health/live", timeout=1).close()
                break
            except (urllib.error.URLError, OSError):
                if process.poll() is not None or time.monotonic() > deadline:
                    raise RuntimeError("the web server did not start") from None
                time.sleep(0.1)
        yield process.pid
    finally:
        process.terminate()
        process.wait(20)
