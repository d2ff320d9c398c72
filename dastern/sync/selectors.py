"""Pull: what changed in the own feed and in granted ones since a cursor, page by page."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.db import connection
from django.utils.translation import gettext_lazy as _

from dastern.core import clock
from dastern.core.actor import Actor
from dastern.core.errors import Invalid
from dastern.core.localtime import iso
from dastern.sync.cursor import KEPT, Cursor, Position, decode, scope_of
from dastern.sync.feed import feed_note_held
from dastern.sync.registry import granted_feeds, resource, resource_names

MOST_CHANGES = 200

# One statement is one snapshot: writers hold the feed's lock from the number they take to their commit, so what a
# snapshot shows up to a revision is complete. Index sync_change_pull serves each feed.
_PAGE = """
SELECT f.n, s.generation, s.revision, c.resource, c.object_id, c.revision, c.deleted
FROM unnest(%s::uuid[], %s::bigint[], %s::bigint[], %s::boolean[])
       WITH ORDINALITY AS f (user_id, after, base, own, n)
JOIN sync_feed s ON s.user_id = f.user_id
LEFT JOIN LATERAL (
  SELECT resource, object_id, revision, deleted FROM sync_change
  WHERE user_id = f.user_id AND revision > f.after AND (NOT deleted OR revision > f.base)
    AND resource = ANY(CASE WHEN f.own THEN %s::text[] ELSE %s::text[] END)
  ORDER BY revision LIMIT %s
) c ON true
ORDER BY f.n, c.revision
"""


@dataclass(slots=True)
class _Feed:
    """One feed of a pull: whose, what is visible of it, where the phone stands, and what came."""

    owner_id: UUID
    own: bool
    scope: str
    after: int = 0
    base: int | None = None  # None until the server's revision at the first page is known
    generation: int = 0
    revision: int = 0
    changes: list[tuple[str, UUID, int, bool]] = field(default_factory=list)


def page_limit(raw: str | None) -> int:
    """The page size asked for. Raises Invalid unless it is a whole number from 1 to 200."""
    if raw is None:
        return MOST_CHANGES
    if not (raw.isascii() and raw.isdigit() and len(raw) < 4 and 1 <= int(raw) <= MOST_CHANGES):
        raise Invalid(errors=[("limit", _("Give a whole number from 1 to %(most)d.") % {"most": MOST_CHANGES})])
    return int(raw)


def sync_pull(viewer: Actor, *, cursor: str | None, limit: int = MOST_CHANGES) -> dict[str, Any]:
    """A page of changes for ``viewer``, as the answer's data (domain.md §2.18).

    Without a cursor everything current is sent. ``reset`` says that the cursor's history cannot be proven (damaged,
    older than 400 days, another generation, ahead of the server, or a grant shows something else now): this page
    then begins from zero. ``purge`` names patients the phone held and may no longer see.
    """
    moment = clock.now()
    own_names, granted_names = resource_names(own=True), resource_names(own=False)
    feeds = [_Feed(viewer.user_id, own=True, scope=scope_of("own", own_names))]
    feeds += [
        _Feed(grant.patient_id, own=False, scope=scope_of(grant.fingerprint, granted_names))
        for grant in granted_feeds(viewer, moment)
        if grant.patient_id != viewer.user_id
    ]
    held = decode(cursor) if cursor else None
    known = held.positions if held else {}
    purge = sorted(set(known) - {feed.owner_id for feed in feeds}, key=str)
    reset = bool(cursor) and not _continue(feeds, held, moment - KEPT)
    _read(feeds, own_names, granted_names, limit)
    if not reset and not _proven(feeds, known):
        reset = True
        for feed in feeds:
            feed.after, feed.base, feed.changes = 0, None, []
        _read(feeds, own_names, granted_names, limit)
    own = known.get(viewer.user_id)
    if own is not None and not reset:
        feed_note_held(viewer.user_id, own.revision, moment)
    taken, has_more = _cut(feeds, limit)
    changes = _changes(viewer, feeds, taken)
    positions = {f.owner_id: Position(f.generation, f.after, f.base or 0, f.scope) for f in feeds if f.generation}
    return {
        "serverTime": iso(moment),
        "cursor": Cursor(moment, positions).encode(),
        "hasMore": has_more,
        "reset": reset,
        "purge": purge,
        "changes": changes,
    }


def _continue(feeds: Sequence[_Feed], held: Cursor | None, oldest: Any) -> bool:
    """Set the feeds to where the phone stands. False when that cannot be proven without asking the database."""
    if held is None or held.given_at < oldest or feeds[0].owner_id not in held.positions:
        return False
    for feed in feeds:
        position = held.positions.get(feed.owner_id)
        if position and position.scope != feed.scope:
            for back in feeds:
                back.after, back.base = 0, None
            return False
        if position:
            feed.after, feed.base = position.revision, position.base
    return True


def _read(feeds: Sequence[_Feed], own_names: list[str], granted_names: list[str], limit: int) -> None:
    new_base = 2**62  # a feed read from its beginning: tombstones tell the phone nothing it holds
    with connection.cursor() as cursor:
        cursor.execute(
            _PAGE,
            [
                [f.owner_id for f in feeds], [f.after for f in feeds],
                [new_base if f.base is None else f.base for f in feeds], [f.own for f in feeds],
                own_names, granted_names, limit + 1,
            ],
        )  # fmt: skip
        for n, generation, revision, name, object_id, changed, deleted in cursor.fetchall():
            feed = feeds[n - 1]
            feed.generation, feed.revision = generation, revision
            if name is not None:
                feed.changes.append((name, object_id, changed, deleted))
    for feed in feeds:
        if feed.base is None:
            feed.base = feed.revision


def _proven(feeds: Sequence[_Feed], known: Mapping[UUID, Position]) -> bool:
    return all(
        feed.generation == position.generation and position.revision <= feed.revision
        for feed in feeds
        if (position := known.get(feed.owner_id))
    )


def _cut(feeds: Sequence[_Feed], limit: int) -> tuple[list[tuple[_Feed, str, UUID, int, bool]], bool]:
    """The first ``limit`` changes over all feeds, with each feed moved on; and whether more wait."""
    taken: list[tuple[_Feed, str, UUID, int, bool]] = []
    more = False
    for feed in feeds:
        room = limit - len(taken)
        part = feed.changes[:room]
        taken += [(feed, *change) for change in part]
        if len(feed.changes) > room:
            more = True
            feed.after = part[-1][2] if part else feed.after
        else:
            feed.after = feed.revision
    return taken, more


def _changes(
    viewer: Actor, feeds: Sequence[_Feed], taken: Sequence[tuple[_Feed, str, UUID, int, bool]]
) -> list[dict[str, Any]]:
    """The changes with their objects: one loader call a resource and feed. What a loader leaves out is not visible."""
    wanted: dict[tuple[UUID, str], list[UUID]] = defaultdict(list)
    for feed, name, object_id, _revision, deleted in taken:
        if not deleted:
            wanted[feed.owner_id, name].append(object_id)
    shown: dict[tuple[UUID, str], Mapping[UUID, dict[str, Any]]] = {}
    for (owner_id, name), ids in wanted.items():
        known = resource(name)
        assert known is not None, name
        shown[owner_id, name] = known.load(viewer, owner_id, ids)
    found = []
    for feed, name, object_id, revision, _deleted in taken:
        body = shown.get((feed.owner_id, name), {}).get(object_id)
        if body is None and revision <= (feed.base or 0):
            continue  # the phone never held it: nothing to take back, and nothing to tell
        found.append(
            {
                "resource": name,
                "id": object_id,
                "patientId": feed.owner_id,
                "revision": revision,
                "deleted": body is None,
                "object": body,
            }
        )
    return found
