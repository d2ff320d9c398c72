"""What can be pushed and pulled. Apps register from their ``apps.py``; sync itself imports none of them."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Protocol
from uuid import UUID

from dastern.core.actor import Actor


@dataclass(frozen=True, slots=True)
class Act:
    """One thing a person did on a phone (domain.md §2.18).

    ``at`` is when it was done, corrected by the device's clock skew; ``at_device`` is what the phone said.
    """

    local_id: UUID
    kind: str
    patient_id: UUID
    object_id: UUID | None
    at: datetime
    at_device: datetime
    recorded_at: datetime
    data: Mapping[str, Any]
    device_id: str
    skew: timedelta | None = None


@dataclass(frozen=True, slots=True)
class Verdict:
    """The judgement of one act. ``resource`` and ``object_id`` name the object to show as it now is."""

    outcome: str  # APPLIED, MERGED, SERVER_WINS, REJECTED
    code: str | None = None  # NOT_FOUND, WINDOW_CLOSED, FUTURE, PLAN_LIMIT, INVALID, LOCAL_ID_REUSED
    resource: str | None = None
    object_id: UUID | None = None


def rejected(code: str) -> Verdict:
    """The act cannot be carried out; the phone shows it under "needs attention"."""
    return Verdict("REJECTED", code)


@dataclass(frozen=True, slots=True)
class PushContext:
    """Who pushes, when the server received it, and the feeds already locked for it."""

    actor: Actor
    now: datetime
    device_id: str
    earlier: Mapping[UUID, "StoredAct"] = field(default_factory=dict)  # local id -> act answered before, for undo


@dataclass(frozen=True, slots=True)
class StoredAct:
    """What is known of an act that was answered before."""

    kind: str
    object_id: UUID | None
    act_at: datetime
    outcome: str


class ActHandler(Protocol):
    """Judges acts of some kinds. One instance serves one push, inside its transaction, feeds locked.

    ``load`` reads (and row-locks) everything the acts name, in a number of statements that does not grow with the
    batch; ``judge`` decides one act in memory, seeing the effect of earlier ones; ``flush`` writes everything.
    """

    def load(self, acts: Sequence[Act], context: PushContext) -> None:
        """Read and lock."""

    def judge(self, act: Act) -> Verdict:
        """Decide one act; must not raise for bad input (answer ``rejected("INVALID")``)."""

    def flush(self) -> None:
        """Write the effects, audit rows and announcements of all judged acts."""


Loader = Callable[[Actor, UUID, Collection[UUID]], Mapping[UUID, dict[str, Any]]]


@dataclass(frozen=True, slots=True)
class Resource:
    """Something that is pulled.

    ``load(viewer, owner_id, ids)`` gives the objects of the owner's feed that the viewer may see, in the shape of
    the single GET; an id left out is told as deleted. ``own_only``: never shown to others (profile, settings …).
    """

    name: str
    load: Loader
    own_only: bool


@dataclass(frozen=True, slots=True)
class GrantedFeed:
    """A patient's feed that a viewer may pull, and a fingerprint that changes whenever what is visible changes."""

    patient_id: UUID
    fingerprint: str


class FeedProvider(Protocol):
    """Registered by connections: whose feeds may this viewer pull?"""

    def __call__(self, viewer: Actor, now: datetime) -> Sequence[GrantedFeed]:
        """The granted feeds, sorted by patient id."""


_handlers: dict[str, Callable[[], ActHandler]] = {}
_resources: dict[str, Resource] = {}
_providers: list[FeedProvider] = []


def register_acts(kinds: Collection[str], factory: Callable[[], ActHandler]) -> None:
    """``factory()`` makes the handler of these kinds; kinds sharing a factory share one instance a push."""
    for kind in kinds:
        if _handlers.get(kind, factory) is not factory:
            raise ValueError(f"two handlers for {kind}")
        _handlers[kind] = factory


def register_resource(name: str, load: Loader, *, own_only: bool = False) -> None:
    """Make ``name`` pullable."""
    _resources[name] = Resource(name, load, own_only)


def register_feed_provider(provider: FeedProvider) -> None:
    """Name the source of granted feeds (once)."""
    _providers[:] = [provider]


def handler_factory(kind: str) -> Callable[[], ActHandler] | None:
    """The factory for a kind, or None for a kind nobody knows."""
    return _handlers.get(kind)


def resource(name: str) -> Resource | None:
    """The registered resource, or None."""
    return _resources.get(name)


def resource_names(*, own: bool) -> list[str]:
    """Names of what the own feed (``own``) or a granted one carries."""
    return sorted(r.name for r in _resources.values() if own or not r.own_only)


def granted_feeds(viewer: Actor, now: datetime) -> Sequence[GrantedFeed]:
    """Feeds of other people that the viewer may pull."""
    return _providers[0](viewer, now) if _providers else ()
