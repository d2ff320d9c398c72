"""Showing the stages: ``manage.py ocr_scan --debug DIR`` writes a picture of each; otherwise nothing happens here."""

import logging
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from apps.ocr.pipeline.engines.base import Image
from apps.ocr.pipeline.layout.grid import Grid
from apps.ocr.pipeline.layout.lines import Line
from apps.ocr.pipeline.types import Block, Box, Field, ScanResult, Stage

log = logging.getLogger(__name__)
_folder: ContextVar[Path | None] = ContextVar("ocr_debug_folder", default=None)
RED, GREEN, BLUE = (40, 40, 220), (60, 160, 40), (220, 120, 30)


@contextmanager
def shown_in(folder: Path) -> Iterator[None]:
    """Within this block every stage writes ``<number>_<stage>.png`` into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    before = _folder.set(folder)
    try:
        yield
    finally:
        _folder.reset(before)


def show(stage: Stage, draw: Callable[[], Image]) -> None:
    """Write the picture of a stage, if somebody wants to see it."""
    folder = _folder.get()
    if folder is not None:
        cv2.imwrite(str(folder / f"{list(Stage).index(stage) + 1}_{stage}.png"), draw())


def failed(stage: Stage, error: Exception) -> None:
    """Keep the reason of a failed stage; the scan goes on without it. The log holds no text of the paper."""
    log.warning("ocr stage %s failed: %s", stage, type(error).__name__, exc_info=_folder.get() is not None)


def grids(colour: Image, found: list[Grid], lines: list[Line]) -> Image:
    """The page with its lines (green) and the cells of its tables (red)."""
    picture = colour.copy()
    for line in lines:
        _box(picture, line.box, GREEN)
    for grid in found:
        for row in range(len(grid.rows) - 1):
            for column in range(len(grid.columns) - 1):
                cv2.polylines(picture, [grid.cell(row, column).astype(np.int32)], True, RED, 2)
    return picture


def readings(colour: Image, blocks: Iterable[Block]) -> Image:
    """The page with every line that was read: green where its engine was sure, red where not."""
    picture = colour.copy()
    for block in blocks:
        _box(picture, block.box, GREEN if block.confidence >= 0.9 else RED)
    return picture


def proposal(colour: Image, result: ScanResult) -> Image:
    """The page with what is proposed written over each row."""
    picture = boxes(colour, result)
    for row in result.medications:
        doses = (row.doses.morning, row.doses.noon, row.doses.evening, row.doses.night)
        amounts = "-".join("?" if dose.value is None else f"{dose.value:g}" for dose in doses)
        text = f"{row.name.value or '?'} {row.strength.value or '?'} x{row.quantity.value or '?'} {amounts}"
        place = (row.box.x, max(20, row.box.y - 4)) if row.box else (20, 20)
        plain = text.encode("ascii", "replace").decode()
        cv2.putText(picture, plain, place, cv2.FONT_HERSHEY_SIMPLEX, 0.7, BLUE, 2)
    return picture


def boxes(colour: Image, result: ScanResult) -> Image:
    """The page with the rows (blue) and the fields that were read (green; red below 0.8)."""
    picture = colour.copy()
    fields: list[Field[Any]] = [
        result.header.code,
        result.patient.name,
        result.footer.date,
        result.footer.doctor,
        *result.diagnosis,
    ]
    for row in result.medications:
        if row.box:
            _box(picture, row.box, BLUE)
        doses = (row.doses.morning, row.doses.noon, row.doses.evening, row.doses.night)
        fields += [row.name, row.strength, row.quantity, *doses]
    for one in fields:
        if one.box:
            _box(picture, one.box, GREEN if one.confidence >= 0.8 else RED)
    return picture


def _box(picture: Image, box: Box, colour: tuple[int, int, int]) -> None:
    cv2.rectangle(picture, (box.x, box.y), (box.right, box.bottom), colour, 2)
