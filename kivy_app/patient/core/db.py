"""One SQLite file, one connection, one writer at a time. A transaction is on disk when ``write`` returns."""

import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from patient.core.schema import MIGRATIONS

Row = sqlite3.Row


class StoreDamaged(Exception):
    """The file is no readable database, or written by a newer app. The old file is kept aside, never
    deleted."""


class StoreFull(Exception):
    """The phone has no room left: nothing of this transaction was kept."""


class Database:
    """The store. Any thread may use it; the lock keeps transactions whole."""

    def __init__(self, path: Path | str) -> None:
        self._path = str(path)
        self._lock = threading.RLock()
        if self._path != ":memory:":
            Path(self._path).parent.mkdir(parents=True, exist_ok=True)
        self._connection = self._open()
        try:
            self._prepare()
        except (sqlite3.DatabaseError, StoreDamaged) as problem:
            self._connection.close()
            raise StoreDamaged(str(problem)) from problem

    def _open(self) -> sqlite3.Connection:
        connection = sqlite3.connect(self._path, check_same_thread=False, isolation_level=None, timeout=10)
        connection.row_factory = sqlite3.Row
        return connection

    def _prepare(self) -> None:
        self._connection.execute("PRAGMA journal_mode = WAL")
        # FULL: a tap survives the battery being pulled, not only a killed process.
        self._connection.execute("PRAGMA synchronous = FULL")
        self._connection.execute("PRAGMA foreign_keys = ON")
        self._connection.execute("PRAGMA secure_delete = ON")  # wiped means wiped
        version = int(self._connection.execute("PRAGMA user_version").fetchone()[0])
        if version > len(MIGRATIONS):
            raise StoreDamaged(f"written by a newer app (schema {version})")
        for number, script in enumerate(MIGRATIONS[version:], start=version + 1):
            # executescript commits what it finds open, so the transaction is part of the script.
            self._connection.executescript(f"BEGIN IMMEDIATE;\n{script}\nPRAGMA user_version = {number};\nCOMMIT;")

    @contextmanager
    def write(self) -> Iterator[sqlite3.Connection]:
        """One transaction, all or nothing. Nested calls join the outer one."""
        with self._lock:
            if self._connection.in_transaction:
                yield self._connection
                return
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield self._connection
                self._connection.execute("COMMIT")
            except BaseException as problem:
                if self._connection.in_transaction:  # a full disk has rolled back already
                    self._connection.execute("ROLLBACK")
                if getattr(problem, "sqlite_errorcode", None) == sqlite3.SQLITE_FULL:
                    raise StoreFull(str(problem)) from problem
                raise

    def rows(self, sql: str, values: Sequence[Any] = ()) -> list[Row]:
        """Read all rows."""
        with self._lock:
            return self._connection.execute(sql, values).fetchall()

    def row(self, sql: str, values: Sequence[Any] = ()) -> Row | None:
        """Read the first row, or None."""
        with self._lock:
            found: Row | None = self._connection.execute(sql, values).fetchone()
            return found

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._connection.close()


def set_aside(path: Path, stamp: str) -> Path:
    """Move an unreadable store out of the way, with its journal; returns where it went."""
    kept = path.with_name(f"{path.name}.damaged-{stamp}")
    for suffix in ("-wal", "-shm"):
        side = path.with_name(path.name + suffix)
        if side.exists():
            side.replace(kept.with_name(kept.name + suffix))
    path.replace(kept)
    return kept
