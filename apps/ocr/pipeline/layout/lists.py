"""Prescriptions without a table: numbered names, the quantity to the right, the times of day in words below."""

import re
from dataclasses import dataclass, field

from rapidfuzz import fuzz

from apps.ocr.pipeline.layout.lines import Line, in_rows
from apps.ocr.pipeline.postprocess.dates import read_date
from apps.ocr.pipeline.postprocess.labels import find_labels
from apps.ocr.pipeline.postprocess.names import key, match_name, nearest
from apps.ocr.pipeline.postprocess.numbers import amount, ascii_digits
from apps.ocr.pipeline.postprocess.strengths import split_name

SLOT_WORDS: dict[str, tuple[str, ...]] = {
    "morning": ("ពេលព្រឹក", "ព្រឹក", "morning", "matin"),
    "noon": ("ថ្ងៃត្រង់", "ពេលថ្ងៃ", "ថ្ងៃ", "noon", "midi"),
    "evening": ("ពេលល្ងាច", "ល្ងាច", "evening", "soir"),
    "night": ("ពេលយប់", "យប់", "មុនចូលគេង", "bedtime", "night", "coucher", "nuit"),
}
_NUMBERED = re.compile(r"^\W*(\w{1,2}(?=\s*[.)\-]))?\s*[.)\-•*]?\s*(?=[A-Za-zÀ-ÿ]{3,})")


@dataclass(slots=True)
class Item:
    """One medicine of a list: the line of its name, what stands beside it, the lines below."""

    head: Line
    beside: list[Line] = field(default_factory=list)
    below: list[Line] = field(default_factory=list)


def find_items(lines: list[Line], after: float) -> list[Item]:
    """The medicines among the lines of a page that stand below ``after``."""
    rows = in_rows([line for line in lines if line.box.y + line.box.height / 2 > after])
    items: list[Item] = []
    last = 0.0
    for row in rows:
        head = next((line for line in row if is_medicine(line)), None)
        top, bottom = min(line.box.y for line in row), max(line.box.bottom for line in row)
        if head is not None:
            # a number in a box of its own stands before the name
            items.append(Item(head, [line for line in row if line is not head]))
            last = bottom
        elif items and top - last < 2.2 * items[-1].head.box.height and not _ends(row):
            # a quantity may hang between the name and the line below it
            side = [line for line in row if line.box.x > items[-1].head.box.right + 40]
            items[-1].beside += side
            items[-1].below += [line for line in row if line not in side]
            last = bottom
        elif items:
            break
    return items


def is_medicine(line: Line) -> bool:
    """Whether a line begins a medicine: a known name, or a numbered name with a strength."""
    text = line.latin.text
    if line.latin.score < 0.6 or find_labels(line.khmer.text or text):
        return False
    numbered = _NUMBERED.match(text)
    rest = text[numbered.end() :] if numbered else text
    name, strength = split_name(rest)
    if not re.search(r"[A-Za-z]{4,}", name):
        return False
    known = match_name(name, strength).known != "unknown"
    if strength is not None:
        near = nearest(name, 1)
        has_number = numbered is not None and (numbered[1] is not None or text.lstrip()[:1] in ".)-•*")
        khmer_number = re.match(r"^\s*[\d០-៩]{1,2}\s*[.)]", line.khmer.text) is not None
        return known or has_number or khmer_number or bool(near and near[0][0] >= 80)
    return known and numbered is not None and numbered[1] is not None and len(key(name)) >= 5


def _ends(row: list[Line]) -> bool:
    """Whether a row belongs to the foot of the form."""
    if any(find_slots(line.khmer.text) for line in row) and not any(read_date(line.khmer.text) for line in row):
        return False
    return any(
        found.key in ("date", "doctor", "signer", "followup") for line in row for found in find_labels(line.khmer.text)
    )


def item_number(line: Line) -> tuple[int | None, float]:
    """The number before the name and how sure it is; the Khmer engine knows both kinds of digits."""
    for text, sure in ((line.khmer.text, 0.93), (line.latin.text, 0.85)):
        found = re.match(r"^\s*(\d{1,2})\s*[.)]", ascii_digits(text))
        if found:
            return int(found[1]), sure
    return None, 0.0


def without_number(text: str) -> str:
    """A name's line without the number before it."""
    found = _NUMBERED.match(text)
    return text[found.end() :] if found else text


@dataclass(frozen=True, slots=True)
class Slot:
    """An amount beside the word of a time of day, and where in the text it stands."""

    name: str
    value: float | None
    start: int
    end: int
    score: float


def find_slots(text: str) -> list[Slot]:
    """The times of day in a line with the amount that follows each: ``ព្រឹក ១ - ល្ងាច ១ (ក្រោយបាយ)``."""
    hits: list[tuple[float, int, int, str]] = []
    for name, words in SLOT_WORDS.items():
        best: tuple[float, int, int, str] | None = None
        for word in words:
            cutoff = 100.0 if len(word) <= 4 and word.isascii() else 75.0 if len(word) >= 5 else 80.0
            found = fuzz.partial_ratio_alignment(word, text.lower(), score_cutoff=cutoff)
            if found is not None and (best is None or (found.score, len(word)) > (best[0], best[2] - best[1])):
                best = (found.score, found.dest_start, found.dest_end, name)
        if best is not None:
            hits.append(best)
    hits.sort(key=lambda hit: (-hit[0], -(hit[2] - hit[1])))
    kept: list[tuple[float, int, int, str]] = []
    for hit in hits:
        if all(hit[2] <= other[1] or hit[1] >= other[2] for other in kept):
            kept.append(hit)
    kept.sort(key=lambda hit: hit[1])
    slots = []
    for i, (score, start, end, name) in enumerate(kept):
        until = kept[i + 1][1] if i + 1 < len(kept) else len(text)
        between = text[end:until]
        slots.append(Slot(name, amount(between.split("(")[0]), start, until, score))
    return slots
