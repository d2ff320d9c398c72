"""AES-GCM for the fields a thief must not read. The key comes from a vault; ids, times and states stay clear
for indexes."""

import json
import secrets
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

KEY_BYTES = 32
_NONCE_BYTES = 12


class KeyLost(Exception):
    """What is stored cannot be opened with the key at hand (reinstalled, restored, or tampered with)."""


class FieldCipher:
    """Seals values bound to their place: a sealed value moved to another row or column does not open."""

    def __init__(self, key: bytes) -> None:
        if len(key) != KEY_BYTES:
            raise ValueError("the data key has 32 bytes")
        self._aead = AESGCM(key)

    def seal(self, place: str, value: Any) -> bytes:
        """Any JSON value → nonce + ciphertext. ``place`` is "table:id:column"."""
        nonce = secrets.token_bytes(_NONCE_BYTES)
        plain = json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
        return nonce + self._aead.encrypt(nonce, plain, place.encode())

    def open(self, place: str, sealed: bytes) -> Any:
        """The value sealed for this very place. Raises KeyLost."""
        try:
            return json.loads(self._aead.decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], place.encode()))
        except (InvalidTag, ValueError) as problem:
            raise KeyLost(place) from problem


def new_key() -> bytes:
    """A random data key."""
    return secrets.token_bytes(KEY_BYTES)
