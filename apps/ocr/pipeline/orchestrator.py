"""One photo through the five rooms. Each room catches its own failure; what was read until then is kept."""

import time
from collections.abc import Callable
from typing import TypeVar

import cv2
import numpy as np

from apps.ocr.pipeline.engines import Engines, load_engines
from apps.ocr.pipeline.engines.base import Image
from apps.ocr.pipeline.intake import open_image
from apps.ocr.pipeline.types import (
    Block,
    Box,
    EnginesUnavailable,
    Notice,
    Progress,
    ScanResult,
    Stage,
    WarningCode,
)

T = TypeVar("T")


def _silent(_stage: Stage, _share: float) -> None:
    """Nobody listens."""


def scan(image: bytes, *, progress: Progress = _silent, engines: Engines | None = None) -> ScanResult:
    """Read one photo of a prescription.

    ``image`` is the file as it was sent. ``progress`` is told each stage as it begins. Returns what could be read, with
    warnings; raises ImageRefused for bytes that are no such photo, and EnginesUnavailable where nothing here can read.
    """
    began = time.monotonic()
    progress(Stage.PREPROCESS, 0.0)
    picture = open_image(image)
    using = engines or load_engines()
    if not using.ready:
        raise EnginesUnavailable(", ".join(using.missing.values()))
    warnings = [Notice(WarningCode.ENGINE_UNAVAILABLE, detail=name) for name in using.missing]
    progress(Stage.LAYOUT, 0.15)
    boxes = _guarded(Stage.LAYOUT, warnings, lambda: _lines(picture, using), list[Box]())
    progress(Stage.RECOGNITION, 0.35)
    blocks = _guarded(Stage.RECOGNITION, warnings, lambda: _read(picture, boxes, using), tuple[Block, ...]())
    warnings.append(Notice(WarningCode.NO_TABLE))
    progress(Stage.FORMAT, 0.95)
    return ScanResult(
        blocks=blocks,
        warnings=tuple(warnings),
        engines=using.names,
        took_ms=round((time.monotonic() - began) * 1000),
        page=cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, 90])[1].tobytes(),
    )


def _guarded(stage: Stage, warnings: list[Notice], work: Callable[[], T], otherwise: T) -> T:
    try:
        return work()
    except Exception:  # noqa: BLE001 - a room that fails costs its own part of the answer, never the whole
        warnings.append(Notice(WarningCode.STAGE_FAILED, detail=stage))
        return otherwise


def _lines(picture: Image, engines: Engines) -> list[Box]:
    if engines.detector is None:
        return []
    found = []
    for corners in engines.detector.find(picture):
        left, top = np.floor(corners.min(axis=0)).astype(int)
        right, bottom = np.ceil(corners.max(axis=0)).astype(int)
        found.append(Box(int(left), int(top), int(right - left), int(bottom - top)))
    return sorted(found, key=lambda box: (box.y, box.x))


def _read(picture: Image, boxes: list[Box], engines: Engines) -> tuple[Block, ...]:
    crops = [picture[max(0, box.y) : box.bottom, max(0, box.x) : box.right] for box in boxes]
    pairs = zip(boxes, engines.read_latin(crops), engines.read_khmer(crops), strict=True)
    blocks = []
    for box, latin, khmer in pairs:
        best = latin if latin.score > 0.97 else khmer
        blocks.append(Block(best.text, best.score, box, best.engine))
    return tuple(blocks)
