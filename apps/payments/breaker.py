"""The circuit breaker before the payment node: after five failures in a row nobody waits for it for a minute.

Shared by all processes through Redis; a process that cannot reach Redis keeps its own. After the pause one call is
let through as a trial: it closes the circuit again, or opens it for another minute.
"""

import threading
import time
from collections.abc import Callable
from typing import Final, Protocol, TypeVar, cast

from redis import RedisError

from dastern.core import redis

T = TypeVar("T")
FAILURES: Final = 5
OPEN_SECONDS: Final = 60
_MEMORY_SECONDS: Final = 600  # failures further apart are not "in a row"
_TRIAL_SECONDS: Final = 20


class Store(Protocol):
    """Counters and marks that end by themselves."""

    def has(self, name: str) -> bool:
        """Whether the mark stands."""

    def set(self, name: str, seconds: float) -> None:
        """Set a mark for ``seconds``."""

    def claim(self, name: str, seconds: float) -> bool:
        """Set a mark; False when somebody else's stands."""

    def count(self, name: str, seconds: float) -> int:
        """Add one; the number since the counter was last cleared or forgotten."""

    def clear(self, *names: str) -> None:
        """Forget marks and counters."""


class LocalStore:
    """In this process."""

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._until: dict[str, float] = {}
        self._counts: dict[str, int] = {}
        self._lock = threading.Lock()

    def has(self, name: str) -> bool:
        """Whether the mark stands."""
        return self._until.get(name, float("-inf")) > self._monotonic()

    def set(self, name: str, seconds: float) -> None:
        """Set a mark."""
        self._until[name] = self._monotonic() + seconds

    def claim(self, name: str, seconds: float) -> bool:
        """Set a mark unless it stands."""
        with self._lock:
            if self.has(name):
                return False
            self.set(name, seconds)
            return True

    def count(self, name: str, seconds: float) -> int:
        """Add one."""
        with self._lock:
            self._counts[name] = self._counts.get(name, 0) + 1 if self.has(name) else 1
            self.set(name, seconds)
            return self._counts[name]

    def clear(self, *names: str) -> None:
        """Forget."""
        for name in names:
            self._until.pop(name, None)
            self._counts.pop(name, None)


class SharedStore:
    """In Redis, for all processes."""

    def has(self, name: str) -> bool:
        """Whether the mark stands."""
        return bool(redis.client().exists(self._key(name)))

    def set(self, name: str, seconds: float) -> None:
        """Set a mark."""
        redis.client().set(self._key(name), 1, px=int(seconds * 1000))

    def claim(self, name: str, seconds: float) -> bool:
        """Set a mark unless it stands."""
        return bool(redis.client().set(self._key(name), 1, px=int(seconds * 1000), nx=True))

    def count(self, name: str, seconds: float) -> int:
        """Add one."""
        pipe = redis.client().pipeline()
        pipe.incr(self._key(name))
        pipe.pexpire(self._key(name), int(seconds * 1000))
        return cast("int", pipe.execute()[0])

    def clear(self, *names: str) -> None:
        """Forget."""
        redis.client().delete(*(self._key(name) for name in names))

    @staticmethod
    def _key(name: str) -> str:
        return redis.key(f"payments:breaker:{name}")


class Breaker:
    """CLOSED until five failures in a row; OPEN for a minute; then one trial at a time."""

    def __init__(self, shared: Store | None = None, local: Store | None = None) -> None:
        self._shared: Store = shared or SharedStore()
        self._local: Store = local or LocalStore()

    def allows(self) -> bool:
        """Whether a call may be made now; where it is a trial, the caller is the one who makes it."""
        return self._ask(self._allows)

    def succeeded(self) -> None:
        """The node answered, whatever it said."""
        self._ask(lambda store: store.clear("failures", "open", "broken", "trial"))

    def failed(self) -> None:
        """The node did not answer, or not as itself."""
        self._ask(self._failed)

    @staticmethod
    def _allows(store: Store) -> bool:
        if store.has("open"):
            return False
        return not store.has("broken") or store.claim("trial", _TRIAL_SECONDS)

    @staticmethod
    def _failed(store: Store) -> None:
        count = store.count("failures", _MEMORY_SECONDS)
        if count >= FAILURES or store.has("broken"):
            store.set("broken", _MEMORY_SECONDS)
            store.set("open", OPEN_SECONDS)
            store.clear("trial")

    def _ask(self, question: Callable[[Store], T]) -> T:
        if redis.is_up():
            try:
                return question(self._shared)
            except RedisError as error:
                redis.failed(error)
        return question(self._local)
