"""What each column of a table holds, by its heading first and its content second."""

import itertools
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from apps.ocr.pipeline.layout.cells import Cell
from apps.ocr.pipeline.postprocess.labels import ROLES, role_scores
from apps.ocr.pipeline.postprocess.numbers import ascii_digits
from apps.ocr.pipeline.postprocess.words import find_unit

SLOTS = ("morning", "noon", "evening", "night")
SURE = 62.0

# The orders of columns that are known to be in use; a table is matched against those of its width.
TEMPLATES: tuple[tuple[str, ...], ...] = (
    ("no", "name", "quantity", "route", "morning", "noon", "evening", "night"),
    ("no", "name", "morning", "noon", "evening", "night", "note", "quantity"),
    ("no", "name", "quantity", "usage", "morning", "noon", "evening", "night"),
    ("no", "name", "quantity", "morning", "noon", "evening", "night", "note"),
    ("no", "name", "strength", "quantity", "morning", "noon", "evening", "night"),
    ("no", "name", "quantity", "morning", "noon", "evening", "usage"),
    ("no", "name", "quantity", "morning", "noon", "evening", "night"),
    ("no", "name", "morning", "noon", "evening", "night", "quantity"),
    ("no", "name", "morning", "noon", "evening", "quantity", "note"),
    ("no", "name", "strength", "quantity", "morning", "noon", "evening", "night", "note"),
    ("no", "name", "strength", "morning", "noon", "evening", "night", "quantity", "note"),
    ("no", "name", "strength", "quantity", "route", "morning", "noon", "evening", "night"),
    ("no", "name", "strength", "quantity", "route", "morning", "noon", "evening", "night", "note"),
)
# The specification's shares of the width, used when neither headings nor content say anything.
SHARES = (0.043, 0.322, 0.458, 0.568, 0.648, 0.734, 0.887, 1.0)
SHARE_ROLES = ("no", "name", "quantity", "usage", "morning", "noon", "evening", "night")


@dataclass(frozen=True, slots=True)
class Columns:
    """The role of each column (None where unknown); ``guessed`` when the headings alone did not decide."""

    roles: tuple[str | None, ...]
    guessed: bool
    score: float

    def index(self, role: str) -> int | None:
        """Which column has a role."""
        return self.roles.index(role) if role in self.roles else None


def heading_scores(row: list[Cell]) -> list[dict[str, float]]:
    """For each cell of a row, how like each heading it is."""
    return [role_scores(cell.khmer(), cell.latin()) for cell in row]


def name_columns(scores: list[dict[str, float]], body: list[list[Cell]]) -> Columns:
    """The roles of the columns, from their headings and what stands below."""
    count = len(scores)
    likely = [_with_content(scores[i], [row[i] for row in body if i < len(row)]) for i in range(count)]
    free = _free(likely, SLOTS)
    seen = [SLOTS.index(role) for role in free if role in SLOTS]
    best: tuple[float, tuple[str | None, ...]] = (0.0, free)
    if seen == sorted(seen):
        best = (_mean(likely, free), free)
    for roles in _in_order(likely):
        score = _mean(likely, roles) + 2.0
        if score > best[0]:
            best = (score, roles)
    for template in TEMPLATES:
        if len(template) == count:
            score = _mean(likely, template) + 4.0
            if score > best[0]:
                best = (score, template)
    roles = _filled(best[1])
    certain = [scores[i].get(role, 0.0) >= SURE for i, role in enumerate(roles) if role]
    guessed = not certain or sum(certain) < 0.75 * len(certain)
    return Columns(roles, guessed, best[0])


def by_share(edges: list[float]) -> Columns:
    """The last resort: roles by where the middle of a column lies in the table."""
    left, width = edges[0], max(1.0, edges[-1] - edges[0])
    roles: list[str | None] = []
    for a, b in itertools.pairwise(edges):
        share = ((a + b) / 2 - left) / width
        role = SHARE_ROLES[next(i for i, limit in enumerate(SHARES) if share <= limit)]
        roles.append(None if role in roles else role)
    return Columns(tuple(roles), True, 0.0)


def _with_content(scores: dict[str, float], cells: list[Cell]) -> dict[str, float]:
    """The likeness of the heading, moved a little by what the cells hold."""
    likely = dict(scores)
    filled = [cell for cell in cells if not cell.blank]
    if not filled:
        for role in ("name", "no"):
            likely[role] = likely.get(role, 0.0) - 25
        return likely
    latin = [cell.latin() for cell in filled]
    words = sum(bool(re.search(r"[A-Za-z]{4,}", text)) for text in latin) / len(filled)
    brief = sum(cell.dash or len(text) <= 4 for cell, text in zip(filled, latin, strict=True)) / len(filled)
    doses = sum(
        cell.dash or bool(re.fullmatch(r"[\d½¼/., ]{1,5}", text)) for cell, text in zip(filled, latin, strict=True)
    )
    doses_share = doses / len(filled)
    measured = sum(
        bool(re.match(r"\s*[\d០-៩]{1,3}\s*\D{2,}", cell.khmer())) and find_unit(cell.khmer(), cell.latin()) is not None
        for cell in filled
    )
    likely["quantity"] += 30 * measured / len(filled)
    numbers = [re.fullmatch(r"\W*(\d{1,2})\W*", ascii_digits(cell.khmer() or cell.latin())) for cell in filled]
    counted = [int(found[1]) for found in numbers if found]
    if len(counted) >= 0.6 * len(filled) and counted == sorted(set(counted)) and counted[0] <= 2 and len(counted) > 1:
        likely["no"] += 25  # it counts the rows
    likely["name"] += 30 * words - 15 * (1 - words)
    for slot in SLOTS:
        likely[slot] += 15 * doses_share - 10 * (1 - brief)
    if words > 0.6:
        for role in ROLES:
            if role not in ("name", "note", "usage"):
                likely[role] -= 15
    return likely


def _in_order(likely: list[dict[str, float]]) -> Iterator[tuple[str | None, ...]]:
    """Every place where the times of day can stand side by side and in order, the other roles by likeness."""
    for size in (4, 3):
        for start in range(len(likely) - size + 1):
            block = dict(zip(range(start, start + size), SLOTS, strict=False))
            others = _free([{} if i in block else scores for i, scores in enumerate(likely)], ())
            yield tuple(block.get(i, role) for i, role in enumerate(others))


def _free(likely: list[dict[str, float]], slots: Sequence[str]) -> tuple[str | None, ...]:
    """Each role to the column that is most like it, best match first; of the times of day only ``slots``."""
    pairs = sorted(
        (
            (score, i, role)
            for i, scores in enumerate(likely)
            for role, score in scores.items()
            if score >= SURE and (role in slots or role not in SLOTS)
        ),
        reverse=True,
    )
    roles: list[str | None] = [None] * len(likely)
    for _, i, role in pairs:
        if roles[i] is None and role not in roles:
            roles[i] = role
    return tuple(roles)


def _mean(likely: list[dict[str, float]], roles: tuple[str | None, ...]) -> float:
    return sum(likely[i].get(role, 0.0) for i, role in enumerate(roles) if role) / max(1, len(roles))


def _filled(roles: tuple[str | None, ...]) -> tuple[str | None, ...]:
    """Times of day stand side by side and in order: a gap between two known ones has one answer."""
    filled = list(roles)
    known = {role: i for i, role in enumerate(filled) if role in SLOTS}
    for role, at in known.items():
        for other in SLOTS:
            place = at + SLOTS.index(other) - SLOTS.index(str(role))
            if other not in filled and 0 <= place < len(filled) and filled[place] is None:
                between = range(min(at, place) + 1, max(at, place))
                if all(filled[i] in SLOTS or filled[i] is None for i in between):
                    filled[place] = other
    return tuple(filled)
