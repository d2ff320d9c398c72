"""The backend; named by ENGINE in the settings."""

import time
from typing import Any

from django.conf import settings
from django.db.backends.postgresql import base


class DatabaseWrapper(base.DatabaseWrapper):
    """A persistent connection that answered within the last DATABASE_TRUSTED_SECONDS is believed to be alive.

    A restart of the server is still noticed: an idle connection is asked before its next use, and one that failed is
    asked whatever its age.
    """

    _answered_at = float("-inf")

    def get_new_connection(self, conn_params: Any) -> Any:
        """A connection that has just answered."""
        made = super().get_new_connection(conn_params)
        self._answered_at = time.monotonic()
        return made

    def is_usable(self) -> bool:
        """Whether the connection answers, or did so just now and has not failed since."""
        now = time.monotonic()
        if not self.errors_occurred and now - self._answered_at < settings.DATABASE_TRUSTED_SECONDS:
            return True
        usable = bool(super().is_usable())
        if usable:
            self._answered_at = now
        return usable
