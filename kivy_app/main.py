"""Start the patient app: ``python kivy_app/main.py``. The one place where the order of imports matters."""

import os
import sys
from pathlib import Path
from types import TracebackType

os.environ.setdefault("KIVY_NO_ARGS", "1")

from kivy.config import Config

Config.set("graphics", "width", "400")
Config.set("graphics", "height", "800")
Config.set("input", "mouse", "mouse,disable_multitouch")
Config.set("kivy", "exit_on_escape", "0")

from patient.ui import text

text.install()  # before any widget is imported

from kivy.logger import Logger
from patient.core.logbook import Logbook
from patient.core.session import PatientSession, StoreDamaged
from patient.platform.desktop import desktop
from patient.ui import guard
from patient.ui.app import PatientApp

API_URL = os.environ.get("DASTERN_API_URL", "http://127.0.0.1:8000")
DATA = Path(os.environ.get("DASTERN_APP_DATA") or Path.home() / ".local" / "share" / "dastern-patient")


def open_session(path: Path) -> PatientSession:
    """The person's session; a store that cannot be read is set aside, and a new one pulls everything again."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        return PatientSession(API_URL, path)
    except StoreDamaged:
        PatientSession.recover(path)
        session = PatientSession(API_URL, path)
        session.key_was_lost = True  # for the person it is the same: sign in, and the server brings everything back
        return session


def keep_log(folder: Path) -> Logbook:
    """Note what happens in one small file, and keep an error nobody handled for the next start."""
    logbook = Logbook(folder)
    Logger.addHandler(logbook)

    def keep(kind: type[BaseException], problem: BaseException, trace: TracebackType | None) -> None:
        logbook.keep_error(kind, problem, trace)
        sys.__excepthook__(kind, problem, trace)

    sys.excepthook = keep
    return logbook


def main() -> None:
    """Open the window."""
    session = open_session(DATA / "patient.db")
    guard.install()
    PatientApp(session, desktop(session.now), keep_log(DATA / "log")).run()


if __name__ == "__main__":
    main()
