"""What the app noted for people who look into a problem: lines with levels, the newest kept, nothing about health.

An error nobody handled is kept apart, whole, until it was shared or let go.
"""

import logging
import platform
import threading
import traceback
from pathlib import Path
from types import TracebackType

from patient import __version__

_MOST_BYTES = 200_000
_FORMAT = "%(asctime)s %(levelname)s %(message)s"


class Logbook(logging.Handler):
    """A handler of the standard logging that writes one small file, and turns the page when it is full."""

    def __init__(self, folder: Path, level: int = logging.INFO) -> None:
        super().__init__(level)
        self._folder = folder
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._file, self._page_before = folder / "app.log", folder / "app.log.1"
        self._failed = folder / "error.txt"
        self._writing = threading.Lock()
        self.setFormatter(logging.Formatter(_FORMAT))

    def emit(self, record: logging.LogRecord) -> None:
        """Write a line; a full disk must not stop anything."""
        try:
            line = self.format(record)
            with self._writing:
                if self._file.exists() and self._file.stat().st_size > _MOST_BYTES:
                    self._file.replace(self._page_before)
                with self._file.open("a", encoding="utf-8") as file:
                    file.write(line + "\n")
        except OSError:
            self.handleError(record)

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 (a name of the standard library)
        """The line is lost, the app goes on."""

    def keep_error(self, kind: type[BaseException], problem: BaseException, trace: TracebackType | None) -> None:
        """An error nobody handled: kept for the next start."""
        text = "".join(traceback.format_exception(kind, problem, trace))
        try:
            self._failed.write_text(text, encoding="utf-8")
        except OSError:
            return

    @property
    def error(self) -> str:
        """The kept error, or nothing."""
        try:
            return self._failed.read_text(encoding="utf-8")
        except OSError:
            return ""

    def forget_error(self) -> None:
        """It was seen."""
        self._failed.unlink(missing_ok=True)

    def lines(self, most: int = 200) -> list[str]:
        """The newest lines, oldest first."""
        try:
            return self._file.read_text(encoding="utf-8").splitlines()[-most:]
        except OSError:
            return []

    def report(self) -> str:
        """What is shared: version, device, the kept error, the newest lines."""
        head = f"Das Tern {__version__} · {platform.system()} {platform.release()} · Python {platform.python_version()}"
        return "\n\n".join(part for part in (head, self.error, "\n".join(self.lines())) if part)
