"""From grids to rows of cells with roles: ruled tables, and tables without rules whose columns follow the headings."""

import itertools
import re
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from apps.ocr.pipeline.engines import Engines
from apps.ocr.pipeline.engines.base import Image, Reading
from apps.ocr.pipeline.layout.cells import Cell, cut_cells
from apps.ocr.pipeline.layout.columns import SLOTS, SURE, Columns, by_share, heading_scores, name_columns
from apps.ocr.pipeline.layout.grid import Grid, Rule
from apps.ocr.pipeline.layout.lines import Line, in_rows, read_again, read_khmer, read_latin, read_leads, trusted
from apps.ocr.pipeline.postprocess.labels import role_scores
from apps.ocr.pipeline.postprocess.rows import needs_khmer, needs_lead
from apps.ocr.pipeline.types import Box

MANY = 40  # rows; a page with more is no prescription


@dataclass(slots=True)
class Table:
    """A table that was read: the roles of its columns and the cells of its body."""

    columns: Columns
    body: list[list[Cell]]
    box: Box
    heading: list[Cell]

    @property
    def khmer_digits(self) -> bool:
        """Whether the numbers of the body are printed in Khmer, by most of what the Khmer engine read."""
        texts = [line.khmer.text for row in self.body for cell in row for line in cell.lines]
        own = sum(re.search("[០-៩]", text) is not None for text in texts)
        other = sum(re.search("[0-9]", text) is not None for text in texts)
        return own > other

    def row(self, index: int) -> dict[str, Cell]:
        """The cells of a row by their role."""
        return {role: cell for role, cell in zip(self.columns.roles, self.body[index], strict=False) if role}


def read_table(grey: Image, grid: Grid, engines: Engines) -> Table | None:
    """Read the cells of a grid; None when it is no table of medicines."""
    cells = cut_cells(grey, grid)[:MANY]
    read_latin([line for row in cells for cell in row for line in cell.lines], engines)
    top = cells[:2]
    read_khmer([line for row in top for cell in row for line in cell.lines if not trusted(line.latin)], engines)
    scored = [heading_scores(row) for row in top]
    weak = [
        line
        for row, scores in zip(top, scored, strict=True)
        if sum(max(one.values()) >= SURE for one in scores) >= 2
        for cell, one in zip(row, scores, strict=True)
        if max(one.values()) < 85
        for line in cell.lines
    ]
    if weak:
        read_again(weak, engines)
        scored = [heading_scores(row) for row in top]
    strong = [sum(max(scores.values()) >= SURE for scores in row) for row in scored]
    first = int(np.argmax(strong)) if strong and max(strong) >= 2 else -1
    # a heading of two storeys: the lower one names the times of day
    body = cells[first + 1 :]
    columns = _without_heading(cells, grid) if first < 0 else name_columns(scored[first], body)
    if columns.index("name") is None or not any(role in SLOTS for role in columns.roles if role):
        columns = by_share([rule.at((rule.start + rule.end) / 2) for rule in grid.columns])
    if columns.index("name") is None:
        return None
    _ask_khmer(columns, body, engines)
    if columns.guessed and first >= 0:
        # with all of the body read, the content says more about the columns
        read_khmer([line for row in body for cell in row for line in cell.lines if not line.khmer.text], engines)
        better = name_columns(scored[first], body)
        if better.index("name") is not None and better.roles != columns.roles:
            columns = better
            _ask_khmer(columns, body, engines)
    left, top_edge = grid.crossing(0, 0)
    right, bottom = grid.crossing(len(grid.rows) - 1, len(grid.columns) - 1)
    box = Box(int(left), int(top_edge), int(right - left), int(bottom - top_edge))
    return Table(columns, body, box, cells[first] if first >= 0 else [])


def _without_heading(cells: list[list[Cell]], grid: Grid) -> Columns:
    found = name_columns([{} | dict.fromkeys(role_scores("", ""), 0.0) for _ in grid.columns[1:]], cells)
    return Columns(found.roles, True, 0.0)


def _ask_khmer(columns: Columns, body: list[list[Cell]], engines: Engines) -> None:
    """Let the Khmer engine read what the Latin one cannot be trusted with."""
    wanted: list[Line] = []
    leading: list[Line] = []
    for row in body:
        for role, cell in zip(columns.roles, row, strict=False):
            for line in cell.lines:
                if role in (*SLOTS, "no"):
                    ask = needs_khmer(line.latin)
                elif role in ("quantity", "duration"):
                    ask = not re.fullmatch(r"\d+\s*(tabs?|caps?|cp)?\.?", line.latin.text) or line.latin.score < 0.97
                else:
                    ask = not trusted(line.latin)
                if ask and not line.khmer.text:
                    wanted.append(line)
                if role in (*SLOTS, "quantity") and needs_lead(line.latin):
                    leading.append(line)
    read_khmer(wanted, engines)
    read_leads(leading, engines)


def find_unruled(grey: Image, lines: list[Line]) -> tuple[Grid, Image] | None:
    """A table without (upright) rules: the row of headings, columns between them, rows between the white.

    ``lines`` are the lines of the page, already read. Returns a grid and the grey page without its long rules.
    """
    heading = _heading_row(lines)
    if heading is None:
        return None
    clean = _without_rules(grey)
    mask = (cv2.medianBlur(clean, 3) < 195).astype(np.uint8)
    top = min(line.box.y for line in heading)
    bottom = max(line.box.bottom for line in heading)
    left = max(0, min(line.box.x for line in heading) - 40)
    right = min(grey.shape[1], max(line.box.right for line in heading) + 60)
    anchors = _anchors(lines, heading, bottom)
    if not anchors:
        return None
    cuts = _row_cuts(mask[:, left:right], anchors, bottom)
    body = mask[bottom : int(cuts[-1]), left:right]
    edges = _column_edges(heading, body, left, right)
    rows = [_level(top - 6), *(_level(cut) for cut in cuts)]
    columns = [_level(edge) for edge in edges]
    return Grid(tuple(rows), tuple(columns)), clean


def _level(at: float) -> Rule:
    return Rule(np.array([float(at)]), 0.0, 10_000.0, 10_000.0)


def _heading_row(lines: list[Line]) -> list[Line] | None:
    best: tuple[float, list[Line]] | None = None
    for whole in in_rows(lines):
        row = [part for line in whole for part in _words(line)]
        if len(row) < 4:
            continue
        roles: dict[str, float] = {}
        for line in row:
            scores = role_scores(line.khmer.text, line.latin.text)
            role = max(scores, key=lambda one: scores[one])
            if scores[role] >= 70:
                roles[role] = max(roles.get(role, 0.0), scores[role])
        enough = len(roles) >= 4 or (len(roles) >= 3 and len(row) >= 6 and "name" in roles)
        if not enough or not (any(slot in roles for slot in SLOTS) or "name" in roles):
            continue
        total = sum(roles.values())
        if best is None or total > best[0]:
            best = (total, row)
    return best[1] if best else None


def _words(line: Line) -> list[Line]:
    """A line that holds several headings, cut between them."""
    words = [word for word in re.split(r"\s+", line.latin.text.strip()) if word]
    if len(words) < 2 or not all(max(role_scores("", word).values()) >= 75 for word in words):
        return [line]
    total = sum(len(word) + 1 for word in words) - 1
    parts, at = [], 0
    for word in words:
        left = line.box.x + line.box.width * at // total
        right = line.box.x + line.box.width * (at + len(word)) // total
        box = Box(left, line.box.y, max(1, right - left), line.box.height)
        parts.append(Line(box, line.crop, Reading(word, line.latin.score, line.latin.engine)))
        at += len(word) + 1
    return parts


def _anchors(lines: list[Line], heading: list[Line], below: int) -> list[Line]:
    """The first line of each row: what stands in the columns of the heading until the table ends."""
    left, right = heading[0].box.x, heading[-1].box.right
    height = float(np.median([line.box.height for line in heading]))
    rows = [
        row
        for row in in_rows([line for line in lines if line.box.y >= below - 4])
        if min(line.box.x for line in row) < right and max(line.box.right for line in row) > left
    ]
    anchors: list[Line] = []
    last = float(below)
    for row in rows:
        top = min(line.box.y for line in row)
        if top - last > 4.5 * height:
            break
        first = row[0]
        lead = first.box.x < heading[0].box.right + 12
        numbered = re.match(r"^[\d០-៩]{1,2}\s*[.)]?(\s|$|[A-Za-z])", first.best.text) is not None
        if (lead and (numbered or len(row) >= 4)) or (anchors and len(row) >= 4):
            anchors.append(first)
            last = max(line.box.bottom for line in row)
        elif anchors and len(row) <= 2 and first.box.x < heading[min(2, len(heading) - 1)].box.x:
            last = max(line.box.bottom for line in row)
    return anchors


def _row_cuts(mask: Image, anchors: list[Line], below: int) -> list[float]:
    """Where each row ends: in the widest white between one anchor and the next."""
    cuts = [float(below) + 2]
    for a, b in itertools.pairwise(anchors):
        start, end = int(a.middle), int(b.middle)
        empty = np.asarray(~mask[start:end].any(axis=1), np.bool_)
        cuts.append(start + _widest(empty))
    height = float(np.median([line.box.height for line in anchors]))
    end = anchors[-1].box.bottom
    limit = min(mask.shape[0] - 1, round(end + 2.5 * height))
    stop = end
    gap = 0
    for y in range(end, limit):
        gap = 0 if mask[y].any() else gap + 1
        if gap > 0.7 * height:
            break
        stop = y
    cuts.append(float(stop + min(4, round(0.3 * height))))
    return cuts


def _widest(empty: NDArray[np.bool_]) -> float:
    best = (0, len(empty) / 2)
    start = None
    for i, blank in enumerate([*empty.tolist(), False]):
        if blank and start is None:
            start = i
        elif not blank and start is not None:
            if i - start > best[0]:
                best = (i - start, (start + i) / 2)
            start = None
    return best[1]


def _column_edges(heading: list[Line], body: Image, left: int, right: int) -> list[float]:
    """Between two headings, at the place with the least ink below."""
    ink = body.sum(axis=0).astype(float) if body.size else np.zeros(right - left)
    edges = [float(left)]
    for a, b in itertools.pairwise(heading):
        low, high = int((a.box.x + a.box.right) / 2) - left, int((b.box.x + b.box.right) / 2) - left
        middle = ((a.box.right + b.box.x) / 2) - left
        span = ink[low:high]
        if len(span) < 2:
            edges.append(left + middle)
            continue
        smooth = np.convolve(span, np.ones(9) / 9, mode="same")
        away = np.abs(np.arange(low, high) - middle) / max(1, high - low)
        edges.append(left + low + float(np.argmin(smooth + away * 1.5)))
    edges.append(float(right))
    return edges


def _without_rules(grey: Image) -> Image:
    """Long straight lines painted over."""
    dark = (grey < 205).astype(np.uint8)
    across = cv2.morphologyEx(dark, cv2.MORPH_OPEN, np.ones((1, 60), np.uint8))
    down = cv2.morphologyEx(dark, cv2.MORPH_OPEN, np.ones((36, 1), np.uint8))
    clean = grey.copy()
    clean[cv2.dilate(cv2.bitwise_or(across, down), np.ones((3, 3), np.uint8)) > 0] = 255
    return clean
