"""What a desktop can do of a phone's services: pages, files, the clipboard, sound."""

import io
import os
import subprocess
import webbrowser
from collections.abc import Callable, Sequence
from pathlib import Path
from shutil import which

from kivy.clock import Clock
from kivy.logger import Logger

from patient.platform.base import Check

_SPEECH = ("spd-say", "espeak-ng", "espeak")


def qr_of(picture: bytes) -> str:
    """The QR code of a picture, read by zxing-cpp where that is installed; nothing else."""
    try:
        import zxingcpp
        from PIL import Image
    except ImportError:
        return ""
    with Image.open(io.BytesIO(picture)) as image:
        found = zxingcpp.read_barcodes(image.convert("L"), formats=zxingcpp.BarcodeFormat.QRCode)
    return str(found[0].text) if found else ""


class DesktopDevice:
    """This machine. It cannot call; it says so, and the screen shows the number."""

    def open_url(self, url: str) -> bool:
        """In the person's browser."""
        return webbrowser.open(url)

    def dial(self, number: str) -> bool:
        """A desktop has no telephone."""
        Logger.info("Device: no telephone for %s", number)
        return False

    def write_message(self, number: str, text: str) -> bool:
        """A desktop sends no text messages."""
        Logger.info("Device: no message of %d letters to %s", len(text), number)
        return False

    def share_text(self, text: str) -> bool:
        """A desktop has no sheet to share with; the clipboard does."""
        self.copy(text)
        return True

    def share_file(self, path: Path, kind: str) -> bool:
        """Opened by the program that knows this kind."""
        Logger.info("Device: opening a %s", kind)
        return webbrowser.open(path.resolve().as_uri())

    def copy(self, text: str) -> None:
        """Into the clipboard."""
        from kivy.core.clipboard import Clipboard  # asks several programs at its import: not while the app starts

        Clipboard.copy(text)

    def pick_picture(self, source: str, picked: Callable[[bytes], object]) -> bool:
        """A file of the person's choice; a desktop's camera is not used."""
        if source != "gallery":
            return False
        from plyer import filechooser

        def chosen(paths: list[str] | None) -> None:
            if paths:
                content = Path(paths[0]).read_bytes()
                Clock.schedule_once(lambda _: picked(content))

        filechooser.open_file(on_selection=chosen, filters=["*.jpg", "*.jpeg", "*.png", "*.webp"])
        return True

    def read_qr(self, picture: bytes) -> str:
        """By the reader of this machine, when there is one."""
        return qr_of(picture)

    def prefers_dark(self) -> bool:
        """What the desktop's own setting says, where there is one to ask."""
        if theme := os.environ.get("GTK_THEME"):
            return "dark" in theme.lower()
        asked = which("gsettings")
        if asked is None:
            return False
        told = subprocess.run(  # noqa: S603 (a fixed command)
            [asked, "get", "org.gnome.desktop.interface", "color-scheme"], capture_output=True, timeout=2, check=False
        )
        return b"dark" in told.stdout

    def play(self, clips: Sequence[Path]) -> bool:
        """One after the other."""
        from kivy.core.audio import SoundLoader

        waiting = [sound for clip in clips if (sound := SoundLoader.load(str(clip))) is not None]
        if len(waiting) != len(clips) or not waiting:
            return False

        def following(*_: object) -> None:
            if waiting:
                sound = waiting.pop(0)
                sound.bind(on_stop=following)
                sound.play()

        following()
        return True

    def say(self, text: str, language: str) -> bool:
        """By a speech program, when this machine has one."""
        for program in filter(None, map(which, _SPEECH)):
            subprocess.Popen([program, "-l" if "spd" in program else "-v", language, text])  # noqa: S603
            return True
        return False

    def checks(self) -> Sequence[Check]:
        """A desktop rings while the app is open, and has nothing to be allowed."""
        return (Check("open", fine=True, may_fix=False),)

    def fix(self, key: str) -> bool:
        """Nothing to set."""
        Logger.info("Device: nothing to set for %s", key)
        return False
