"""Sealing: hash what is committed for good, chained to the seal before, and check it again (architecture §4.8)."""

import fcntl
import logging
import os
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby, pairwise
from pathlib import Path
from typing import Any, Final

import orjson
from django.conf import settings
from django.db import connection, transaction

from apps.audit import rules
from apps.audit.models import AuditSeal
from apps.audit.rules import SealFields
from dastern.core import clock
from dastern.core.localtime import DEFAULT_ZONE, iso, local_date
from dastern.outbox.services import outbox_add

logger = logging.getLogger(__name__)

_LOCK: Final = 0x6175646974  # "audit"
_FETCH: Final = 5_000
_ROWS_AT_ONCE: Final = 50_000
# The row as text, whatever the session's settings. Hashed here and not in the database: whoever may replace the
# database's functions could otherwise make it swear to anything.
_CANONICAL: Final = """
jsonb_build_array(id, actor_id, actor_role, action_type, resource_type, resource_id, patient_id, outcome, details,
  ip_address, user_agent, request_id, to_char(created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US'), txid)::text
"""
_ROWS: Final = f"""
SELECT id, txid, {_CANONICAL} FROM audit_auditlog
WHERE txid >= %s AND txid < %s AND id > %s AND id <= %s ORDER BY id
"""  # noqa: S608  (a constant of this module)
_STRAY: Final = "SELECT id FROM audit_auditlog WHERE txid IS NULL ORDER BY id"


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that does not fit. ``kind`` is CHANGED, REMOVED or INSERTED (a row), SEAL, CHAIN or COPY (a seal)."""

    kind: str
    seal_id: int | None
    row_id: int | None
    detail: str

    def __str__(self) -> str:
        where = f"row {self.row_id}" if self.row_id is not None else f"seal {self.seal_id}"
        return f"{self.kind} {where}: {self.detail}"


@transaction.atomic
def audit_seal(*, now: datetime | None = None) -> int:
    """Seal every row whose transaction has ended and that no seal covers. Returns how many rows were sealed.

    Only transactions below the snapshot minimum are taken: none of them still runs, so no row can come later into
    a sealed range, however early it took its id. A second sealer at the same moment does nothing. One long
    transaction delays sealing, it never makes a hole.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [_LOCK])
        if not cursor.fetchone()[0]:
            return 0
        cursor.execute("SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint")
        minimum: int = cursor.fetchone()[0]
    moment = now or clock.now()
    last = AuditSeal.objects.defer("leaves").order_by("-id").first()
    if last is None:
        return _seal(None, 1, rules.FIRST_ID, 0, minimum, moment)
    if minimum >= last.through_txid:
        return _seal(last, last.era, last.after_id, last.through_txid, minimum, moment)
    return _seal_new_era(last, minimum, moment)


def _seal_new_era(last: AuditSeal, minimum: int, moment: datetime) -> int:
    """The transaction counter went back: a dump was restored into another cluster. Close the era, begin the next.

    Rows restored without a seal still carry the old cluster's ids; what was written since has higher row ids.
    """
    logger.warning("audit: transaction ids begin again; era %s ends", last.era)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT max(id) FROM audit_auditlog WHERE id > %s AND txid >= %s", [last.after_id, last.through_txid]
        )
        tail: int | None = cursor.fetchone()[0]
    known = AuditSeal.objects.filter(era=last.era).order_by("-last_id").exclude(last_id=None).first()
    end = max(last.after_id, tail or rules.FIRST_ID, (known.last_id if known else None) or rules.FIRST_ID)
    sealed = 0
    if last.through_txid != rules.LAST_TXID:
        sealed = _seal(last, last.era, last.after_id, last.through_txid, rules.LAST_TXID, moment, until=end, empty=True)
    closed = AuditSeal.objects.defer("leaves").order_by("-id").first()
    return sealed + _seal(closed, last.era + 1, end, 0, minimum, moment)


def _seal(
    last: AuditSeal | None,
    era: int,
    after_id: int,
    from_txid: int,
    through_txid: int,
    moment: datetime,
    *,
    until: int = 2**63 - 1,
    empty: bool = False,
) -> int:
    """Write the seal of one range; none for a range without rows unless ``empty``."""
    parts: list[bytes] = []
    first_id = last_id = None
    for row_id, _txid, canonical in _rows(from_txid, through_txid, after_id, until):
        parts.append(rules.leaf(row_id, canonical))
        first_id, last_id = row_id if first_id is None else first_id, row_id
    if not parts and not empty:
        return 0
    leaves = b"".join(parts)
    fields = SealFields(
        era=era, after_id=after_id, from_txid=from_txid, through_txid=through_txid, row_count=len(parts),
        sealed_at=moment, previous_digest=last.digest if last else rules.GENESIS,
    )  # fmt: skip
    AuditSeal.objects.create(
        era=era, after_id=after_id, from_txid=from_txid, through_txid=through_txid, first_id=first_id,
        last_id=last_id, row_count=len(parts), leaves=leaves, digest=rules.digest(fields, leaves),
        previous_digest=fields.previous_digest, sealed_at=moment,
    )  # fmt: skip
    return len(parts)


def _rows(from_txid: int, through_txid: int, after_id: int, until: int) -> Iterator[tuple[int, int, str]]:
    """Rows of a range in id order, streamed."""
    with connection.chunked_cursor() as cursor:
        cursor.execute(_ROWS, [from_txid, through_txid, after_id, until])
        while rows := cursor.fetchmany(_FETCH):
            yield from rows


def _fields(seal: AuditSeal) -> SealFields:
    return SealFields(
        era=seal.era, after_id=seal.after_id, from_txid=seal.from_txid, through_txid=seal.through_txid,
        row_count=seal.row_count, sealed_at=seal.sealed_at, previous_digest=seal.previous_digest,
    )  # fmt: skip


def audit_verify(
    *, copies: Mapping[int, str] | None = None, progress: Callable[[int], object] = lambda rows: None
) -> Iterator[Finding]:
    """Recompute everything that was sealed and yield what does not fit, oldest first.

    ``copies`` are digests kept outside the database, by seal id: without them nobody can prove that the newest rows
    and their seals were not removed together, or that everything was not computed anew. ``progress`` is told how many
    rows were checked. Rows younger than the last seal cannot be proven yet.
    """
    plain = list(AuditSeal.objects.defer("leaves").order_by("id"))
    yield from _check_chain(plain)
    yield from _check_copies({seal.id: seal.digest for seal in plain}, copies or {})
    ends = {earlier.era: later.after_id for earlier, later in pairwise(plain) if later.era != earlier.era}
    for _era, group in groupby(plain, key=lambda seal: seal.era):
        seals, position = list(group), 0
        for size in rules.chunked((seal.row_count for seal in seals), _ROWS_AT_ONCE):
            part, position = seals[position : position + size], position + size
            yield from _check_rows(part, ends)
            progress(sum(seal.row_count for seal in part))
    with connection.cursor() as cursor:
        cursor.execute(_STRAY)
        for (row_id,) in cursor.fetchall():
            yield Finding("INSERTED", None, row_id, "written past the trigger")


def _check_chain(seals: Sequence[AuditSeal]) -> Iterator[Finding]:
    previous: SealFields | None = None
    before = rules.GENESIS
    for seal in seals:
        fields = _fields(seal)
        if not rules.follows(fields, previous, before):
            yield Finding("CHAIN", seal.id, None, "does not continue the seal before it: one was removed or inserted")
        previous, before = fields, seal.digest


def _check_copies(known: Mapping[int, str], copies: Mapping[int, str]) -> Iterator[Finding]:
    for seal_id, digest in sorted(copies.items()):
        if known.get(seal_id) != digest:
            what = "is not what was published" if seal_id in known else "was published and is gone"
            yield Finding("COPY", seal_id, None, what)


def _check_rows(part: Sequence[AuditSeal], ends: Mapping[int, int]) -> Iterator[Finding]:
    """Compare neighbouring seals of one era with the rows they cover, in two statements."""
    leaves = dict(AuditSeal.objects.filter(pk__in=[seal.pk for seal in part]).values_list("pk", "leaves"))
    until = ends.get(part[0].era, 2**63 - 1)
    bounds = [seal.through_txid for seal in part]
    found: dict[int, list[tuple[int, bytes]]] = {seal.pk: [] for seal in part}
    for row_id, txid, canonical in _rows(part[0].from_txid, max(bounds), part[0].after_id, until):
        place = min(bisect_right(bounds, txid), len(part) - 1)
        if txid >= part[place].from_txid:  # else its seal was removed, which the chain tells
            found[part[place].pk].append((row_id, rules.row_hash(canonical)))
    for seal in part:
        sealed = bytes(leaves.get(seal.pk, b""))
        if rules.digest(_fields(seal), sealed) != seal.digest:
            yield Finding("SEAL", seal.id, None, "the seal itself was changed")
        different = rules.difference(rules.leaves_read(sealed), found[seal.pk])
        for kind, ids, detail in (
            ("CHANGED", different.changed, "is not what was sealed"),
            ("REMOVED", different.removed, "was sealed and is gone"),
            ("INSERTED", different.inserted, "was not there when its time was sealed"),
        ):
            yield from (Finding(kind, seal.id, row_id, detail) for row_id in ids)


def audit_publish(*, now: datetime | None = None) -> AuditSeal | None:
    """Put the newest seal where the database cannot rewrite it: the append-only file, and a mail to the operator.

    Once a local day for the mail; the file takes a seal once. Returns the seal, None when nothing is sealed yet.
    """
    moment = now or clock.now()
    seal = AuditSeal.objects.defer("leaves").order_by("-id").first()
    if seal is None:
        return None
    _append(settings.AUDIT_SEAL_FILE, seal)
    day = local_date(moment, DEFAULT_ZONE)
    if not settings.OPERATOR_EMAIL:
        logger.warning("audit: OPERATOR_EMAIL is empty, so the seal of the day is only in the file")
        return seal
    outbox_add(
        "mail.send",  # handled by notifications
        {
            "to": settings.OPERATOR_EMAIL,
            "template": "audit_seal",
            "language": "en",
            "context": {
                "day": day.isoformat(),
                "seal": seal.id,
                "digest": seal.digest,
                "last": seal.last_id,
                "sealed_at": iso(seal.sealed_at),
            },
        },
        dedupe_key=f"audit-seal:{day}",
    )
    return seal


def _append(file: Path, seal: AuditSeal) -> None:
    """Add the seal's line unless it is there; written through to the disk."""
    file.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(file, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o600)
    with os.fdopen(descriptor, "rb+") as stream:
        fcntl.flock(stream, fcntl.LOCK_EX)
        content = stream.read()
        if seal.id in copies_read(content.splitlines()):
            return
        if content and not content.endswith(b"\n"):  # a line torn by a crash
            stream.write(b"\n")
        line: dict[str, Any] = {
            "seal": seal.id,
            "digest": seal.digest,
            "lastEntry": seal.last_id,
            "sealedAt": iso(seal.sealed_at),
        }
        stream.write(orjson.dumps(line) + b"\n")
        stream.flush()
        os.fsync(stream.fileno())


def copies_read(lines: Iterable[bytes]) -> dict[int, str]:
    """Seal id → digest from the lines of the seal file; a line torn by a crash is left out."""
    found: dict[int, str] = {}
    for line in lines:
        with suppress(orjson.JSONDecodeError, KeyError, TypeError, ValueError):
            entry = orjson.loads(line)
            found[int(entry["seal"])] = str(entry["digest"])
    return found
