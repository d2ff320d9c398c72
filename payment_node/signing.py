"""The signature of calls between the payment node and the main server, in both directions. Pure: no clock, no I/O.

hex(HMAC-SHA256(secret, "{timestamp}\\n{METHOD}\\n{path?query}\\n" + raw body)); several key ids may be valid at once,
so that a secret can be changed without a gap.
"""

import hashlib
import hmac
from collections.abc import Mapping

TOLERANCE_SECONDS = 300
_TIMESTAMP_DIGITS = 12


def sign(secret: str, timestamp: str, method: str, path: str, body: bytes) -> str:
    """The signature of one message; ``path`` is what stands in the request line, query included."""
    head = f"{timestamp}\n{method}\n{path}\n".encode()
    return hmac.new(secret.encode(), head + body, hashlib.sha256).hexdigest()


def refusal(
    secrets: Mapping[str, str], *, key_id: str, timestamp: str, signature: str, method: str, path: str, body: bytes,
    now: float,
) -> str | None:  # fmt: skip
    """Why a message is refused, for the log only; None when it is genuine and fresh."""
    secret = secrets.get(key_id)
    # an unknown key costs the same time as a wrong signature
    expected = sign(secret or "-", timestamp, method, path, body)
    genuine = hmac.compare_digest(expected.encode(), signature.encode())
    if secret is None:
        return "unknown key id"
    if not genuine:
        return "wrong signature"
    if not (timestamp.isascii() and timestamp.isdigit() and len(timestamp) <= _TIMESTAMP_DIGITS):
        return "timestamp is no number"
    if abs(now - int(timestamp)) > TOLERANCE_SECONDS:
        return "timestamp too far from now"
    return None
