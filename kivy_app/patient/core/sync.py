"""One run of the synchroniser: send the queue in order, then read the feed page by page (domain.md §2.18,
§3.4).

What it promises, whatever the network does: an act is removed only by an answer that names it, and an answer
that was lost is asked for again with the same local id; a pull never hides an unsent act; a page and its
cursor are one transaction. It reports instead of raising: the screens show the report.
"""

import random
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol

from patient.core.api import ApiProblem, NoNetwork, Refused, ServerBusy, SignInNeeded
from patient.core.clock import ServerTime, unwire, wire
from patient.core.outbox import BATCH, Act, Outbox
from patient.core.store import Body, Store

PAGE = 200
BACKOFF_FIRST = 2.0
BACKOFF_LAST = 300.0
EVERY = timedelta(minutes=15)
# New acts may be made while a run reads the feed; they are sent in the same run, but a run ends.
_ROUNDS = 3


class Server(Protocol):
    """The two calls of the synchroniser. Raises the problems of ``patient.core.api``."""

    def push(self, body: Body) -> Body:
        """Acts → answers."""
        ...

    def pull(self, cursor: str | None, limit: int) -> Body:
        """A page of the feed."""
        ...


class End(StrEnum):
    """How a run ended."""

    SYNCED = "SYNCED"
    OFFLINE = "OFFLINE"
    BUSY = "BUSY"  # the server asked for patience
    WAITING = "WAITING"  # the pause after a failure is not over
    RUNNING = "RUNNING"  # another run is at work
    SIGN_IN_NEEDED = "SIGN_IN_NEEDED"
    REFUSED = "REFUSED"  # the server will not talk to this account or this app version


@dataclass
class Report:
    """What a run did."""

    end: End = End.SYNCED
    sent: int = 0
    answered: int = 0
    changes: int = 0
    purged: list[str] = field(default_factory=list)
    reset: bool = False
    problem: str = ""


class SyncEngine:
    """The synchroniser of one owner."""

    def __init__(
        self, server: Server, store: Store, outbox: Outbox, time: ServerTime, *, device_id: str,
        jitter: Callable[[], float] = random.random, on_time: Callable[[timedelta], None] | None = None,
    ) -> None:  # fmt: skip
        """``jitter`` gives 0–1; ``on_time`` is told each newly measured offset."""
        self._server, self._store, self._outbox, self._time = server, store, outbox, time
        self._device_id = device_id
        self._jitter = jitter
        self._on_time = on_time
        self._running = threading.Lock()
        self._failures = 0
        self.not_before: datetime | None = None  # device time; the end of the pause after a failure

    # ── a run

    def run(self, *, force: bool = False) -> Report:
        """Send and read. ``force`` ignores the pause after a failure (the person pulled to refresh, or came
        back online)."""
        if not self._running.acquire(blocking=False):
            return Report(End.RUNNING)
        try:
            if not force and self._pausing():
                return Report(End.WAITING)
            return self._run()
        finally:
            self._running.release()

    def _run(self) -> Report:
        report = Report()
        try:
            for _ in range(_ROUNDS):
                self._push_all(report)
                self._pull_all(report)
                if not self._outbox.waiting(1):
                    break
        except SignInNeeded as problem:
            report.end, report.problem = End.SIGN_IN_NEEDED, str(problem)
        except ServerBusy as problem:
            report.end, report.problem = End.BUSY, str(problem)
            self._pause(problem.retry_after)
        except NoNetwork as problem:
            report.end, report.problem = End.OFFLINE, str(problem)
            self._pause(None)
        except ApiProblem as problem:
            report.end, report.problem = End.REFUSED, str(problem)
            self._pause(BACKOFF_LAST)
        else:
            self._failures, self.not_before = 0, None
            self._store.remember("synced_at", wire(self._time.now()))
            self._outbox.prune()
        return report

    # ── push

    def _push_all(self, report: Report) -> None:
        while acts := self._outbox.waiting(BATCH):
            self._push(acts, report)

    def _push(self, acts: list[Act], report: Report) -> None:
        self._outbox.tried(acts)
        report.sent += len(acts)
        try:
            answer = self._server.push(
                {
                    "deviceId": self._device_id,
                    "sentAt": wire(self._time.device_now()),
                    "acts": [act.on_wire() for act in acts],
                }
            )
        except Refused as refused:
            if refused.status not in {400, 404, 409, 413, 415, 422}:
                raise
            self._halve(acts, refused, report)
            return
        self._learn(answer)
        results = answer.get("results")
        named = self._outbox.answered(results if isinstance(results, list) else [], acts)
        report.answered += named
        if named == 0:
            raise NoNetwork("an answer that names none of the acts")

    def _halve(self, acts: list[Act], refused: Refused, report: Report) -> None:
        """The server refuses a batch as a whole: find the act it cannot take, let the others pass in
        order."""
        if len(acts) == 1:
            self._outbox.refuse(acts[0], refused.code or "INVALID")
            report.answered += 1
            return
        middle = len(acts) // 2
        self._push(acts[:middle], report)
        self._push(acts[middle:], report)

    # ── pull

    def _pull_all(self, report: Report) -> None:
        more = True
        while more:
            cursor = self._store.value("cursor")
            page = self._server.pull(cursor, PAGE)
            self._learn(page)
            more = bool(page.get("hasMore"))
            fresh = page.get("cursor")
            if not isinstance(page.get("changes"), list) or (more and fresh == cursor):
                raise NoNetwork("a page that leads nowhere")
            try:
                self._take_page(page, from_zero=cursor is None, more=more, report=report)
            except (KeyError, TypeError, ValueError) as problem:
                raise NoNetwork(f"an unreadable page: {problem!r}") from problem

    def _take_page(self, page: Body, *, from_zero: bool, more: bool, report: Report) -> None:
        """Apply a page and move the cursor, in one transaction."""
        with self._store.database.write():
            generation = int(self._store.value("generation", 0))
            if page.get("reset") or from_zero:
                # The server cannot prove what we have: take everything again, then forget what did not come.
                generation += 1
                self._store.remember("generation", generation)
                self._store.remember("sweeping", value=True)
                report.reset = report.reset or bool(page.get("reset"))
            purged = [str(patient) for patient in page.get("purge") or ()]
            self._store.purge(purged)
            report.purged += purged
            for change in page["changes"]:
                self._take(change, generation)
            report.changes += len(page["changes"])
            if page.get("cursor"):
                self._store.remember("cursor", page["cursor"])
            if not more and self._store.value("sweeping"):
                self._store.sweep(generation)
                self._store.forget("sweeping")

    def _take(self, change: Body, generation: int) -> None:
        resource, object_id = str(change["resource"]), str(change["id"])
        body = change.get("object")
        if change.get("deleted") or not isinstance(body, dict):
            self._store.delete_base(resource, object_id)
            return
        patient = change.get("patientId")
        self._store.put_base(
            resource, object_id, body, patient_id=str(patient) if patient else None,
            revision=int(change.get("revision") or 0), generation=generation,
        )  # fmt: skip
        self._outbox.refold(resource, object_id)

    # ── time and patience

    def _learn(self, answer: Body) -> None:
        try:
            offset = self._time.learn(unwire(str(answer.get("serverTime"))))
        except ValueError:
            return
        if self._on_time:
            self._on_time(offset)

    def _pausing(self) -> bool:
        if self.not_before is None:
            return False
        left = self.not_before - self._time.device_now()
        # A pause can never be longer than the longest one: then somebody turned the clock back.
        return timedelta() < left <= timedelta(seconds=BACKOFF_LAST * 2)

    def _pause(self, asked: float | None) -> None:
        """2, 4, 8 … 300 s, each shortened by up to a quarter so that phones do not come in step; a server's
        wish counts."""
        self._failures += 1
        seconds = min(BACKOFF_LAST, BACKOFF_FIRST * 2.0 ** min(self._failures - 1, 16))
        seconds = max(BACKOFF_FIRST, seconds * (1 - self._jitter() / 4))
        seconds = min(BACKOFF_LAST, max(seconds, asked or 0.0))
        self.not_before = self._time.device_now() + timedelta(seconds=seconds)

    def next_due(self) -> datetime | None:
        """When to try again by itself, device time: the end of a pause, or None (then every 15 minutes)."""
        return self.not_before
