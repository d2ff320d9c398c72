"""One person's part of the store: sealed objects and remembered values. Everything is keyed by the owner's
user id."""

import sqlite3
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from patient.core.clock import unwire, wire
from patient.core.crypto import FieldCipher
from patient.core.db import Database

Body = dict[str, Any]
DOSES = "doses"
_ALL = "*"
# Which field of an object is its time, for the index. Others have none.
TIME_FIELDS = {
    DOSES: "scheduledTime",
    "notifications": "createdAt",
    "prnIntakes": "takenAt",
    "vitals": "measuredAt",
}


@dataclass(frozen=True, slots=True)
class Stored:
    """An object as it is shown: the server's word, or the person's while that is unsent."""

    resource: str
    id: str
    patient_id: str | None
    revision: int
    body: Body
    unsent: bool


class Store:
    """Objects and values of one owner. ``owner`` "" holds what belongs to the device."""

    def __init__(self, database: Database, cipher: FieldCipher, owner: str) -> None:
        self.database = database
        self.owner = owner
        self._cipher = cipher
        self._changes: Counter[str] = Counter()

    def version(self, resource: str) -> int:
        """Goes up with every write to a resource: what was read at a version may be kept until the next. Ask before
        reading; a write holds the lock from here to its commit."""
        return self._changes[resource] + self._changes[_ALL]

    # ── values

    def value(self, key: str, default: Any = None) -> Any:
        """A remembered value."""
        row = self.database.row("SELECT value FROM meta WHERE owner = ? AND key = ?", (self.owner, key))
        return default if row is None else self._cipher.open(f"meta:{self.owner}:{key}", row["value"])

    def remember(self, key: str, value: Any) -> None:
        """Keep a value (JSON), sealed."""
        with self.database.write() as tx:
            tx.execute(
                "INSERT INTO meta VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET value = excluded.value",
                (self.owner, key, self._cipher.seal(f"meta:{self.owner}:{key}", value)),
            )

    def forget(self, key: str) -> None:
        """Drop a value."""
        with self.database.write() as tx:
            tx.execute("DELETE FROM meta WHERE owner = ? AND key = ?", (self.owner, key))

    # ── objects

    def get(self, resource: str, object_id: str) -> Stored | None:
        """One object, or None when it is not on this phone."""
        row = self.database.row(
            "SELECT * FROM object WHERE owner = ? AND resource = ? AND id = ?",
            (self.owner, resource, object_id),
        )
        return self._stored(row)

    def base(self, resource: str, object_id: str) -> Body | None:
        """What the server last said of an object, without unsent acts."""
        row = self.database.row(
            "SELECT base FROM object WHERE owner = ? AND resource = ? AND id = ?",
            (self.owner, resource, object_id),
        )
        if row is None or row["base"] is None:
            return None
        body: Body = self._cipher.open(self._place(resource, object_id, "base"), row["base"])
        return body

    def find(
        self,
        resource: str,
        *,
        since: datetime | None = None,
        until: datetime | None = None,
        patient_id: str | None = None,
    ) -> list[Stored]:
        """Objects by time, oldest first; ``since`` included, ``until`` excluded."""
        sql, values = "SELECT * FROM object WHERE owner = ? AND resource = ?", [self.owner, resource]
        if since is not None:
            sql, values = sql + " AND at >= ?", [*values, wire(since)]
        if until is not None:
            sql, values = sql + " AND at < ?", [*values, wire(until)]
        if patient_id is not None:
            sql, values = sql + " AND patient_id = ?", [*values, patient_id]
        found = (self._stored(row) for row in self.database.rows(sql + " ORDER BY at, id", values))
        return [stored for stored in found if stored is not None]

    def put_base(
        self,
        resource: str,
        object_id: str,
        body: Body,
        *,
        patient_id: str | None = None,
        revision: int | None = None,
        generation: int | None = None,
    ) -> None:
        """Take the server's word for an object. What the person did meanwhile stays visible until it is
        answered."""
        with self.database.write() as tx:
            self._changes[resource] += 1
            tx.execute(
                "INSERT INTO object"
                " (owner, resource, id, patient_id, revision, generation, base, at, status)"
                " VALUES (:owner, :resource, :id, :patient, coalesce(:revision, 0), coalesce(:generation, 0),"
                " :base, :at, :status) "
                "ON CONFLICT DO UPDATE SET base = excluded.base, "
                "patient_id = coalesce(:patient, patient_id), "
                "revision = coalesce(:revision, revision), generation = coalesce(:generation, generation), "
                "at = CASE WHEN local IS NULL THEN excluded.at ELSE at END, "
                "status = CASE WHEN local IS NULL THEN excluded.status ELSE status END",
                {
                    "owner": self.owner,
                    "resource": resource,
                    "id": object_id,
                    "patient": patient_id,
                    "revision": revision,
                    "generation": generation,
                    "base": self._cipher.seal(self._place(resource, object_id, "base"), body),
                    "at": _time_of(resource, body),
                    "status": _text(body.get("status")),
                },
            )

    def put_local(self, resource: str, object_id: str, body: Body | None, *, patient_id: str | None = None) -> None:
        """Show ``body`` while acts are unsent; None goes back to the server's word (and forgets what it has
        none of)."""
        with self.database.write() as tx:
            self._changes[resource] += 1
            if body is None:
                self._drop_local(tx, resource, object_id)
                return
            tx.execute(
                "INSERT INTO object (owner, resource, id, patient_id, local, at, status)"
                " VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE"
                " SET local = excluded.local, at = excluded.at, status = excluded.status",
                (
                    self.owner,
                    resource,
                    object_id,
                    patient_id,
                    self._cipher.seal(self._place(resource, object_id, "local"), body),
                    _time_of(resource, body),
                    _text(body.get("status")),
                ),
            )

    def _drop_local(self, tx: sqlite3.Connection, resource: str, object_id: str) -> None:
        base = self.base(resource, object_id)
        key = (self.owner, resource, object_id)
        if base is None:
            tx.execute("DELETE FROM object WHERE owner = ? AND resource = ? AND id = ?", key)
        else:
            tx.execute(
                "UPDATE object SET local = NULL, at = ?, status = ? WHERE owner = ? AND resource = ? AND id = ?",
                (_time_of(resource, base), _text(base.get("status")), *key),
            )

    def delete_base(self, resource: str, object_id: str) -> None:
        """The server has no such object any more. It stays visible only while acts on it are unsent."""
        with self.database.write() as tx:
            self._changes[resource] += 1
            key = (self.owner, resource, object_id)
            where = "owner = ? AND resource = ? AND id = ?"
            tx.execute(f"DELETE FROM object WHERE {where} AND local IS NULL", key)  # noqa: S608 (fixed text)
            tx.execute(f"UPDATE object SET base = NULL WHERE {where}", key)  # noqa: S608

    def sweep(self, generation: int) -> None:
        """After a pull from zero: forget what it did not bring, except what unsent acts speak of."""
        with self.database.write() as tx:
            self._changes[_ALL] += 1
            tx.execute(
                "DELETE FROM object WHERE owner = ? AND generation < ? AND local IS NULL",
                (self.owner, generation),
            )
            tx.execute("UPDATE object SET base = NULL WHERE owner = ? AND generation < ?", (self.owner, generation))

    def purge(self, patient_ids: Iterable[str]) -> None:
        """Access to these patients ended: their data leaves this phone, also what was shown of unsent
        acts."""
        with self.database.write() as tx:
            self._changes[_ALL] += 1
            for patient_id in patient_ids:
                tx.execute("DELETE FROM object WHERE owner = ? AND patient_id = ?", (self.owner, patient_id))
                tx.execute(
                    "UPDATE outbox SET trail = NULL WHERE owner = ? AND patient_id = ?",
                    (self.owner, patient_id),
                )

    def wipe(self) -> None:
        """Everything of this owner goes, queue included."""
        with self.database.write() as tx:
            self._changes[_ALL] += 1
            for table in ("meta", "object", "outbox", "reminder_log"):
                tx.execute(f"DELETE FROM {table} WHERE owner = ?", (self.owner,))  # noqa: S608 (fixed names)

    # ── sealing for the queue, which lives in its own table

    def seal(self, place: str, value: Any) -> bytes:
        """Seal a value for a place."""
        return self._cipher.seal(place, value)

    def open(self, place: str, sealed: bytes) -> Any:
        """Open a value of a place."""
        return self._cipher.open(place, sealed)

    def _place(self, resource: str, object_id: str, column: str) -> str:
        return f"object:{self.owner}:{resource}:{object_id}:{column}"

    def _stored(self, row: sqlite3.Row | None) -> Stored | None:
        if row is None:
            return None
        column = "base" if row["local"] is None else "local"
        if row[column] is None:
            return None
        body = self._cipher.open(self._place(row["resource"], row["id"], column), row[column])
        return Stored(row["resource"], row["id"], row["patient_id"], row["revision"], body, row["local"] is not None)


def _time_of(resource: str, body: Body) -> str | None:
    field = TIME_FIELDS.get(resource)
    value = body.get(field) if field else None
    try:
        return wire(unwire(value)) if isinstance(value, str) else None
    except ValueError:
        return None  # a newer server's idea of a time: kept in the body, just not sorted


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None
