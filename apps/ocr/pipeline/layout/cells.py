"""Cells of a table: their ink, their lines, and whether they are empty or hold only a dash."""

from dataclasses import dataclass, field

import cv2
import numpy as np
from numpy.typing import NDArray

from apps.ocr.pipeline.engines.base import Image
from apps.ocr.pipeline.layout.grid import Grid
from apps.ocr.pipeline.layout.lines import Line, box_around
from apps.ocr.pipeline.types import Box

INSET = 5  # from the middle of a rule to where the cell's own ink may begin
INK = 205
PAD = 6


@dataclass(slots=True)
class Cell:
    """One cell: where it is and the lines in it. ``dash`` when its only ink is a dash."""

    box: Box
    lines: list[Line] = field(default_factory=list)
    dash: bool = False
    ink: float = 0.0
    faint: bool = False  # what ink there is may be the grain of the paper

    @property
    def blank(self) -> bool:
        """Whether nothing is written in it."""
        return not self.lines and not self.dash

    def latin(self) -> str:
        """Its lines as the Latin engine reads them."""
        return " ".join(line.latin.text for line in self.lines if line.latin.text)

    def khmer(self) -> str:
        """Its lines as the Khmer engine reads them."""
        return " ".join(line.khmer.text for line in self.lines if line.khmer.text)


def cut_cells(grey: Image, grid: Grid) -> list[list[Cell]]:
    """Every cell of a grid, by rows."""
    return [
        [_cell(grey, grid.cell(row, column)) for column in range(len(grid.columns) - 1)]
        for row in range(len(grid.rows) - 1)
    ]


def _cell(grey: Image, corners: NDArray[np.float32]) -> Cell:
    width = round(float(max(np.linalg.norm(corners[1] - corners[0]), np.linalg.norm(corners[2] - corners[3]))))
    height = round(float(max(np.linalg.norm(corners[3] - corners[0]), np.linalg.norm(corners[2] - corners[1]))))
    cell = Cell(box_around(corners))
    if width < 3 * INSET or height < 3 * INSET:
        return cell
    target = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
    change = cv2.getPerspectiveTransform(corners, target)
    flat = np.asarray(cv2.warpPerspective(grey, change, (width, height), flags=cv2.INTER_CUBIC), np.uint8)
    back = np.linalg.inv(change)
    _clear_rules(flat)
    mask = _ink(flat)
    cell.ink = float(mask.mean())
    darkest = float(np.percentile(flat[mask > 0], 10)) if mask.any() else 255.0
    cell.faint = darkest > 150 or cell.ink < 0.004
    bands = _bands(mask)
    if len(bands) == 1 and _is_dash(mask, bands[0], height):
        cell.dash = True
        return cell
    for top, bottom in bands:
        columns = np.nonzero(mask[top:bottom].any(axis=0))[0]
        left, right = int(columns[0]), int(columns[-1]) + 1
        area = np.array([[left, top], [right, top], [right, bottom], [left, bottom]], np.float32)
        on_page = cv2.perspectiveTransform(area[None], back)[0].astype(np.float32)
        crop = flat[max(0, top - PAD) : bottom + PAD, max(0, left - PAD) : right + PAD]
        # a crop that ends at the ink is read worse than one with paper around it
        missing = (
            PAD - min(PAD, top),
            PAD - min(PAD, height - bottom),
            PAD - min(PAD, left),
            PAD - min(PAD, width - right),
        )
        crop = cv2.copyMakeBorder(crop, *missing, cv2.BORDER_CONSTANT, value=255)
        cell.lines.append(Line(box_around(on_page), np.asarray(crop, np.uint8)))
    return cell


def _clear_rules(flat: Image) -> None:
    """Paint what remains of the rules at the edges of a cell."""
    height, width = flat.shape
    flat[:INSET], flat[-INSET:], flat[:, :INSET], flat[:, -INSET:] = 255, 255, 255, 255
    dark = (flat < INK).astype(np.uint8)
    across = cv2.morphologyEx(dark, cv2.MORPH_OPEN, np.ones((1, max(20, int(0.6 * width))), np.uint8))
    down = cv2.morphologyEx(dark, cv2.MORPH_OPEN, np.ones((max(20, int(0.75 * height)), 1), np.uint8))
    edge = max(INSET + 5, 10)
    across[edge:-edge] = 0
    down[:, edge:-edge] = 0
    flat[cv2.dilate(cv2.bitwise_or(across, down), np.ones((3, 3), np.uint8)) > 0] = 255


def _ink(flat: Image) -> NDArray[np.uint8]:
    """The ink of a cell without specks."""
    smooth = cv2.medianBlur(flat, 3)
    dark = (smooth < INK).astype(np.uint8)
    count, labels, stats, _ = cv2.connectedComponentsWithStats(dark, connectivity=8)
    keep = np.zeros(count, np.uint8)
    for label in range(1, count):
        _, _, w, h, area = stats[label]
        darkest = smooth[labels == label].min() if area < 60 else 0
        keep[label] = area >= 12 and max(w, h) >= 4 and darkest < 170
    return np.asarray(keep[labels], np.uint8)


def _bands(mask: NDArray[np.uint8]) -> list[tuple[int, int]]:
    """From where to where each line of ink reaches; accents and vowel signs stay with their line."""
    filled = mask.any(axis=1)
    bands: list[list[int]] = []
    for y in np.nonzero(filled)[0]:
        if bands and y <= bands[-1][1] + 1:
            bands[-1][1] = int(y) + 1
        else:
            bands.append([int(y), int(y) + 1])
    while len(bands) > 1:
        tallest = max(bottom - top for top, bottom in bands)
        small = [i for i, (top, bottom) in enumerate(bands) if bottom - top < 0.45 * tallest]
        if not small:
            break
        i = min(small, key=lambda one: bands[one][1] - bands[one][0])
        above = bands[i][0] - bands[i - 1][1] if i else 10**6
        below = bands[i + 1][0] - bands[i][1] if i + 1 < len(bands) else 10**6
        if min(above, below) > 0.6 * tallest:
            bands.pop(i)  # far from any line: dirt, or a dash beside text
            continue
        first = i - 1 if above <= below else i
        bands[first : first + 2] = [[bands[first][0], bands[first + 1][1]]]
    return [(top, bottom) for top, bottom in bands if bottom - top >= 4]


def _is_dash(mask: NDArray[np.uint8], band: tuple[int, int], height: int) -> bool:
    part = mask[band[0] : band[1]]
    columns = np.nonzero(part.any(axis=0))[0]
    wide, tall = int(columns[-1] - columns[0]) + 1, band[1] - band[0]
    middle = (band[0] + band[1]) / 2 / height
    return wide >= 1.6 * tall and tall <= 12 and wide <= 60 and 0.15 < middle < 0.9
