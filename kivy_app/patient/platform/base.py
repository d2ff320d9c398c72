"""The interfaces a device has to offer."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from patient.core.reminders import Reminder


class Reminders(Protocol):
    """Rings. The plan is the whole truth: what is armed and not in it must fall silent."""

    def arm(self, plan: Sequence[Reminder]) -> None:
        """Replace everything armed by this plan."""
        ...

    def listen(self, heard: Callable[[Reminder], object]) -> None:
        """Tell ``heard`` of every armed reminder that rings while the app runs."""
        ...

    def ring(self, title: str, body: str) -> bool:
        """Ring at once, as a test. False when this device could not show it."""
        ...


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that decides whether reminders ring on this device: ``key`` names it in ``patient.core.words``."""

    key: str
    fine: bool
    may_fix: bool  # whether ``Device.fix`` leads to the place where the person can change it


class Device(Protocol):
    """What a phone can do beside ringing. Everything answers False when this device has no such thing."""

    def open_url(self, url: str) -> bool:
        """Open a page, or a bank's app by its deep link."""
        ...

    def dial(self, number: str) -> bool:
        """Show the number in the telephone, ready to be called."""
        ...

    def write_message(self, number: str, text: str) -> bool:
        """Show a text message, ready to be sent."""
        ...

    def share_text(self, text: str) -> bool:
        """Let the person choose where a text goes."""
        ...

    def share_file(self, path: Path, kind: str) -> bool:
        """Let the person choose where a file goes; ``kind`` is its media type."""
        ...

    def copy(self, text: str) -> None:
        """Into the clipboard."""
        ...

    def pick_picture(self, source: str, picked: Callable[[bytes], object]) -> bool:
        """``camera`` or ``gallery``; ``picked`` is told the JPEG or PNG once there is one."""
        ...

    def read_qr(self, picture: bytes) -> str:
        """What a QR code in a picture says; nothing when there is none, or no reader."""
        ...

    def prefers_dark(self) -> bool:
        """Whether the device shows its own screens dark."""
        ...

    def play(self, clips: Sequence[Path]) -> bool:
        """Play sound files one after the other."""
        ...

    def say(self, text: str, language: str) -> bool:
        """Speak a text by a machine's voice."""
        ...

    def checks(self) -> Sequence[Check]:
        """What stands between the plan and a ring, as it is now."""
        ...

    def fix(self, key: str) -> bool:
        """Open the place where a check can be set right."""
        ...


@dataclass(frozen=True, slots=True)
class Platform:
    """One device."""

    reminders: Reminders
    device: Device
