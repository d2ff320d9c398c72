"""What higher apps add to a person's answers and acts; each registers once, from its ``apps.py``.

The users app stands below the apps that know doses, links and sessions, so it asks through these small tables.
"""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from apps.users.models import User
from dastern.core.actor import Actor

Progress = Callable[[User, datetime], tuple[int, int]]
Export = Callable[[UUID], Iterable[Mapping[str, Any]]]
Hook = Callable[[User, datetime], None]
Farewell = Callable[[User, Actor, datetime], None]
Proof = Callable[[User, Actor, str, str, datetime], bool]
Files = Callable[[UUID], Iterable[str]]
Circle = Callable[[UUID], Iterable[UUID]]

GRACE: Final = "grace"
MEAL_TIMES: Final = "meal_times"
TIMEZONE: Final = "timezone"


@dataclass(frozen=True, slots=True)
class Storage:
    """What one kind of rows counts as: an estimate of bytes each, and how many there are."""

    bytes_each: int
    count: Callable[[UUID], int]


@dataclass(frozen=True, slots=True)
class PlanFigures:
    """The tier in force, the bytes of stored files, and how many bytes everything may take."""

    tier: str
    files: int
    quota: int


PlanSource = Callable[[UUID], PlanFigures]
Taking = Callable[[UUID, int, int, datetime], None]


@dataclass(frozen=True, slots=True)
class Heading:
    """A line of a sheet that stands above others."""

    text: str


@dataclass(frozen=True, slots=True)
class Sheet:
    """A section of the export as people read it on paper: lines in both languages, made by ``bilingual.both``.

    Low ranks come first; sections without a sheet come last.
    """

    title: str  # msgid
    lines: Callable[[User], Iterable["str | Heading"]]
    rank: int = 50


_progress: list[Progress] = []
_exports: dict[str, Export] = {}
_titles: dict[str, str] = {}
_sheets: dict[str, Sheet] = {}
_storage: dict[str, Storage] = {}
_hooks: dict[str, list[Hook]] = {}
_farewells: list[Farewell] = []
_proofs: list[Proof] = []
_plans: list[tuple[PlanSource, Taking]] = []
_files: list[Files] = []
_circles: list[Circle] = []
_mutable: set[str] = set()


def register_progress(source: Progress) -> None:
    """``source(patient, now)`` gives (taken, scheduled) of the patient's local day."""
    _progress[:] = [source]


def register_export(section: str, source: Export, *, title: str = "", sheet: Sheet | None = None) -> None:
    """``source(user_id)`` yields the person's own rows for the export; never another person's secrets.

    On paper a section is its ``sheet``; without one its newest rows are printed as they are, under ``title`` (a
    msgid marked with ``gettext_noop``). Raises ValueError for a section that has neither.
    """
    if not (sheet or title):
        raise ValueError(f"the export's section {section} needs a title or a sheet for the paper")
    _exports[section] = source
    _titles[section] = sheet.title if sheet else title
    if sheet:
        _sheets[section] = sheet


def register_storage(kind: str, storage: Storage) -> None:
    """``kind`` appears in the breakdown of GET users/storage."""
    _storage[kind] = storage


def register_change(what: str, hook: Hook) -> None:
    """``hook(user, now)`` runs in the transaction that changed GRACE, MEAL_TIMES or TIMEZONE, feeds locked."""
    if hook not in _hooks.setdefault(what, []):
        _hooks[what].append(hook)


def register_farewell(hook: Farewell) -> None:
    """``hook(user, actor, now)`` runs when somebody asks for deletion: links end, sessions end."""
    if hook not in _farewells:
        _farewells.append(hook)


def register_proof(proof: Proof) -> None:
    """``proof(user, actor, password, code, now)`` tells whether the person proved to be the owner."""
    _proofs[:] = [proof]


def register_plan(figures: PlanSource, take: Taking) -> None:
    """``take(user_id, size, rows, now)`` counts ``size`` more bytes of files beside ``rows`` bytes of rows.

    A negative size frees. Raises PlanLimit when the quota does not hold them.
    """
    _plans[:] = [(figures, take)]


def register_files(source: Files) -> None:
    """``source(user_id)`` names the stored files that go with the account, so that none outlives its rows."""
    if source not in _files:
        _files.append(source)


def register_circle(source: Circle) -> None:
    """``source(user_id)`` gives the people whose feeds a farewell writes, to lock all feeds at once and in order."""
    if source not in _circles:
        _circles.append(source)


def register_mutable(types: Collection[str]) -> None:
    """The notification types that a person may switch off."""
    _mutable.update(types)


def progress_of(user: User, now: datetime) -> tuple[int, int]:
    """(taken, scheduled) of today; nothing where no app registered."""
    return _progress[0](user, now) if _progress else (0, 0)


def exports() -> Mapping[str, Export]:
    """Section → source."""
    return dict(_exports)


def export_title(section: str) -> str:
    """The msgid of a section's title; its name where the app gave none."""
    return _titles.get(section) or section


def sheet_of(section: str) -> Sheet | None:
    """How a section is read on paper; None for its rows as they are."""
    return _sheets.get(section)


def storage_kinds() -> Mapping[str, Storage]:
    """Kind → how it counts."""
    return dict(_storage)


def changed(what: str, user: User, now: datetime) -> None:
    """Run the hooks of one kind of change."""
    for hook in _hooks.get(what, ()):
        hook(user, now)


def plan_figures(user_id: UUID) -> PlanFigures:
    """What the plan of a person allows and what files take of it."""
    [(figures, _)] = _plans
    return figures(user_id)


def files_take(user_id: UUID, size: int, rows: int, now: datetime) -> None:
    """Count files. Raises PlanLimit."""
    [(_, take)] = _plans
    take(user_id, size, rows, now)


def files_of(user_id: UUID) -> list[str]:
    """The names of every stored file that goes with the account."""
    return [name for source in _files for name in source(user_id) if name]


def circle_of(user_id: UUID) -> set[UUID]:
    """The person and everybody whose feed a farewell writes."""
    return {user_id} | {other for source in _circles for other in source(user_id)}


def mutable_types() -> Collection[str]:
    """What may be switched off."""
    return frozenset(_mutable)


def say_farewell(user: User, actor: Actor, now: datetime) -> None:
    """Run the hooks of a deletion request."""
    for hook in _farewells:
        hook(user, actor, now)


def is_proven(user: User, actor: Actor, password: str, code: str, now: datetime) -> bool:
    """Whether the owner of the account stands behind this request."""
    return any(proof(user, actor, password, code, now) for proof in _proofs)
