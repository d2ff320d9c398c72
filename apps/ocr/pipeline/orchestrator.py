"""One photo through the five rooms. Each room catches its own failure; what was read until then is kept."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import TypeVar

import cv2
import numpy as np
from numpy.typing import NDArray

from apps.ocr.pipeline import debug
from apps.ocr.pipeline.engines import Engines, load_engines
from apps.ocr.pipeline.engines.base import Image
from apps.ocr.pipeline.intake import open_image
from apps.ocr.pipeline.layout.grid import Grid, find_grids, straightening
from apps.ocr.pipeline.layout.lines import Line, cut, plainly_latin, read_again, read_khmer, read_latin, trusted
from apps.ocr.pipeline.layout.lists import find_items
from apps.ocr.pipeline.layout.tables import Table, find_unruled, read_table
from apps.ocr.pipeline.postprocess.fields import Around, around, find_pieces, read_pieces
from apps.ocr.pipeline.postprocess.handwriting import without_amounts, written_by_hand
from apps.ocr.pipeline.postprocess.items import build_item, read_items
from apps.ocr.pipeline.postprocess.labels import find_labels, plain
from apps.ocr.pipeline.postprocess.review import notices
from apps.ocr.pipeline.postprocess.rows import build_row, less_sure
from apps.ocr.pipeline.preprocess import Page, flatten, flatten_around, measure, reshape, turn, unflattened
from apps.ocr.pipeline.qr import read_codes
from apps.ocr.pipeline.types import (
    Block,
    Box,
    EnginesUnavailable,
    Footer,
    Header,
    Medication,
    Notice,
    Patient,
    Progress,
    Quality,
    ScanResult,
    Stage,
    WarningCode,
)

T = TypeVar("T")
POOR, MANY_POOR = 0.96, 12  # lines read worse than this are read once more, not more than so many of them
FEW_LINES = 6
EDGE = 3  # pixels
LIMIT = 45.0  # seconds for one stage; what it has found until then is kept
LEAST_SENSE = 3  # lines that make sense; a page with fewer may stand on its head


def _silent(_stage: Stage, _share: float) -> None:
    """Nobody listens."""


@dataclass(slots=True)
class _Found:
    """What is known so far."""

    page: Page
    photo: Image
    lines: list[Line] = field(default_factory=list)
    grids: list[Grid] = field(default_factory=list)
    tables: list[Table] = field(default_factory=list)
    rows: list[Medication] = field(default_factory=list)
    layout: str = "none"
    rotated: int = 0
    table_box: Box | None = None
    by_hand: bool = False


def scan(image: bytes, *, progress: Progress = _silent, engines: Engines | None = None) -> ScanResult:
    """Read one photo of a prescription.

    ``image`` is the file as it was sent. ``progress`` is told each stage as it begins. Returns what could be read, with
    warnings; raises ImageRefused for bytes that are no such photo, and EnginesUnavailable where nothing here can read.
    """
    began = time.monotonic()
    progress(Stage.PREPROCESS, 0.0)
    photo = open_image(image)
    using = engines or load_engines()
    if not using.ready:
        raise EnginesUnavailable(", ".join(using.missing.values()))
    told: list[Notice] = []
    found = _Found(_guarded(Stage.PREPROCESS, told, lambda: flatten(photo), None) or _as_it_is(photo), photo)
    progress(Stage.LAYOUT, 0.1)
    _guarded(Stage.LAYOUT, told, lambda: _lay_out(found, using), None, using)
    progress(Stage.RECOGNITION, 0.35)
    _guarded(Stage.RECOGNITION, told, lambda: _recognise(found, using), None, using)
    quality, seen = _guarded(
        Stage.PREPROCESS, told, lambda: measure(photo, found.page, found.rotated), (Quality(), list[Notice]())
    )
    progress(Stage.POSTPROCESS, 0.8)
    codes = _guarded(Stage.POSTPROCESS, told, lambda: read_codes(found.page.colour), tuple[str, ...]())
    nothing = Around(Header(), Patient(), (), Footer())
    fields = _guarded(Stage.POSTPROCESS, told, lambda: _fields(found, using, codes), nothing, using)
    progress(Stage.FORMAT, 0.95)
    result = ScanResult(
        header=fields.header,
        patient=fields.patient,
        diagnosis=fields.diagnosis,
        medications=tuple(found.rows),
        footer=fields.footer,
        blocks=_blocks(found),
        quality=quality,
        engines=using.names,
        layout=found.layout,
        qr=codes,
        page=cv2.imencode(".jpg", found.page.colour, [cv2.IMWRITE_JPEG_QUALITY, 85])[1].tobytes(),
    )
    told = [*(Notice(WarningCode.ENGINE_UNAVAILABLE, detail=name) for name in using.missing), *seen, *told]
    guessed = any(table.columns.guessed for table in found.tables)
    told += notices(result, guessed=guessed, forms=_forms(found), by_hand=found.by_hand)
    debug.show(Stage.RECOGNITION, lambda: debug.readings(found.page.colour, result.blocks))
    debug.show(Stage.POSTPROCESS, lambda: debug.boxes(found.page.colour, result))
    debug.show(Stage.FORMAT, lambda: debug.proposal(found.page.colour, result))
    return replace(result, warnings=tuple(told), took_ms=round((time.monotonic() - began) * 1000))


def _guarded(
    stage: Stage, told: list[Notice], work: Callable[[], T], otherwise: T, engines: Engines | None = None
) -> T:
    if engines is not None:
        engines.until = time.monotonic() + LIMIT
    try:
        return work()
    except Exception as error:  # noqa: BLE001 - a room that fails costs its own part of the answer, never the whole
        debug.failed(stage, error)
        told.append(Notice(WarningCode.STAGE_FAILED, detail=stage))
        return otherwise


def _as_it_is(photo: NDArray[np.uint8]) -> Page:
    grey = np.asarray(cv2.cvtColor(photo, cv2.COLOR_BGR2GRAY), np.uint8)
    return Page(photo, grey, np.eye(3), paper_found=False)


def _lay_out(found: _Found, engines: Engines) -> None:
    """Find the lines and the ruled tables; level the page by its lines where no paper was found."""
    debug.show(Stage.PREPROCESS, lambda: found.page.colour)
    corners = _detect(found.page, engines)
    if found.page.paper_found and _cut_off(corners, found.page):
        # text that ends at the edge of the paper: those were not its edges
        found.page = unflattened(found.photo)
        corners = _detect(found.page, engines)
    slope, upright = _slope(corners)
    if not upright:
        found.page, found.rotated = turn(found.page, 90), 90
        corners = _detect(found.page, engines)
        slope, _ = _slope(corners)
    if not found.page.paper_found and len(corners) >= FEW_LINES:
        closer = flatten_around(found.page, np.concatenate(corners))
        if closer is not None:
            nearer = _detect(closer, engines)
            if not (closer.paper_found and _cut_off(nearer, closer)):
                found.page, corners = closer, nearer
                slope, _ = _slope(corners)
    if abs(slope) > 0.4:
        before = found.page
        found.page = turn(before, slope)
        moving = found.page.to_page @ np.linalg.inv(before.to_page)
        corners = [cv2.perspectiveTransform(one[None], moving)[0].astype(np.float32) for one in corners]
    found.lines = [cut(found.page.grey, one) for one in corners]
    found.grids = find_grids(found.page.grey, [line.box for line in found.lines])
    if not found.page.paper_found and found.grids and (square := straightening(found.grids[0])) is not None:
        # without the edges of the paper the table is what shows the perspective
        height, width = found.page.grey.shape
        found.page = reshape(found.page, square, (width, height))
        corners = [cv2.perspectiveTransform(one[None], square)[0].astype(np.float32) for one in corners]
        found.lines = [cut(found.page.grey, one) for one in corners]
        found.grids = find_grids(found.page.grey, [line.box for line in found.lines])
    debug.show(Stage.LAYOUT, lambda: debug.grids(found.page.colour, found.grids, found.lines))


def _detect(page: Page, engines: Engines) -> list[NDArray[np.float32]]:
    if engines.detector is None:
        return []
    return engines.detector.find(page.colour)


def _cut_off(corners: list[NDArray[np.float32]], page: Page) -> bool:
    """Whether several lines end at the very edge of the page."""
    height, width = page.grey.shape
    cut = sum(
        bool(one[:, 0].min() <= EDGE or one[:, 0].max() >= width - EDGE or one[:, 1].max() >= height - EDGE)
        for one in corners
    )
    return cut >= 2


def _slope(corners: list[NDArray[np.float32]]) -> tuple[float, bool]:
    """The usual slope of the lines in degrees, and whether they lie rather than stand."""
    lying, standing = [], 0
    for one in corners:
        along, down = one[1] - one[0], one[3] - one[0]
        width, height = float(np.linalg.norm(along)), float(np.linalg.norm(down))
        if width > 3 * height:
            lying.append(float(np.degrees(np.arctan2(along[1], along[0]))))
        elif height > 2 * width:
            standing += 1
    if standing > 2 * max(1, len(lying)) and standing >= 4:
        return 0.0, False
    return (float(np.median(lying)) if len(lying) >= 3 else 0.0), True


def _recognise(found: _Found, engines: Engines) -> None:
    """Read the lines outside the tables and the cells inside them; turn a page that makes no sense upside down."""
    _read_page(found, engines)
    sense = _sense(found.lines)
    if len(found.lines) >= FEW_LINES and sense < max(LEAST_SENSE, 0.2 * len(found.lines)):
        other = _Found(turn(found.page, 180), found.photo, rotated=(found.rotated + 180) % 360)
        _lay_out(other, engines)
        if other.rotated % 180 == found.rotated % 180:
            _read_page(other, engines)
            if _sense(other.lines) > sense:
                found.page, found.lines, found.grids, found.rotated = (
                    other.page,
                    other.lines,
                    other.grids,
                    other.rotated,
                )
    for grid in found.grids[:3]:
        table = read_table(found.page.grey, grid, engines)
        if table is not None:
            _take(found, table, "ruled")
    if not found.rows and (unruled := find_unruled(found.page.grey, found.lines)):
        grid, clean = unruled
        table = read_table(clean, grid, engines)
        if table is not None:
            _take(found, table, "unruled")
    if not found.rows:
        items = find_items(found.lines, after=0.12 * found.page.grey.shape[0])
        read_items(items, engines)
        found.rows = [build_item(item) for item in items]
        if items:
            found.layout = "list"
            boxes = [row.box for row in found.rows if row.box]
            top, bottom = min(box.y for box in boxes), max(box.bottom for box in boxes)
            found.table_box = Box(0, top, found.page.grey.shape[1], bottom - top)


def _take(found: _Found, table: Table, layout: str) -> None:
    if found.tables:
        if not table.columns.guessed and table.columns.index("name") is not None:
            found.tables.append(table)  # only counted: a second table of medicines belongs to a second form
        return
    by_hand = written_by_hand(found.page.colour, table)
    rows = [row for index in range(len(table.body)) if (row := build_row(table.row(index), own=table.khmer_digits))]
    if rows:
        found.tables.append(table)
        read = [without_amounts(row) if by_hand else row for row, _ in rows]
        found.rows = [less_sure(row) for row in read] if table.columns.guessed else read
        found.layout, found.table_box, found.by_hand = layout, table.box, by_hand


def _read_page(found: _Found, engines: Engines) -> None:
    """Read the lines that no table holds."""
    held = [_span(grid) for grid in found.grids]
    outside = [line for line in found.lines if not any(_within(line.box, box) for box in held)]
    read_latin(outside, engines)
    read_khmer([line for line in outside if not plainly_latin(line.latin)], engines)
    poor = [line for line in outside if line.khmer.text and line.khmer.score < POOR and not trusted(line.latin)]
    read_again(poor[:MANY_POOR], engines)
    found.lines = outside


def _span(grid: Grid) -> Box:
    left, top = grid.crossing(0, 0)
    right, bottom = grid.crossing(len(grid.rows) - 1, len(grid.columns) - 1)
    return Box(int(left), int(top), int(right - left), int(bottom - top))


def _within(inner: Box, outer: Box) -> bool:
    x, y = inner.x + inner.width / 2, inner.y + inner.height / 2
    return outer.x <= x < outer.right and outer.y <= y < outer.bottom


def _sense(lines: list[Line]) -> int:
    """How many lines of a page make sense: a label that forms carry, or Latin words and numbers that are surely read.

    The engines' scores do not tell: upside down, the Khmer one is nearly as sure of itself.
    """
    return sum(
        plainly_latin(line.latin) or any(label.score >= 80 for label in find_labels(line.khmer.text)) for line in lines
    )


def _fields(found: _Found, engines: Engines, codes: tuple[str, ...]) -> Around:
    taken = found.table_box
    outside = [line for line in found.lines if taken is None or found.layout == "ruled" or not _within(line.box, taken)]
    pieces = find_pieces(outside)
    read_pieces(pieces, engines)
    return around(outside, pieces, taken, codes, found.page.grey.shape[0])


def _forms(found: _Found) -> int:
    """How many forms the photo seems to show, by their titles and tables."""
    titles = sum(plain(line.best.text) in ("វេជ្ជបញ្ជា", "prescription", "ordonnance") for line in found.lines)
    return max(titles, len(found.tables))


def _blocks(found: _Found) -> tuple[Block, ...]:
    blocks = []
    top = found.table_box.y if found.table_box else found.page.grey.shape[0] // 2
    for line in found.lines:
        best = line.best
        region = "header" if line.middle < top else "footer"
        blocks.append(Block(best.text, round(best.score, 3), line.box, best.engine, region))
    for table in found.tables:
        for row in (table.heading, *table.body):
            for cell in row:
                blocks += [
                    Block(line.best.text, round(line.best.score, 3), line.box, line.best.engine, "table")
                    for line in cell.lines
                ]
    return tuple(blocks)
