"""Identifiers made on the server: UUID version 7, so that new rows land at the end of their index."""

import os
import time
import uuid


def uuid7() -> uuid.UUID:
    """A time-ordered UUID (RFC 9562, version 7): 48 bits of Unix milliseconds, then random bits."""
    value = (time.time_ns() // 1_000_000) << 80 | int.from_bytes(os.urandom(10))
    value &= ~(0xF000 << 64) & ~(0xC000 << 48)
    return uuid.UUID(int=value | 0x7000 << 64 | 0x8000 << 48)
