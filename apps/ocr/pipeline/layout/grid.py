"""Ruled tables: the rules are found as fragments, joined into gently bent lines, and crossed into cells."""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from apps.ocr.pipeline.engines.base import Image
from apps.ocr.pipeline.types import Box

INK = 200  # an evened-out pixel darker than this may belong to a rule
RUN = 28  # a straight piece of a rule is at least this long; strokes of letters are shorter
BESIDE, PALE = 6, 16  # how far beside a pale rule the paper is looked at, and how much brighter it has to be
NEAR = 9.0  # how far a fragment may lie from the line it continues

MOST_RULES, LEAST_HEIGHT = 16, 70.0  # a line of text with many upright strokes is no table either
PAST = 40.0  # how much longer than its fellows a rule may be
SLACK = 8
LEAST_RULES = 5  # name, quantity and two times of day are four columns; fewer are a box, not a table of medicines

Curve = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Rule:
    """A traced line: its place across as a polynomial of its place along, and from where to where it was seen."""

    curve: Curve
    start: float
    end: float
    covered: float

    def at(self, along: float) -> float:
        """Where the rule lies at a place along it."""
        return float(np.polyval(self.curve, along))


@dataclass(frozen=True, slots=True)
class Grid:
    """The rules of one table, rows from top to bottom and columns from left to right."""

    rows: tuple[Rule, ...]
    columns: tuple[Rule, ...]

    def crossing(self, row: int, column: int) -> tuple[float, float]:
        """Where two rules meet."""
        across, down = self.rows[row], self.columns[column]
        y = across.at((across.start + across.end) / 2)
        x = down.at(y)
        for _ in range(3):
            y = across.at(x)
            x = down.at(y)
        return x, y

    def cell(self, row: int, column: int) -> NDArray[np.float32]:
        """The four corners of a cell, top left first, clockwise."""
        corners = ((row, column), (row, column + 1), (row + 1, column + 1), (row + 1, column))
        return np.array([self.crossing(*corner) for corner in corners], np.float32)


def find_grids(grey: Image, lines: Sequence[Box] = ()) -> list[Grid]:
    """The ruled tables of a page (evened-out grey), largest first. ``lines`` are where text stands on the page.

    A fold of the paper looks like a rule; it is told by running on past the table and through the text.
    """
    dark = (grey < INK).astype(np.uint8)
    faint_flat, faint_tall = _faint(grey), _faint(grey.T.copy()).T
    flat = cv2.morphologyEx(dark, cv2.MORPH_OPEN, np.ones((1, RUN), np.uint8))
    tall = cv2.morphologyEx(dark, cv2.MORPH_OPEN, np.ones((RUN, 1), np.uint8))
    flat = cv2.bitwise_or(flat, cv2.morphologyEx(faint_flat, cv2.MORPH_OPEN, np.ones((1, RUN), np.uint8)))
    tall = cv2.bitwise_or(tall, cv2.morphologyEx(faint_tall, cv2.MORPH_OPEN, np.ones((RUN, 1), np.uint8)))
    # solid areas (a logo, a shaded heading) are no rules
    solid = cv2.dilate(cv2.morphologyEx(dark, cv2.MORPH_OPEN, np.ones((9, 9), np.uint8)), np.ones((5, 5), np.uint8))
    flat[solid > 0] = 0
    tall[solid > 0] = 0
    together = cv2.dilate(cv2.bitwise_or(flat, tall), np.ones((7, 7), np.uint8))
    count, labels, stats, _ = cv2.connectedComponentsWithStats(together, connectivity=8)
    height, width = grey.shape
    grids: list[tuple[float, Grid]] = []
    for label in range(1, count):
        x, y, w, h, _ = stats[label]
        if w < 0.4 * width or h < 0.04 * height:
            continue
        part = (slice(y, y + h), slice(x, x + w))
        inside = labels[part] == label
        rows = _rules(np.where(inside, flat[part], 0).astype(np.uint8), (x, y), 0.5 * w, degree=3)
        rows = [rule for rule in rows if rule.end - rule.start > 0.5 * w]
        if len(rows) >= 3:
            usual = float(np.median([rule.start for rule in rows])), float(np.median([rule.end for rule in rows]))
            rows = [rule for rule in rows if not (_runs_on(rule, *usual) and _through(rule, lines, level=True))]
        if len(rows) < 2:
            continue
        first = max(0, round(min(rule.at(x + w / 2) for rule in rows)) - y - SLACK)
        last = min(h, round(max(rule.at(x + w / 2) for rule in rows)) - y + SLACK)
        beyond = tall[part].copy()
        upright = np.where(inside, tall[part], 0).astype(np.uint8)
        upright[:first], upright[last:] = 0, 0
        columns = _rules(upright.T.copy(), (y, x), 0.0, degree=2)
        tall_enough = rows[-1].at(x + w / 2) - rows[0].at(x + w / 2)
        columns = [rule for rule in columns if rule.covered > 0.55 * tall_enough]
        outside = np.vstack([beyond[:first], beyond[last:]])
        columns = [
            rule for rule in columns if not (_goes_on(rule, outside, x, y) and _through(rule, lines, level=False))
        ]
        if not LEAST_RULES <= len(columns) <= MOST_RULES or tall_enough < LEAST_HEIGHT:
            continue
        grids.append((float(w) * h, Grid(tuple(rows), tuple(columns))))
    return [grid for _, grid in sorted(grids, key=lambda pair: -pair[0])]


def _faint(grey: Image) -> Image:
    """Level lines too pale or broken to pass as ink: darker, on average along them, than what lies to both sides."""
    along = cv2.blur(grey, (21, 1)).astype(np.int16)
    above, below = np.roll(along, BESIDE, axis=0), np.roll(along, -BESIDE, axis=0)
    return np.asarray(np.minimum(above, below) - along > PALE, np.uint8)


def _runs_on(rule: Rule, start: float, end: float) -> bool:
    return rule.start < start - PAST or rule.end > end + PAST


def _goes_on(rule: Rule, outside: NDArray[np.uint8], x: int, y: int) -> bool:
    """Whether something like the rule is seen above or below the table too."""
    if len(outside) < PAST:
        return False
    at = round(rule.at((rule.start + rule.end) / 2)) - x
    strip = outside[:, max(0, at - 10) : at + 11]
    return bool(strip.size) and float(strip.any(axis=1).mean()) > 0.3


def _through(rule: Rule, lines: Sequence[Box], *, level: bool) -> bool:
    """Whether a rule runs through text rather than between it."""
    for box in lines:
        along, across, length, size = (
            (box.x, box.y, box.width, box.height) if level else (box.y, box.x, box.height, box.width)
        )
        middle = along + length / 2
        if (
            rule.start <= middle <= rule.end
            and across + 0.25 * size < rule.at(middle) < across + 0.75 * size
            and size > 14
        ):
            return True
    return False


def straightening(grid: Grid) -> NDArray[np.float64] | None:
    """The homography that makes the table upright where it stands; None when it is so already, or would be far off."""
    last_row, last_column = len(grid.rows) - 1, len(grid.columns) - 1
    places = ((0, 0), (0, last_column), (last_row, last_column), (last_row, 0))
    corners = np.array([grid.crossing(*place) for place in places], np.float32)
    left, top = (corners[0] + corners[3])[0] / 2, (corners[0] + corners[1])[1] / 2
    right, bottom = (corners[1] + corners[2])[0] / 2, (corners[2] + corners[3])[1] / 2
    target = np.array([[left, top], [right, top], [right, bottom], [left, bottom]], np.float32)
    moved = float(np.abs(target - corners).max())
    if moved < 6 or moved > 0.25 * min(right - left, bottom - top) + 40:
        return None
    return np.asarray(cv2.getPerspectiveTransform(corners, target), np.float64)


@dataclass(slots=True)
class _Thread:
    """Fragments that continue each other."""

    along: NDArray[np.float64]
    across: NDArray[np.float64]

    def line(self) -> Curve:
        # a straight line is enough to decide what continues what; short pieces say little about their slope
        if self.along[-1] - self.along[0] < 3 * RUN:
            return np.array([0.0, float(self.across.mean())])
        return np.polyfit(self.along, self.across, 1)


def _rules(mask: Image, origin: tuple[int, int], least: float, degree: int) -> list[Rule]:
    """The horizontal rules in a mask whose left upper corner lies at ``origin``."""
    count, labels, stats, _ = cv2.connectedComponentsWithStats(mask, connectivity=8)
    threads: list[_Thread] = []
    order = sorted(range(1, count), key=lambda label: -int(stats[label, cv2.CC_STAT_WIDTH]))
    for label in order:
        x, y, w, h, _ = (int(value) for value in stats[label])
        if h > max(14, 0.25 * w):
            continue
        part = labels[y : y + h, x : x + w] == label
        weight = part.sum(axis=0)
        seen = weight > 0
        along = np.nonzero(seen)[0].astype(np.float64) + x + origin[0]
        across = (part * np.arange(h)[:, None]).sum(axis=0)[seen] / weight[seen] + y + origin[1]
        piece = _Thread(along, across)
        for thread in threads:
            line = thread.line()
            middle = float(along.mean())
            gap = max(float(along[0] - thread.along[-1]), float(thread.along[0] - along[-1]), 0.0)
            if abs(np.polyval(line, middle) - across.mean()) < NEAR + 0.01 * gap:
                joined = np.argsort(np.concatenate([thread.along, along]), kind="stable")
                thread.along = np.concatenate([thread.along, along])[joined]
                thread.across = np.concatenate([thread.across, across])[joined]
                break
        else:
            threads.append(piece)
    rules = []
    for thread in threads:
        covered = float(len(np.unique(thread.along)))
        if covered < least:
            continue
        rules.append(_traced(thread, covered, degree))
    rules.sort(key=lambda rule: rule.at((rule.start + rule.end) / 2))
    return rules


def _traced(thread: _Thread, covered: float, degree: int) -> Rule:
    along, across = thread.along, thread.across
    curve = np.polyfit(along, across, 1)
    for power in (1, degree):
        # a letter that touches the rule pulls it aside: such points are left out of the second look
        wrong = np.abs(np.polyval(curve, along) - across)
        good = wrong <= max(3.0, 2.5 * float(np.median(wrong)))
        if good.sum() > 3 * RUN:
            curve = np.polyfit(along[good], across[good], power)
    return Rule(curve, float(along[0]), float(along[-1]), covered)
