"""Time that can be injected. Everything in the core is timezone-aware UTC; a device's zone is only for
showing."""

import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Protocol

# Under this the device's clock is believed, on the phone and on the server (domain.md §2.6).
SKEW_TOLERATED = timedelta(minutes=10)


class Clock(Protocol):
    """Whatever knows what time the device thinks it is."""

    def now(self) -> datetime:
        """The device's time, aware, UTC."""
        ...


class SystemClock:
    """The device's own clock."""

    def now(self) -> datetime:
        """The system's time."""
        return datetime.now(UTC)


class ManualClock:
    """A clock that stands still until it is moved: tests and the demonstration journey."""

    def __init__(self, start: datetime) -> None:
        self._now = start.astimezone(UTC)

    def now(self) -> datetime:
        """The time it was set to."""
        return self._now

    def set(self, moment: datetime) -> None:
        """Move to a moment, also backwards: people do that to phones."""
        self._now = moment.astimezone(UTC)

    def advance(self, delta: timedelta) -> None:
        """Move by a distance."""
        self._now += delta


class FunctionClock:
    """A clock read from a function, for callers that already have one."""

    def __init__(self, read: Callable[[], datetime]) -> None:
        self._read = read

    def now(self) -> datetime:
        """What the function says."""
        return self._read().astimezone(UTC)


class ServerTime:
    """The device's clock corrected by what the server last said.

    Only an offset above ten minutes corrects anything: below it the network's delay is as likely the cause.
    Acts are sent with the device's own time; the server measures the skew itself (domain.md §2.18).
    """

    def __init__(self, clock: Clock, offset: timedelta = timedelta()) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self.offset = offset

    def learn(self, server_time: datetime) -> timedelta:
        """Take the time in an answer as the truth; returns the new offset (server − device)."""
        with self._lock:
            self.offset = server_time - self._clock.now()
            return self.offset

    @property
    def correction(self) -> timedelta:
        """What has to be added to the device's time: zero while the clock is believable."""
        return self.offset if abs(self.offset) > SKEW_TOLERATED else timedelta()

    def now(self) -> datetime:
        """The best idea of the real time."""
        return self._clock.now() + self.correction

    def device_now(self) -> datetime:
        """What the device thinks, uncorrected: goes on the wire."""
        return self._clock.now()


def wire(moment: datetime) -> str:
    """``2026-11-24T05:00:00.000Z``: how times travel."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}Z"


def unwire(text: str) -> datetime:
    """Read a time of the wire; also accepts an offset instead of Z. Raises ValueError for anything else."""
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError(f"time without zone: {text}")
    return moment.astimezone(UTC)


def monotonic() -> float:
    """Seconds that never go backwards, for measuring durations."""
    return time.monotonic()
