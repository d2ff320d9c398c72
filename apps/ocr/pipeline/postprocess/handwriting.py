"""Amounts written by hand into a printed form: they are noticed and left to a person, never read."""

from dataclasses import replace

import cv2
import numpy as np

from apps.ocr.pipeline.engines.base import Image
from apps.ocr.pipeline.layout.columns import SLOTS
from apps.ocr.pipeline.layout.lines import Line
from apps.ocr.pipeline.layout.tables import Table
from apps.ocr.pipeline.types import Doses, Field, Medication

BLUER = 5.0  # how much bluer than the printed names the amounts have to be (b of Lab)
UNEVEN = 0.14  # spread of the middle half of the heights of single digits; in print it is a third of that
FEW = 4


def written_by_hand(colour: Image, table: Table) -> bool:
    """Whether the amounts of a table are handwriting: in ink of another colour, or of uneven height."""
    names: list[Line] = []
    amounts: list[Line] = []
    for index in range(len(table.body)):
        row = table.row(index)
        names += row["name"].lines if "name" in row else []
        amounts += [line for slot in SLOTS if slot in row for line in row[slot].lines]
    if len(amounts) < FEW or not names:
        return False
    lab = cv2.cvtColor(colour, cv2.COLOR_BGR2LAB)
    printed = [tone for line in names if (tone := _tone(lab, line)) is not None]
    written = [tone for line in amounts if (tone := _tone(lab, line)) is not None]
    if printed and len(written) >= FEW and float(np.median(printed) - np.median(written)) > BLUER:
        return True
    digits = [line.box.height for line in amounts if len(line.latin.text) == 1 and line.latin.text.isdigit()]
    if len(digits) < FEW + 2:
        return False
    low, middle, high = (float(value) for value in np.percentile(digits, (25, 50, 75)))
    # heights far apart are no handwriting but ink that does not belong to the digits
    return (high - low) / middle > UNEVEN and max(digits) < 2.2 * min(digits)


def _tone(lab: Image, line: Line) -> float | None:
    """How yellow the ink of a line is against the paper around it."""
    box = line.box
    part = lab[max(0, box.y - 3) : box.bottom + 3, max(0, box.x - 3) : box.right + 3].reshape(-1, 3).astype(np.float32)
    if len(part) < 30:
        return None
    light = part[:, 0]
    ink, paper = light <= np.percentile(light, 12), light >= np.percentile(light, 60)
    return float(part[ink, 2].mean() - part[paper, 2].mean())


def without_amounts(row: Medication) -> Medication:
    """The row with its printed parts only; what was written by hand stays visible as raw text."""

    def unread(field: Field[float]) -> Field[float]:
        return replace(field, value=None, confidence=0.0)

    doses = Doses(*(unread(getattr(row.doses, slot)) for slot in SLOTS))
    return replace(row, doses=doses, quantity=unread(row.quantity), dose_unit=Field())
