"""Lines of text: where they are, what they look like, and what the engines make of them."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

import cv2
import numpy as np
from numpy.typing import NDArray

from apps.ocr.pipeline.engines import Engines
from apps.ocr.pipeline.engines.base import Image, Reading
from apps.ocr.pipeline.postprocess.labels import find_labels
from apps.ocr.pipeline.types import Box

PAD = 4


@dataclass(slots=True)
class Line:
    """One line: its place on the page, its picture (evened-out grey) and its readings."""

    box: Box
    crop: Image
    latin: Reading = field(default_factory=Reading)
    khmer: Reading = field(default_factory=Reading)
    lead: Reading = field(default_factory=Reading)  # the first word alone, by the Latin engine

    @property
    def middle(self) -> float:
        """The height at which the line stands."""
        return self.box.y + self.box.height / 2

    @property
    def best(self) -> Reading:
        """The reading to show where nothing more is known about the line."""
        return self.latin if trusted(self.latin) or not self.khmer.text else self.khmer


def trusted(reading: Reading) -> bool:
    """Whether the Latin engine knows what it saw: sure of itself, and something that can be Latin or a number."""
    return reading.score >= 0.97 and any(letter.isascii() and letter.isalnum() for letter in reading.text)


def plainly_latin(reading: Reading) -> bool:
    """Whether a whole line is Latin or a number, so that no Khmer before or behind it was dropped."""
    text = reading.text.strip()
    if not trusted(reading) or not text[0].isalnum():
        return False
    if ":" in text[:16] and not find_labels(text):
        return False  # what stands before the colon is no Latin label: Khmer, most likely
    return re.search(r"[A-Za-zÀ-ÿ]{4,}", text) is not None or re.fullmatch(r"[\d\s.,/()-]+", text) is not None


def cut(grey: Image, corners: NDArray[np.float32], pad: int = PAD) -> Line:
    """The line inside four corners, made level."""
    sides = [float(np.linalg.norm(corners[(i + 1) % 4] - corners[i])) for i in range(4)]
    width, height = int(max(sides[0], sides[2], 2.0)), int(max(sides[1], sides[3], 2.0))
    target = np.array([[pad, pad], [pad + width, pad], [pad + width, pad + height], [pad, pad + height]], np.float32)
    change = cv2.getPerspectiveTransform(corners.astype(np.float32), target)
    size = (width + 2 * pad, height + 2 * pad)
    crop = cv2.warpPerspective(grey, change, size, flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
    return Line(box_around(corners), np.asarray(crop, np.uint8))


def box_around(corners: NDArray[np.float32]) -> Box:
    """The upright rectangle around some points."""
    least, most = np.floor(corners.min(axis=0)), np.ceil(corners.max(axis=0))
    left, top = max(0, int(least[0])), max(0, int(least[1]))
    right, bottom = int(most[0]), int(most[1])
    return Box(left, top, max(1, right - left), max(1, bottom - top))


def read_latin(lines: Sequence[Line], engines: Engines) -> None:
    """Fill in what the Latin engine reads."""
    for line, reading in zip(lines, engines.read_latin([line.crop for line in lines]), strict=True):
        line.latin = reading


def read_khmer(lines: Sequence[Line], engines: Engines) -> None:
    """Fill in what the Khmer engine reads."""
    for line, reading in zip(lines, engines.read_khmer([line.crop for line in lines]), strict=True):
        line.khmer = reading


def read_leads(lines: Sequence[Line], engines: Engines) -> None:
    """Let the Latin engine read the first word of each line on its own: an amount before a Khmer unit."""
    firsts = [first_word(line.crop) for line in lines]
    for line, reading in zip(lines, engines.read_latin(firsts), strict=True):
        line.lead = reading


def first_word(crop: Image) -> Image:
    """The picture up to the first gap that is as wide as one between words."""
    ink = (cv2.medianBlur(crop, 3) < 190).any(axis=0)
    seen = np.nonzero(ink)[0]
    if len(seen) == 0:
        return crop
    gap = max(5, round(0.2 * crop.shape[0]))
    steps = np.nonzero(np.diff(seen) > gap)[0]
    if len(steps) == 0:
        return crop
    return np.ascontiguousarray(crop[:, : int(seen[steps[0]]) + 1 + gap // 2 + 1])


def read_again(lines: Sequence[Line], engines: Engines) -> None:
    """Read Khmer once more the careful way; the surer reading stays."""
    for line, reading in zip(lines, engines.read_carefully([line.crop for line in lines]), strict=True):
        if reading.text and reading.score > line.khmer.score:
            line.khmer = reading


def in_rows(lines: Sequence[Line]) -> list[list[Line]]:
    """Lines that stand at one height, from left to right; the rows from top to bottom."""
    rows: list[list[Line]] = []
    for line in sorted(lines, key=lambda one: one.middle):
        for row in reversed(rows[-3:]):
            height = min(line.box.height, float(np.median([one.box.height for one in row])))
            near = min(row, key=lambda one: abs(one.box.x - line.box.x))
            apart = abs(near.middle - line.middle)
            beside = all(line.box.right <= one.box.x + 6 or one.box.right <= line.box.x + 6 for one in row)
            if apart < 0.5 * height and beside:
                row.append(line)
                break
        else:
            rows.append([line])
    for row in rows:
        row.sort(key=lambda one: one.box.x)
    rows.sort(key=lambda row: float(np.mean([one.middle for one in row])))
    return rows


def joined(box: Sequence[Box]) -> Box | None:
    """The rectangle around several boxes."""
    if not box:
        return None
    left, top = min(one.x for one in box), min(one.y for one in box)
    return Box(left, top, max(one.right for one in box) - left, max(one.bottom for one in box) - top)
