"""Tells the story and notices when it goes another way."""

from collections.abc import Callable
from typing import Any

from dastern.core import clock
from dastern.core.localtime import phnom_penh


class Deviation(Exception):
    """The platform did something else than the story says."""


class Narrator:
    """Writes one line for each thing a person sees; ``expect`` stops the story at the first deviation."""

    def __init__(self, write: Callable[[str], Any]) -> None:
        self._write = write
        self.checks = 0

    def chapter(self, title: str) -> None:
        """A headline."""
        self._write(f"\n── {title}")

    def tell(self, who: str, text: str) -> None:
        """What ``who`` does or sees, at the platform's time."""
        self._write(f"  {phnom_penh(clock.now()):%a %H:%M}  {who:<7} {text}")

    def expect(self, seen: Any, wanted: Any, what: str) -> None:
        """Raises Deviation unless ``seen`` equals ``wanted``."""
        self.checks += 1
        if seen != wanted:
            raise Deviation(f"{what}: expected {wanted!r}, saw {seen!r}")
