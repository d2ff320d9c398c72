"""Where the data key lives. Android wraps it with a Keystore key; a desktop has a file only its owner may
read."""

import os
import secrets
from pathlib import Path
from typing import Protocol

from patient.core.crypto import KEY_BYTES, new_key


class Vault(Protocol):
    """Keeps one data key."""

    def data_key(self) -> bytes:
        """The key, made on first use."""
        ...

    def forget(self) -> None:
        """Destroy the key; what it sealed is unreadable for ever."""
        ...


class MemoryVault:
    """For tests, and for a session that shall leave no trace."""

    def __init__(self, key: bytes | None = None) -> None:
        self._key = key

    def data_key(self) -> bytes:
        """The key of this process."""
        self._key = self._key or new_key()
        return self._key

    def forget(self) -> None:
        """Drop it."""
        self._key = None


class FileVault:
    """A 0600 file beside the store: protects a copied database, not a stolen account of the same user."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def data_key(self) -> bytes:
        """Read the file, or make it atomically. A damaged file counts as lost: a new key is made."""
        try:
            key = self._path.read_bytes()
        except FileNotFoundError:
            key = b""
        return key if len(key) == KEY_BYTES else self._make()

    def _make(self) -> bytes:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        key = new_key()
        draft = self._path.with_name(f"{self._path.name}.{secrets.token_hex(4)}")
        handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "wb") as file:
            file.write(key)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(self._path)
        return key

    def forget(self) -> None:
        """Delete the file."""
        self._path.unlink(missing_ok=True)
