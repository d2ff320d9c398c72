"""The opaque cursor of a pull: where a phone stands in each feed it holds. Pure.

Not signed: whoever forges one changes only what their own phone is told, never what they may see.
"""

import base64
import binascii
import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

import msgspec

KEPT = timedelta(days=400)  # tombstones and stored answers (architecture §4.6)
_VERSION = 1


class Position(msgspec.Struct, array_like=True, frozen=True, forbid_unknown_fields=True):
    """A place in one feed. All up to ``revision`` was told; what was deleted up to ``base`` was never told at all.

    ``generation`` and ``scope`` must be those of the server, else the history is not provable.
    """

    generation: int
    revision: int
    base: int
    scope: str


class _Wire(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    v: int
    t: int
    f: dict[str, Position]


@dataclass(frozen=True, slots=True)
class Cursor:
    """Positions by feed owner, and when the page was given."""

    given_at: datetime
    positions: Mapping[UUID, Position]

    def encode(self) -> str:
        """As it travels."""
        wire = _Wire(_VERSION, int(self.given_at.timestamp()), {str(k): p for k, p in self.positions.items()})
        return base64.urlsafe_b64encode(msgspec.json.encode(wire)).decode().rstrip("=")


def decode(text: str) -> Cursor | None:
    """The cursor, or None for one that is not of this version or damaged."""
    try:
        raw = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
        wire = msgspec.json.decode(raw, type=_Wire)
        positions = {UUID(owner): position for owner, position in wire.f.items()}
        given_at = datetime.fromtimestamp(wire.t, UTC)
    except (binascii.Error, msgspec.DecodeError, ValueError, OverflowError, OSError):
        return None
    if wire.v != _VERSION or any(not 0 <= p.base <= 2**62 or not 0 <= p.revision <= 2**62 for p in positions.values()):
        return None
    return Cursor(given_at, positions)


def scope_of(fingerprint: str, resources: Iterable[str]) -> str:
    """What is visible of a feed, as a short hash: the grant and the kinds of objects this server knows."""
    return hashlib.sha256("\n".join([fingerprint, *resources]).encode()).hexdigest()[:16]
