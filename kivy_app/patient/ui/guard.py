"""What the person is told when the phone itself fails: no room, or a store that cannot be read any more.

Everything else that nobody handled ends the app and is kept for the next start (``Logbook``); going on with half a
screen would be worse.
"""

import sqlite3
from typing import Any

from kivy.app import App
from kivy.base import ExceptionHandler, ExceptionManager
from kivy.logger import Logger

from patient.core.db import StoreFull
from patient.ui.widgets import Dialog


class Guard(ExceptionHandler):  # type: ignore[misc]  (Kivy has no types)
    """Stands around the event loop."""

    def handle_exception(self, problem: BaseException) -> Any:
        """Tell what can be told; the tap that failed left nothing behind, so going on is safe."""
        app = App.get_running_app()
        if app is None or not isinstance(problem, sqlite3.DatabaseError | StoreFull):
            return ExceptionManager.RAISE
        Logger.error("Store: %s", problem)
        if isinstance(problem, StoreFull):
            heading, said = (
                app.t("This phone has no room left"),
                app.t("Nothing was recorded just now. Delete pictures or other things, then do it again."),
            )
        else:
            heading, said = (
                app.t("The data on this phone cannot be read"),
                app.t("Close the app and open it again: what the server has comes back."),
            )
        Dialog.ask(heading, said, ((app.t("Understood"), None),), tone="danger")
        return ExceptionManager.PASS


def install() -> Guard:
    """Put it around the event loop; returns it, so that it can be taken away."""
    guard = Guard()
    ExceptionManager.add_handler(guard)
    return guard
