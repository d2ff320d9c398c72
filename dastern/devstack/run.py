"""``make run``: the whole platform on one machine. Ctrl-C ends every child and loses nothing.

Starts the embedded services, migrates, loads the demo people, then runs the web server, the live stream and the
worker with its scheduler, beside them the payment node with the simulated bank from its own virtual environment, and
prints where to look and how to sign in once everything answers.
"""

import ctypes
import json
import os
import signal
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType

from dastern.devstack import payments
from dastern.devstack.services import DevstackError, ensure_down, ensure_up, port_is_open

ROOT = Path(__file__).resolve().parents[2]
_PR_SET_PDEATHSIG = 1
_READY_SECONDS = 90.0
_STOP_SECONDS = 15.0


def _port(name: str, default: int) -> int:
    return int(os.environ.get(name, default))


WEB_PORT = _port("DASTERN_WEB_PORT", 8000)
STREAM_PORT = _port("DASTERN_STREAM_PORT", 8001)


@dataclass(slots=True)
class Child:
    """One process of the platform. ``health`` answers 200 once it serves."""

    name: str
    command: list[str]
    port: int | None = None
    health: str | None = None
    environment: dict[str, str] = field(default_factory=dict)
    is_node: bool = False  # sees the payment node's variables instead of the main server's
    process: subprocess.Popen[str] | None = None


def _die_with_parent() -> None:
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


def children() -> list[Child]:
    """What runs, in the order in which it starts."""
    python = sys.executable
    granian = [python, "-m", "granian", "--host", "127.0.0.1", "--no-ws", "--log-level", "warning"]
    return [
        Child(
            "web",
            [*granian, "--interface", "wsgi", "--port", str(WEB_PORT), "--workers", "1", "--blocking-threads", "4",
             "dastern.wsgi:application"],
            WEB_PORT,
            f"http://127.0.0.1:{WEB_PORT}/health/ready",
        ),
        Child(
            "stream",
            [*granian, "--interface", "asgi", "--port", str(STREAM_PORT), "--workers", "1",
             "--workers-kill-timeout", "2",  # open streams never end by themselves
             "dastern.stream_asgi:application"],
            STREAM_PORT,
        ),
        Child(
            "worker",
            [python, "-m", "celery", "-A", "dastern", "worker", "-P", "threads", "-c", "4", "--loglevel", "warning",
             "-Q", "default,schedule,notify", "-n", "local@dastern"],
        ),
        # prefork: a run that hangs or grows is ended with its process, and the next child loads the models anew
        Child(
            "recognition",
            [python, "-m", "celery", "-A", "dastern", "worker", "-P", "prefork", "-c", "1", "--loglevel", "warning",
             "-Q", "ocr", "-n", "recognition@dastern", "--max-tasks-per-child", "500",
             "--max-memory-per-child", "1500000"],
        ),
        Child("beat", [python, "-m", "celery", "-A", "dastern", "beat", "--loglevel", "warning", "--pidfile="]),
        *[Child(one.name, one.command, one.port, one.health, is_node=True) for one in payments.processes()],
    ]  # fmt: skip


class Platform:
    """Starts, watches and stops the children."""

    def __init__(self) -> None:
        self.children = children()
        self.stopping = threading.Event()
        self.logs = ROOT / "var" / "log"
        self.environment = os.environ | {
            "DJANGO_SETTINGS_MODULE": "dastern.settings.local",
            "PYTHONUNBUFFERED": "1",
            "STREAM_BASE_URL": f"http://127.0.0.1:{STREAM_PORT}",
            "PUBLIC_BASE_URL": f"http://127.0.0.1:{WEB_PORT}",
            **payments.main_environment(),
        }
        self.node_environment = payments.environment(WEB_PORT)

    def run(self) -> int:
        """Everything from start to Ctrl-C; the exit code is 0 after an orderly stop."""
        signal.signal(signal.SIGINT, self._stop_signal)
        signal.signal(signal.SIGTERM, self._stop_signal)
        self.logs.mkdir(parents=True, exist_ok=True)
        busy = [c.port for c in self.children if c.port and port_is_open("127.0.0.1", c.port)]
        if busy:
            names = "DASTERN_WEB_PORT, DASTERN_STREAM_PORT, PAYMENT_NODE_PORT, BAKONG_SIMULATOR_PORT"
            print(f"port {busy[0]} is in use: stop what listens there, or choose another one with one of {names}")
            return 1
        try:
            self._say("starting PostgreSQL and Valkey")
            ensure_up()
            self._prepare()
            for child in self.children:
                self._start(child)
            self._wait_ready()
            self._welcome()
            return self._watch()
        except (DevstackError, RuntimeError, subprocess.CalledProcessError) as error:
            if not self.stopping.is_set():
                print(error, file=sys.stderr)
                return 1
            return 0
        finally:
            self._stop_children()
            self._say("stopping PostgreSQL and Valkey")
            ensure_down()

    @staticmethod
    def _say(text: str) -> None:
        print(f"· {text}", flush=True)

    def _stop_signal(self, number: int, frame: FrameType | None) -> None:
        self.stopping.set()

    def _manage(self, *arguments: str) -> None:
        if self.stopping.is_set():
            raise RuntimeError("stopped")
        self._say(f"manage.py {' '.join(arguments)}")
        # a new session: Ctrl-C must not break a migration in the middle
        subprocess.run(  # noqa: S603
            [sys.executable, "manage.py", *arguments], cwd=ROOT, env=self.environment, check=True,
            start_new_session=True,
        )  # fmt: skip

    def _prepare(self) -> None:
        self._manage("prepare_local")
        self._say("payment node: manage.py prepare_local")
        payments.prepare(self.node_environment)

    def _start(self, child: Child) -> None:
        log = (self.logs / f"{child.name}.log").open("a")
        self._say(f"starting {child.name}")
        child.process = subprocess.Popen(  # noqa: S603
            child.command, cwd=ROOT, env=self._variables(child), stdin=subprocess.DEVNULL,
            stdout=log, stderr=subprocess.STDOUT, start_new_session=True, preexec_fn=_die_with_parent, text=True,
        )  # fmt: skip
        log.close()

    def _variables(self, child: Child) -> dict[str, str]:
        return (self.node_environment if child.is_node else self.environment) | child.environment

    def _wait_ready(self) -> None:
        deadline = time.monotonic() + _READY_SECONDS
        for child in self.children:
            while not self.stopping.is_set() and not self._is_ready(child):
                if child.process and child.process.poll() is not None:
                    raise RuntimeError(f"{child.name} ended; see {self.logs / (child.name + '.log')}")
                if time.monotonic() > deadline:
                    raise RuntimeError(f"{child.name} does not answer; see {self.logs / (child.name + '.log')}")
                self.stopping.wait(0.1)

    @staticmethod
    def _is_ready(child: Child) -> bool:
        if child.health:
            try:
                with urllib.request.urlopen(child.health, timeout=2) as answer:  # noqa: S310  (our own address)
                    return bool(answer.status == 200)
            except (urllib.error.URLError, OSError):
                return False
        return child.port is None or port_is_open("127.0.0.1", child.port)

    def _welcome(self) -> None:
        if self.stopping.is_set():
            return
        base = f"http://127.0.0.1:{WEB_PORT}"
        lines = [
            "",
            "  Das Tern ដាស់តឿន is running",
            "",
            f"  Doctors   {base}/doctor/",
            f"  Staff     {base}/admin/",
            f"  API       {base}/api/v1/   docs {base}/api-docs/",
            "  Phone     make app   (in another terminal)",
            *payments.welcome(),
            "",
        ]
        demo = ROOT / "var" / "demo.json"
        if demo.exists():
            people = json.loads(demo.read_text())
            lines += [f"  {person['what']:<22} {person['email']:<28} {person['password']}" for person in people]
            lines.append("")
        lines.append("  Ctrl-C stops everything. Logs are in var/log/.")
        print("\n".join(lines), flush=True)

    def _watch(self) -> int:
        while not self.stopping.wait(0.5):
            for child in self.children:
                if child.process and child.process.poll() is not None:
                    self._say(f"{child.name} ended with {child.process.returncode}; starting it again")
                    self._start(child)
        return 0

    def _stop_children(self) -> None:
        for child in reversed(self.children):
            if child.process and child.process.poll() is None:
                self._say(f"stopping {child.name}")
                os.killpg(child.process.pid, signal.SIGTERM)
        deadline = time.monotonic() + _STOP_SECONDS
        for child in self.children:
            if child.process is None:
                continue
            try:
                child.process.wait(max(0.1, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                os.killpg(child.process.pid, signal.SIGKILL)
                child.process.wait()


def main() -> int:
    """Run the platform until Ctrl-C."""
    return Platform().run()


if __name__ == "__main__":
    sys.exit(main())
