"""A medicine of a list becomes a row: the same fields as from a table, out of words instead of cells."""

import re

import numpy as np

from apps.ocr.pipeline.engines import Engines
from apps.ocr.pipeline.engines.base import Reading
from apps.ocr.pipeline.layout.cells import Cell
from apps.ocr.pipeline.layout.lines import Line, joined, read_khmer, read_latin
from apps.ocr.pipeline.layout.lists import Item, find_slots, item_number, without_number
from apps.ocr.pipeline.postprocess.numbers import amount, ascii_digits
from apps.ocr.pipeline.postprocess.rows import MOST_TABLETS, SLOTS, agreed, checked, read_name, read_quantity
from apps.ocr.pipeline.postprocess.words import find_meal
from apps.ocr.pipeline.types import Doses, Field, Medication

BY_SLOT = "paddle by slot"  # marks a reading that holds one part for each time of day


def read_items(items: list[Item], engines: Engines) -> None:
    """Ask the Khmer engine for everything in the items that it has not read yet."""
    wanted = [line for item in items for line in (item.head, *item.beside, *item.below) if not line.khmer.text]
    read_khmer(wanted, engines)
    for item in items:
        for line in item.below:
            _read_amounts(line, engines)


def _read_amounts(line: Line, engines: Engines) -> None:
    """Let the Latin engine read the amounts behind the words of the times of day, each cut out."""
    text, places = line.khmer.text, line.khmer.places
    slots = find_slots(text)
    if not slots or len(places) != len(text):
        return
    cuts: dict[int, Line] = {}
    width = line.crop.shape[1]
    for index, slot in enumerate(slots):
        digits = [i for i in range(slot.start, slot.end) if text[i].isdigit() or text[i] in "½¼¾./%"]
        if not digits:
            continue
        first, last = digits[0], digits[-1]
        left = int(places[first] * width) - 8
        right = int((places[last + 1] if last + 1 < len(places) else 1.0) * width) + 2
        cuts[index] = Line(line.box, np.ascontiguousarray(line.crop[:, max(0, left) : max(right, left + 12)]))
    read_latin(list(cuts.values()), engines)
    # one part for each time of day, empty where no amount was seen: the parts must not move to another one
    texts = [cuts[index].latin.text.replace("|", "") if index in cuts else "" for index in range(len(slots))]
    line.latin = Reading("|".join(texts), line.latin.score, BY_SLOT)


def build_item(item: Item) -> Medication:
    """The medicine of an item. Times of day that are not written are 0; where none is written, all stay unread."""
    name_line = Line(item.head.box, item.head.crop, item.head.latin, item.head.khmer)
    name_line.latin = Reading(without_number(item.head.latin.text), item.head.latin.score, item.head.latin.engine)
    name_line.khmer = Reading()
    name, strength, _ = read_name(Cell(item.head.box, [name_line]), None)
    side = Cell(joined([line.box for line in item.beside]) or item.head.box, list(item.beside))
    quantity, unit, unit_code = read_quantity(side if item.beside else None)
    number, sure = item_number(item.head)
    doses = _doses(item)
    meal: Field[str] = Field()
    for line in (*item.below, *item.beside):
        if eaten := find_meal(line.khmer.text, ""):
            meal = Field(eaten[0], min(0.95, eaten[1] / 100), line.khmer.text, line.box, "khmer")
            break
    everything = [item.head.box, *(line.box for line in (*item.beside, *item.below))]
    row = Medication(
        no=Field(number, sure, item.head.best.text, item.head.box, "khmer") if number is not None else Field(),
        name=name, strength=strength, quantity=quantity, unit=unit, unit_code=unit_code,
        doses=doses, meal=meal, box=joined(everything),
    )  # fmt: skip
    return checked(row)


def _unnamed(line: Line, named: int) -> Field[float]:
    """What a time of day gets that the line does not name: nothing is taken, unless an amount has no word."""
    amounts = len(re.findall(r"\d+(?:[.,/]\d+)?|[½¼¾%]", ascii_digits(line.khmer.text.split("(")[0])))
    if amounts > named:
        return Field(None, 0.0, line.khmer.text, line.box, "khmer")
    return Field(0.0, 0.9 if line.khmer.score >= 0.98 else 0.75, "", line.box, "khmer")


def _doses(item: Item) -> Doses:
    for line in item.below:
        slots = find_slots(line.khmer.text)
        if not slots:
            continue
        confirmed = line.latin.text.split("|") if line.latin.engine == BY_SLOT else [""] * len(slots)
        values: dict[str, Field[float]] = dict.fromkeys(SLOTS, _unnamed(line, len(slots)))
        for index, slot in enumerate(slots):
            second = Reading(confirmed[index], 0.95, "paddle") if confirmed[index] else Reading()
            if slot.value is None and amount(second.text) is None:
                values[slot.name] = Field(None, 0.0, line.khmer.text, line.box, "khmer")
                continue
            text = line.khmer.text[slot.start : slot.end]
            found = agreed(second, Reading(text, line.khmer.score, "khmer"))
            value = slot.value if found.value is None and not second.text else found.value
            if value is None:
                values[slot.name] = Field(None, 0.0, line.khmer.text, line.box, "khmer")
                continue
            if value > MOST_TABLETS and found.confidence < 0.93 and "ml" not in text:
                values[slot.name] = Field(None, 0.0, line.khmer.text, line.box, "khmer")
                continue
            sure = max(found.confidence, 0.7) * (1.0 if slot.score >= 90 else 0.93)
            values[slot.name] = Field(value, sure, line.khmer.text, line.box, "khmer")
        return Doses(**values)
    if item.below:
        raw, box = item.below[0].khmer.text, item.below[0].box
        return Doses(*(Field(None, 0.0, raw, box, "khmer") for _ in SLOTS))
    return Doses()
