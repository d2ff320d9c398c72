"""What the screens watch, fed from the session; and the one thread that may wait for the network."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import Any

from kivy.clock import Clock, mainthread
from kivy.event import EventDispatcher
from kivy.logger import Logger
from kivy.properties import BooleanProperty, NumericProperty, ObjectProperty

from patient.core.api import Refused
from patient.core.models import Today
from patient.core.reminders import Reminder
from patient.core.session import PatientSession, Report, Status
from patient.core.sync import EVERY
from patient.platform.base import Platform

# Statuses follow the clock: a dose turns "not recorded" without anybody touching the phone.
_LOOK_AGAIN = 30.0
_TRY_AGAIN = 5.0

Done = Callable[[Any], object]
Failed = Callable[[Exception], object]


def _named(problem: Exception) -> str:
    """A failure for the log: what kind, never what was sent or said."""
    code = f" {problem.status} {problem.code}" if isinstance(problem, Refused) else ""
    return f"{type(problem).__name__}{code}"


class AppState(EventDispatcher):
    """The session as the screens see it. Everything here belongs to the main thread; only tasks given to ``work``
    run elsewhere."""

    user = ObjectProperty(None, allownone=True)
    today: Today | None = ObjectProperty(None, allownone=True)
    status: Status | None = ObjectProperty(None, allownone=True)
    syncing = BooleanProperty(False)
    changes = NumericProperty(0)  # goes up whenever something shown may have changed

    def __init__(self, session: PatientSession, platform: Platform) -> None:
        super().__init__()
        self.session = session
        self._platform = platform
        self._say: Callable[[Reminder], object] = lambda _: None
        self._tasks = 0
        self._worker = ThreadPoolExecutor(1, thread_name_prefix="sync")
        self._shown: object = None
        self._last_run: datetime | None = None
        self._closed = False
        platform.reminders.listen(self._rang)
        self._timers = (
            Clock.schedule_interval(lambda _: self.refresh(), _LOOK_AGAIN),
            Clock.schedule_interval(lambda _: self._sync_if_due(), _TRY_AGAIN),
        )
        self.refresh()

    # ── the store → the screens

    def refresh(self) -> None:
        """Read again what is shown; screens hear of it only when it differs. Re-arms the reminders then."""
        session = self.session
        self.user = session.user
        if session.user is None:
            self.today = self.status = None
            shown: object = None
        else:
            self.today, self.status = session.today(), session.status()
            now = session.now()
            late = tuple(dose.id for dose in self.today.doses if dose.not_recorded(now))
            repo = session.repo
            care = session.care
            held = (
                session.prescriptions(),
                repo.links(),
                repo.notifications(),
                session.members(),
                care.alerts(),
                care.call(),
            )
            shown = (self.today, self.status, late, self.syncing, held)
        if shown != self._shown:
            self._shown = shown
            self._platform.reminders.arm(session.plan_reminders() if session.user else [])
            self.changes += 1

    def acted(self) -> None:
        """Something was done on this phone: show it, then send it."""
        self.refresh()
        self.sync()

    def preferred(self) -> None:
        """A preference of this phone changed: reminders and what is shown follow, even when no dose changed."""
        self._shown = None
        self.refresh()

    def _rang(self, reminder: Reminder) -> None:
        if self.session.user is not None and not self._closed:
            self.session.log_ring(reminder, self.session.now())
            if self.session.preferences().speak:
                self._say(reminder)
            self.acted()

    def speak_by(self, say: Callable[[Reminder], object]) -> None:
        """Who reads a reminder aloud when the person wants that."""
        self._say = say

    # ── the network

    def sync(self) -> None:
        """Send and fetch now, unless a run is under way or nobody is signed in."""
        self._run(self.session.sync_now)

    def _sync_if_due(self) -> None:
        waiting = self.status is not None and self.status.waiting > 0
        old = self._last_run is None or self.session.now() - self._last_run >= EVERY
        if waiting or old:
            self._run(self.session.sync_if_due)

    def _run(self, run: Callable[[], Report]) -> None:
        if self.syncing or self.session.user is None:
            return
        self.syncing = True
        self._last_run = self.session.now()
        self.refresh()
        self.work(run, done=self._ran, failed=self._ran)

    def _ran(self, _result: object) -> None:
        self.syncing = False
        self.refresh()

    def work(self, task: Callable[[], Any], *, done: Done, failed: Failed) -> None:
        """Do ``task`` on the worker thread, then ``done`` or ``failed`` on the main one."""

        self._tasks += 1

        def carry() -> None:
            try:
                result = task()
            except Exception as problem:  # noqa: BLE001 (a worker must not die silently; the screen shows it)
                Logger.info("Sync: %s", _named(problem))
                self._deliver(failed, problem)
            else:
                self._deliver(done, result)

        self._worker.submit(carry)

    @mainthread
    def _deliver(self, answer: Callable[[Any], object], value: object) -> None:
        self._tasks -= 1
        if not self._closed:
            answer(value)

    @property
    def busy(self) -> bool:
        """Whether a task is under way."""
        return self._tasks > 0

    def close(self) -> None:
        """Wait for what runs, then close the store."""
        for timer in self._timers:
            timer.cancel()
        self._closed = True
        self._worker.shutdown(wait=True)
        self.session.close()
