"""Push: acts of phones are judged in one transaction, in a number of statements that does not grow with the batch."""

import logging
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
from django.db import IntegrityError, OperationalError, connection, transaction

from dastern.core import clock
from dastern.core.actor import Actor
from dastern.core.api.renderers import dumps
from dastern.core.reading import binary_cursor
from dastern.core.rows import rows_json
from dastern.sync.cursor import KEPT
from dastern.sync.feed import feed_lock
from dastern.sync.metrics import act_count
from dastern.sync.registry import (
    Act,
    ActHandler,
    PushContext,
    StoredAct,
    Verdict,
    handler_factory,
    rejected,
    resource,
)
from dastern.sync.wire import FUTURE_TOLERANCE, Push, content_hash, local_id_as_sent, parse_act, parse_push

logger = logging.getLogger(__name__)

_DEADLOCK = "40P01"
_ONCE = "sync_act_once"
_CHUNK = 1000

_EARLIER = """
SELECT patient_id, local_id, actor_id, kind, object_id, content_hash, outcome, answer, act_at
FROM sync_act WHERE patient_id = ANY(%s) AND local_id = ANY(%s)
"""
_STORED = (
    "patient_id", "local_id", "kind", "object_id", "content_hash", "outcome", "code", "answer", "act_at", "skew",
)  # fmt: skip
_STORE = """
INSERT INTO sync_act (patient_id, local_id, kind, object_id, content_hash, outcome, code, answer, act_at, skew,
                      actor_id, device_id, received_at)
SELECT a.*, %s, %s, %s FROM json_to_recordset(%s::json) AS a (patient_id uuid, local_id uuid, kind text, object_id uuid,
  content_hash text, outcome text, code text, answer text, act_at timestamptz, skew interval)
"""


@dataclass(slots=True)
class _Item:
    """One act on its way to an answer. ``act`` is None when it is malformed; ``answer`` is the JSON that is sent."""

    raw: Any
    act: Act | None
    fingerprint: str
    verdict: Verdict | None = None
    answer: bytes | None = None
    to_store: bool = True
    same_as: "_Item | None" = None


def sync_push(*, actor: Actor, body: Mapping[str, Any], now: datetime | None = None) -> list[orjson.Fragment]:
    """Judge a batch of acts and return their answers as JSON, in the order sent (domain.md §2.18).

    A repeat gets the stored answer byte for byte; the same local id with other content is LOCAL_ID_REUSED; an act
    that cannot be judged is REJECTED alone. Raises Invalid (400) when the envelope itself is wrong.

    Races handled: two equal pushes at once meet at the feed lock, and where no feed exists at the unique key; a
    deadlock with another writer is retried once; a process that dies leaves nothing behind, so the repeat decides.
    """
    moment = now or clock.now()
    push = parse_push(body, moment)
    try:
        answers = _push_retried(actor, push, push.acts, moment)
    except OperationalError:
        raise
    except Exception:
        if len(push.acts) < 2:
            raise
        # One act that breaks its handler must not hold up everything queued behind it.
        logger.exception("a push of %d acts failed; judging them one by one", len(push.acts))
        answers = _push_singly(actor, push, moment)
    return [orjson.Fragment(answer) for answer in answers]


def _push_singly(actor: Actor, push: Push, now: datetime) -> list[bytes]:
    """Each act in a transaction of its own, in the order of their times; a breaking one is refused and not stored."""
    answers: dict[int, bytes] = {}
    parsed = {n: parse_act(raw, push, now) for n, raw in enumerate(push.acts)}
    for n in sorted(parsed, key=lambda i: (act.at if (act := parsed[i]) else now, i)):
        try:
            answers[n] = _push_retried(actor, push, [push.acts[n]], now)[0]
        except OperationalError:
            raise
        except Exception:
            logger.exception("an act could not be judged")
            answers[n] = _answer(local_id_as_sent(push.acts[n]), rejected("INVALID"), None)
    return [answers[n] for n in range(len(push.acts))]


def _push_retried(actor: Actor, push: Push, raws: Sequence[Any], now: datetime) -> list[bytes]:
    try:
        return _push_once(actor, push, raws, now)
    except OperationalError as error:
        if getattr(error.__cause__, "sqlstate", None) != _DEADLOCK:
            raise
    except IntegrityError as error:
        if _ONCE not in str(error):
            raise
    return _push_once(actor, push, raws, now)


def _push_once(actor: Actor, push: Push, raws: Sequence[Any], now: datetime) -> list[bytes]:
    items = [_Item(raw, parse_act(raw, push, now), content_hash(raw)) for raw in raws]
    acts = [item.act for item in items if item.act]
    with transaction.atomic():
        if acts:
            feed_lock({actor.user_id, *(act.patient_id for act in acts)})
            earlier = _answer_known(actor, items)
            _judge(items, PushContext(actor, now, push.device_id, earlier))
            _render(actor, items)
            _store(actor, push.device_id, now, items)
        for item in items:
            if item.answer is None:
                item.answer = _answer(local_id_as_sent(item.raw), item.verdict or rejected("INVALID"), None)
    _count(items)
    return [item.answer for item in items if item.answer is not None]


def _count(items: Sequence[_Item]) -> None:
    """Tell the metrics what became of committed acts."""
    for item in items:
        if item.act is None:
            act_count(None, "REJECTED")
        else:
            act_count(item.act.kind, item.verdict.outcome if item.verdict else "REPEATED")


def _answer_known(actor: Actor, items: Sequence[_Item]) -> dict[UUID, StoredAct]:
    """Give stored answers to repeats. Returns what is known of the named acts and of those to be undone."""
    wanted: set[UUID] = set()
    for item in items:
        if item.act:
            wanted |= {item.act.local_id, *_undone(item.act)}
    with binary_cursor() as cursor:
        cursor.execute(_EARLIER, [list({i.act.patient_id for i in items if i.act}), list(wanted)])
        rows = cursor.fetchall()
    stored = {(row[0], row[1]): row for row in rows}
    first: dict[tuple[UUID, UUID], _Item] = {}
    for item in items:
        if item.act is None:
            continue
        key = (item.act.patient_id, item.act.local_id)
        if row := stored.get(key):
            if row[2] != actor.user_id:  # somebody else's act: nothing about it is told
                item.verdict = rejected("NOT_FOUND")
            elif row[5] != item.fingerprint:
                item.verdict = rejected("LOCAL_ID_REUSED")
            else:
                item.answer = row[7].encode()
            item.to_store = False
        elif key in first:
            if first[key].fingerprint == item.fingerprint:
                item.same_as = first[key]
            else:
                item.verdict = rejected("LOCAL_ID_REUSED")
            item.to_store = False
        else:
            first[key] = item
    return {row[1]: StoredAct(kind=row[3], object_id=row[4], act_at=row[8], outcome=row[6]) for row in rows}


def _undone(act: Act) -> list[UUID]:
    """The local id of the act that this one undoes, if it names one."""
    try:
        return [UUID(act.data["undoes"])]
    except (KeyError, ValueError, TypeError, AttributeError):
        return []


def _judge(items: Sequence[_Item], context: PushContext) -> None:
    """Load everything once, judge in the order in which things were done, write everything once."""
    handlers: dict[Callable[[], ActHandler], ActHandler] = {}
    queue: dict[Callable[[], ActHandler], list[Act]] = defaultdict(list)
    open_items = [i for i in items if i.act and i.verdict is None and i.answer is None and i.same_as is None]
    open_items.sort(key=lambda item: item.act.at if item.act else context.now)
    for item in open_items:
        assert item.act is not None
        factory = handler_factory(item.act.kind)
        if item.act.at > context.now + FUTURE_TOLERANCE:
            item.verdict = rejected("FUTURE")
        elif factory is None:
            item.verdict = rejected("INVALID")
        else:
            queue[factory].append(item.act)
    for factory, named in queue.items():
        handlers[factory] = factory()
        handlers[factory].load(named, context)
    for item in open_items:
        if item.verdict is None and item.act is not None:
            factory = handler_factory(item.act.kind)
            assert factory is not None
            item.verdict = handlers[factory].judge(item.act)
    for handler in handlers.values():
        handler.flush()


def _render(actor: Actor, items: Sequence[_Item]) -> None:
    """Show the objects as they now are: one loader call a resource and owner."""
    wanted: dict[tuple[str, UUID], set[UUID]] = defaultdict(set)
    for item in items:
        if item.act and item.verdict and item.verdict.resource and item.verdict.object_id:
            wanted[item.verdict.resource, item.act.patient_id].add(item.verdict.object_id)
    shown: dict[tuple[str, UUID], Mapping[UUID, dict[str, Any]]] = {}
    for (name, owner_id), ids in wanted.items():
        known = resource(name)
        if known and (owner_id == actor.user_id or not known.own_only):
            shown[name, owner_id] = known.load(actor, owner_id, ids)
    for item in items:
        if item.act and item.verdict and item.answer is None:
            objects = shown.get((item.verdict.resource or "", item.act.patient_id), {})
            seen = objects.get(item.verdict.object_id) if item.verdict.object_id else None
            item.answer = _answer(local_id_as_sent(item.raw), item.verdict, seen)
    for item in items:
        if item.same_as is not None:
            item.answer = item.same_as.answer


def _answer(local_id: str | None, verdict: Verdict, shown: Mapping[str, Any] | None) -> bytes:
    return dumps(
        {
            "localId": local_id,
            "outcome": verdict.outcome,
            "code": verdict.code,
            "resource": verdict.resource,
            "object": shown,
        }
    )


def _store(actor: Actor, device_id: str, now: datetime, items: Sequence[_Item]) -> None:
    kept = [(i.act, i.fingerprint, i.verdict, i.answer) for i in items if i.to_store and i.act and i.verdict]
    if not kept:
        return
    rows = [
        (
            act.patient_id, act.local_id, act.kind, act.object_id or verdict.object_id, fingerprint,
            verdict.outcome, verdict.code, (answer or b"").decode(), act.at, act.skew,
        )
        for act, fingerprint, verdict, answer in kept
    ]  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(_STORE, [actor.user_id, device_id, now, rows_json(_STORED, rows)])


def sync_clean_up(*, now: datetime | None = None) -> dict[str, int]:
    """Forget tombstones and stored answers older than 400 days, in chunks; a cursor that old is reset anyway.

    Safe to run any number of times, also at once. Returns how many of each were deleted.
    """
    oldest = (now or clock.now()) - KEPT
    return {
        "tombstones": _delete_in_chunks("sync_change", "deleted AND changed_at < %s", oldest),
        "acts": _delete_in_chunks("sync_act", "received_at < %s", oldest),
    }


def _delete_in_chunks(table: str, condition: str, oldest: datetime) -> int:
    """Short transactions, so that nobody waits long for a lock."""
    deleted = 0
    with connection.cursor() as cursor:
        while True:
            cursor.execute(
                f"DELETE FROM {table} WHERE id IN "  # noqa: S608  (both names are literals of this module)
                f"(SELECT id FROM {table} WHERE {condition} LIMIT %s FOR UPDATE SKIP LOCKED)",
                [oldest, _CHUNK],
            )
            count = int(cursor.rowcount)
            deleted += count
            if count < _CHUNK:
                return deleted
