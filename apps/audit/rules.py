"""The arithmetic of seals as pure functions (architecture §4.8). No Django, no I/O, no clock.

A seal holds a *leaf* for each of its rows, in id order: eight bytes of id and the SHA-256 of the row's canonical text.
Its digest covers the digest before it, its own fields and its leaves, so nothing of what was sealed can change alone,
and the leaves tell which row it was.
"""

import hashlib
import struct
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

GENESIS: Final = "0" * 64
LAST_TXID: Final = 2**63 - 1  # an era that ended reaches to here
FIRST_ID: Final = -(2**63)
_LEAF: Final = struct.Struct(">q32s")


@dataclass(frozen=True, slots=True)
class SealFields:
    """What a digest covers besides the leaves.

    The seal covers the rows with ``after_id`` < id whose transaction id lies in [``from_txid``, ``through_txid``).
    An era ends when a dump is restored into another cluster, whose transaction ids begin again.
    """

    era: int
    after_id: int
    from_txid: int
    through_txid: int
    row_count: int
    sealed_at: datetime
    previous_digest: str


@dataclass(frozen=True, slots=True)
class Difference:
    """How the rows of a seal differ from its leaves: ids, each list ascending."""

    changed: list[int]
    removed: list[int]
    inserted: list[int]


def row_hash(canonical: str) -> bytes:
    """The hash of one row's canonical text."""
    return hashlib.sha256(canonical.encode()).digest()


def leaf(row_id: int, canonical: str) -> bytes:
    """The leaf of one row."""
    return _LEAF.pack(row_id, row_hash(canonical))


def leaves_read(leaves: bytes) -> dict[int, bytes]:
    """Row id → hash. Bytes that are no whole leaf at the end are ignored: the digest tells that they changed."""
    whole = len(leaves) - len(leaves) % _LEAF.size
    return dict(_LEAF.iter_unpack(leaves[:whole]))


def digest(fields: SealFields, leaves: bytes) -> str:
    """The seal's digest, in hexadecimal."""
    head = "|".join(
        (
            "dastern-audit-1",
            fields.previous_digest,
            str(fields.era),
            str(fields.after_id),
            str(fields.from_txid),
            str(fields.through_txid),
            str(fields.row_count),
            fields.sealed_at.astimezone(UTC).isoformat(timespec="microseconds"),
        )
    )
    return hashlib.sha256(head.encode() + b"\n" + leaves).hexdigest()


def difference(sealed: Mapping[int, bytes], found: Iterable[tuple[int, bytes]]) -> Difference:
    """Compare the leaves of a seal with those of the rows that are there now."""
    missing, changed, inserted = dict(sealed), [], []
    for row_id, row_hash in found:
        known = missing.pop(row_id, None)
        if known is None:
            inserted.append(row_id)
        elif known != row_hash:
            changed.append(row_id)
    return Difference(sorted(changed), sorted(missing), sorted(inserted))


def follows(seal: SealFields, previous: SealFields | None, previous_digest: str) -> bool:
    """True when ``seal`` continues the chain without a gap: the digest, and the transactions it covers."""
    if seal.previous_digest != previous_digest:
        return False
    if previous is None:
        return (seal.era, seal.after_id, seal.from_txid) == (1, FIRST_ID, 0)
    if seal.era == previous.era:
        return (seal.after_id, seal.from_txid) == (previous.after_id, previous.through_txid)
    return (seal.era, seal.from_txid, previous.through_txid) == (previous.era + 1, 0, LAST_TXID)


def chunked(counts: Iterable[int], most: int) -> Iterator[int]:
    """How many of the next seals to check together, so that no more than about ``most`` rows are held at once."""
    taken = rows = 0
    for count in counts:
        if taken and rows + count > most:
            yield taken
            taken = rows = 0
        taken, rows = taken + 1, rows + count
    if taken:
        yield taken
