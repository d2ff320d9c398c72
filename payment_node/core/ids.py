"""Identifiers: UUID version 7, so that new rows land at the end of their index."""

import itertools
import secrets
import time
import uuid

_counter = itertools.count()


def new_id() -> uuid.UUID:
    """Milliseconds since 1970, a counter of this process, then random bits (RFC 9562): made later sorts later."""
    raw = bytearray((time.time_ns() // 1_000_000).to_bytes(6, "big"))
    raw += (0x7000 | next(_counter) & 0x0FFF).to_bytes(2, "big") + secrets.token_bytes(8)
    raw[8] = raw[8] & 0x3F | 0x80
    return uuid.UUID(bytes=bytes(raw))
