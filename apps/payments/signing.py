"""The signature on calls between this server and the payment node, both ways (tests/golden/payments). Pure.

hex(HMAC-SHA256(secret, "{timestamp}\\n{METHOD}\\n{path?query}\\n" + raw body)). Several key ids may hold at once, so
that a secret is changed without a gap.
"""

import hashlib
import hmac
from collections.abc import Mapping

TOLERANCE_SECONDS = 300
_MOST_DIGITS = 12


def sign(secret: str, timestamp: str, method: str, path: str, body: bytes) -> str:
    """The signature of one message; ``path`` as in the request line, query included."""
    return hmac.new(secret.encode(), f"{timestamp}\n{method}\n{path}\n".encode() + body, hashlib.sha256).hexdigest()


def refusal(
    secrets: Mapping[str, str],
    *,
    key_id: str,
    timestamp: str,
    signature: str,
    method: str,
    path: str,
    body: bytes,
    now: float,
) -> str | None:
    """Why a message is not to be believed (for the log, never for the answer); None for a genuine, fresh one."""
    secret = secrets.get(key_id)
    wanted = sign(secret or "nobody's key takes as long", timestamp, method, path, body)
    is_genuine = hmac.compare_digest(wanted.encode(), signature.encode())
    if secret is None:
        return "unknown key id"
    if not is_genuine:
        return "wrong signature"
    if not (timestamp.isascii() and timestamp.isdigit() and len(timestamp) <= _MOST_DIGITS):
        return "timestamp is no number"
    if abs(now - int(timestamp)) > TOLERANCE_SECONDS:
        return "timestamp too far from now"
    return None


def is_one_of(given: str, accepted: list[str]) -> bool:
    """Whether ``given`` is an accepted API key; every key is compared, so that the time tells nothing."""
    found = False
    for key in accepted:
        found |= hmac.compare_digest(given.encode(), key.encode())
    return found
