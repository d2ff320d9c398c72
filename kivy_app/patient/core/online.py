"""What the server answers beside the feed (lists, figures, catalogues), remembered for when there is no network."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from patient.core.api import Api
from patient.core.clock import ServerTime, unwire, wire
from patient.core.store import Body, Store
from patient.core.sync import Report

_PREFIX = "seen:"


@dataclass(frozen=True, slots=True)
class Seen:
    """An answer and when it was given."""

    data: Body
    at: datetime

    @property
    def items(self) -> list[Body]:
        """The rows of a list."""
        held = self.data.get("items")
        return [one for one in held if isinstance(one, dict)] if isinstance(held, list) else []


class Online:
    """Calls of one owner. Everything but ``recall`` raises Refused, NoNetwork, ServerBusy or SignInNeeded."""

    def __init__(self, api: Api, store: Store, time: ServerTime, sync: Callable[[], Report]) -> None:
        self._api, self._store, self._time, self._sync = api, store, time, sync

    def recall(self, path: str, query: Mapping[str, Any] | None = None) -> Seen | None:
        """What was last answered; no network."""
        held = self._store.value(_key(path, query))
        return Seen(held["data"], unwire(held["at"])) if held else None

    def fetch(self, path: str, query: Mapping[str, Any] | None = None) -> Seen:
        """Ask, and remember the answer."""
        now = self._time.now()
        data = self._api.call("GET", path, query=query)
        self._store.remember(_key(path, query), {"data": data, "at": wire(now)})
        return Seen(data, now)

    def ask(self, method: str, path: str, body: Body | None = None, *, query: Mapping[str, Any] | None = None) -> Body:
        """One call whose answer is nobody's to keep."""
        return self._api.call(method, path, body, query=query)

    def change(self, method: str, path: str, body: Body | None = None) -> Body:
        """One call that changes something; the run of the synchroniser that follows brings what it led to."""
        data = self._api.call(method, path, body)
        self._sync()
        return data

    def send_file(self, path: str, field: str, name: str, content: bytes, fields: Mapping[str, str]) -> Body:
        """Upload one file as a form."""
        return self._api.upload(path, field, name, content, fields)

    def download(self, path: str, query: Mapping[str, Any] | None = None) -> bytes:
        """A file."""
        return self._api.download(path, query=query)


def _key(path: str, query: Mapping[str, Any] | None) -> str:
    return f"{_PREFIX}{path}?{urlencode(sorted((query or {}).items()))}"
