"""A device that only remembers what it was told, for tests and pictures."""

from collections.abc import Callable, Sequence
from pathlib import Path

from patient.core.reminders import Reminder
from patient.platform.base import Check, Platform
from patient.platform.desktop_device import qr_of


class FakeReminders:
    """Keeps the plan and what rang."""

    def __init__(self) -> None:
        self.plan: list[Reminder] = []
        self.rung: list[tuple[str, str]] = []
        self.works = True

    def arm(self, plan: Sequence[Reminder]) -> None:
        """Keep the plan."""
        self.plan = list(plan)

    def listen(self, heard: Callable[[Reminder], object]) -> None:
        """Keep who wants to hear."""
        self.heard = heard

    def ring(self, title: str, body: str) -> bool:
        """Remember it."""
        self.rung.append((title, body))
        return self.works


class FakeDevice:
    """Remembers what it was asked to do."""

    def __init__(self) -> None:
        self.did: list[tuple[str, str]] = []
        self.picture: bytes | None = None
        self.dark = False
        self.able = True
        self.found = [Check("notifications", fine=True, may_fix=True)]

    def _do(self, what: str, about: str) -> bool:
        self.did.append((what, about))
        return self.able

    def open_url(self, url: str) -> bool:
        """Remember it."""
        return self._do("open", url)

    def dial(self, number: str) -> bool:
        """Remember it."""
        return self._do("dial", number)

    def write_message(self, number: str, text: str) -> bool:
        """Remember it."""
        return self._do("message", f"{number}: {text}")

    def share_text(self, text: str) -> bool:
        """Remember it."""
        return self._do("share", text)

    def share_file(self, path: Path, kind: str) -> bool:
        """Remember it."""
        return self._do("file", f"{kind}: {path}")

    def copy(self, text: str) -> None:
        """Remember it."""
        self._do("copy", text)

    def pick_picture(self, source: str, picked: Callable[[bytes], object]) -> bool:
        """Hand over the picture that was laid ready."""
        if self.picture is not None:
            picked(self.picture)
        return self._do("picture", source)

    def read_qr(self, picture: bytes) -> str:
        """Read it really."""
        return qr_of(picture)

    def prefers_dark(self) -> bool:
        """As told."""
        return self.dark

    def play(self, clips: Sequence[Path]) -> bool:
        """Remember them."""
        return self._do("play", " ".join(clip.stem for clip in clips))

    def say(self, text: str, language: str) -> bool:
        """Remember it."""
        return self._do("say", f"{language}: {text}")

    def checks(self) -> Sequence[Check]:
        """As told."""
        return self.found

    def fix(self, key: str) -> bool:
        """Remember it."""
        return self._do("fix", key)


def fake() -> Platform:
    """A device for tests."""
    return Platform(FakeReminders(), FakeDevice())
