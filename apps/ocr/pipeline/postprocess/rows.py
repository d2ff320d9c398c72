"""One row of the paper: its cells by role become a medicine with its doses."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace

from apps.ocr.pipeline.engines.base import Reading
from apps.ocr.pipeline.layout.cells import Cell
from apps.ocr.pipeline.layout.lines import joined, trusted
from apps.ocr.pipeline.postprocess import numbers
from apps.ocr.pipeline.postprocess.names import Match, comparable, match_name
from apps.ocr.pipeline.postprocess.strengths import split_name
from apps.ocr.pipeline.postprocess.words import find_meal, find_route, find_unit
from apps.ocr.pipeline.types import Doses, Field, Medication

SLOTS = ("morning", "noon", "evening", "night")
GUESSED = 0.75  # the most that an amount under a guessed heading may claim
MOST_TABLETS = 4.0  # a larger amount without a unit is believed only where the engines agree
COMMON = frozenset({0.25, 0.5, 1.0, 1.5, 2.0, 2.5, 4.0, 5.0, 10.0, 15.0})
_SIMPLE = re.compile(r"\s*(\d+(?:[.,]\d+)?|\d\s*/\s*\d|\d?\s*[½¼¾])\s*(ml|mL|tab|cp|cap|caps|tabs)?\.?\s*")
_FRACTION = re.compile(r"\d{1,3}[.,]\d{1,2}(?!\d)|[13]/[234](?!\d)")
# ½ or ¼ whose upper part was lost: V2, Y4. Both engines then agree on a wrong whole number, so it stays unread
_BROKEN_HALF = re.compile(r"\d?[^\d\s.,½¼¾]{1,2}[24]")
_BEGINS = re.compile(r"\d+(?:[.,/]\d+)?")
_DOSE_UNIT = re.compile(r"\d\s*(ml|mg|iu|ui|puffs?|drops?|sachets?|g)\b", re.IGNORECASE)


def needs_lead(reading: Reading) -> bool:
    """Whether the first word has to be read alone: more than an amount stands in the line."""
    return not (reading.score >= 0.9 and _SIMPLE.fullmatch(reading.text))


@dataclass(frozen=True, slots=True)
class Amount:
    """A number as the engines agree, or do not agree, on it."""

    value: float | None
    confidence: float
    raw: str
    engine: str


def needs_khmer(reading: Reading) -> bool:
    """Whether a dose read by the Latin engine has to be asked of the Khmer one as well."""
    if not trusted(reading) or not _SIMPLE.fullmatch(reading.text):
        return True
    return numbers.amount(reading.text) not in COMMON


def agreed(latin: Reading, khmer: Reading, lead: Reading | None = None, *, own: bool = True) -> Amount:
    """The amount in a line, from its readings.

    ``lead`` is its first word alone; ``own`` whether the page writes its numbers in Khmer.
    """
    if _BROKEN_HALF.fullmatch(latin.text.strip()) and not _FRACTION.match(latin.text.strip()):
        return Amount(None, 0.0, latin.text, latin.engine)
    if (voted := _voted(latin, khmer, lead, own)) is not None:
        return voted
    if lead is not None and _SIMPLE.fullmatch(lead.text):
        begins = latin.text.replace(" ", "").startswith(lead.text.replace(" ", ""))
        whole = _FRACTION.match(latin.text.strip())
        if whole and whole[0] != lead.text.strip() and whole[0].startswith(lead.text.strip()):
            lead = Reading(whole[0], latin.score, latin.engine)  # cut between a digit and its point
        if trusted(lead) or (begins and lead.score >= 0.8):
            latin = Reading(lead.text, max(lead.score, 0.97), lead.engine)
    a, b = numbers.amount(latin.text), numbers.amount(khmer.text)
    own_digits = own and re.search("[០-៩]", khmer.text) is not None
    if a is not None and a == b:
        return Amount(a, 0.98, latin.text, "paddle")
    if b is not None and own_digits and khmer.score >= 0.6:
        # the Latin engine takes Khmer digits for the Latin ones that look like them
        return Amount(b, 0.93 if khmer.score >= 0.9 else 0.75, khmer.text, khmer.engine)
    if "½" in latin.text and latin.score >= 0.6 and a is not None:
        return Amount(a, 0.86, latin.text, latin.engine)
    half = re.search(r"(?<!\d)(\d?)%", khmer.text)
    if half and re.sub(r"\D", "", latin.text) == f"{half[1]}12":
        return Amount(float(half[1] or 0) + 0.5, 0.8, latin.text, latin.engine)
    if (marked := _marked(latin, khmer)) is not None:
        return marked
    return _one_sided(latin, khmer, a, b)


def _voted(latin: Reading, khmer: Reading, lead: Reading | None, own: bool) -> Amount | None:
    """The number that two of the three readings begin with; Khmer digits are left to the Khmer engine."""
    if lead is None or not lead.text or (own and re.search("[០-៩]", khmer.text)):
        return None
    if any(re.search("[½¼¾⅓⅔%/]", one.text) for one in (latin, khmer, lead)):
        return None
    votes = [_BEGINS.match(one.text.strip()) for one in (latin, khmer, lead)]
    if votes[1] is None and not (trusted(lead) or latin.score >= 0.9):
        return None  # both are the same engine, and not sure of itself
    texts = [vote[0].replace(",", ".") for vote in votes if vote]
    for text in texts:
        if texts.count(text) >= 2:
            sure = 0.97 if texts.count(text) == 3 else 0.93 if len(texts) == 2 else 0.88
            return Amount(numbers.amount(text), sure, latin.text or lead.text, "paddle")
    return None


def _marked(latin: Reading, khmer: Reading) -> Amount | None:
    """One engine saw a point or a stroke that the other one lost: 1.5 against 15, 1/2 against 12."""
    for one, other in ((latin, khmer), (khmer, latin)):
        found = _FRACTION.match(one.text.strip())
        digits = re.match(r"\d+", numbers.ascii_digits(other.text).strip())
        if found is None or one.score < 0.75 or digits is None:
            continue
        bare = re.sub(r"\D", "", found[0])
        if digits[0].startswith(bare) or (digits[0] == bare[:1] and one.score >= 0.9):
            return Amount(numbers.amount(found[0]), 0.88, one.text, one.engine)
    return None


def _one_sided(latin: Reading, khmer: Reading, a: float | None, b: float | None) -> Amount:
    """The amount where the engines differ or only one has any."""
    if a is not None and trusted(latin) and _SIMPLE.fullmatch(latin.text) and not khmer.text:
        return Amount(a, 0.97, latin.text, latin.engine)
    if a is not None and b is None and latin.score >= 0.9:
        return Amount(a, 0.9 if trusted(latin) else 0.8, latin.text, latin.engine)
    if a is None and b is not None and khmer.score >= 0.85:
        return Amount(b, 0.8, khmer.text, khmer.engine)
    if a is not None and b is not None:
        if latin.score >= 0.9:
            return Amount(a, 0.82 if trusted(latin) else 0.6, latin.text, latin.engine)
        if khmer.score >= 0.9:
            return Amount(b, 0.6, khmer.text, khmer.engine)
    return Amount(None, 0.0, latin.text or khmer.text, latin.engine)


def read_dose(cell: Cell | None, *, own: bool = True) -> tuple[Field[float], str | None]:
    """The amount in a cell of a time of day and its unit. A dash or a blank is 0; what cannot be read is None."""
    if cell is None:
        return Field(), None
    if cell.blank or cell.dash:
        return Field(0.0, 0.96 if cell.dash else 0.93, "-" if cell.dash else "", cell.box, "ink"), None
    best: Amount | None = None
    for line in cell.lines:
        found = agreed(line.latin, line.khmer, line.lead, own=own)
        if best is None or found.confidence > best.confidence:
            best = found
        if found.value is not None:
            break
    assert best is not None
    if best.value is None and cell.faint and not any(line.khmer.score > 0.9 for line in cell.lines):
        return Field(0.0, 0.75, "", cell.box, "ink"), None
    text = f"{cell.latin()} {cell.khmer()}"
    unit = _DOSE_UNIT.search(numbers.ascii_digits(cell.latin()))
    if best.value is None and numbers.is_dash(cell.latin()):
        return Field(0.0, 0.85, cell.latin(), cell.box, "paddle"), None
    if best.value is None:
        return Field(None, 0.0, text.strip(), cell.box, best.engine), None
    doubtful = unit is None and best.value > MOST_TABLETS and best.confidence < 0.93
    if best.value > 60 or doubtful or (unit is None and best.value > 20):
        return Field(None, 0.0, best.raw, cell.box, best.engine), None
    shown = unit[1].lower() if unit else None
    return Field(best.value, best.confidence, best.raw, cell.box, best.engine), shown


def read_name(cell: Cell, strength_cell: Cell | None) -> tuple[Field[str], Field[str], Match | None]:
    """The name and the strength, from one cell or from two."""
    lines = [line for line in cell.lines if line.latin.text and not _only_khmer(line.latin, line.khmer)]
    text = re.sub(r"^\W*\w{1,2}\s*[.)]\s*(?=[A-Za-z])", "", " ".join(line.latin.text for line in lines))
    score = min((line.latin.score for line in lines), default=0.0)
    name, strength = split_name(text)
    place = cell.box
    strength_raw, strength_score, strength_box = text, score, place
    if strength_cell is not None and not strength_cell.blank and strength is None:
        strength_raw = strength_cell.latin()
        strength_score = min((line.latin.score for line in strength_cell.lines), default=0.0)
        strength_box = strength_cell.box
        strength = split_name(strength_raw)[1]
    if not re.search(r"[A-Za-z]{2,}", name):
        return _khmer_name(cell), Field(strength, 0.5, strength_raw, strength_box, "paddle"), None
    match = match_name(name, strength)
    named = Field(
        match.value if match.known != "unknown" else name,
        _name_confidence(match, score, strength),
        text,
        place,
        "paddle",
        match.candidates,
    )
    if strength is None:
        return named, Field(None, 0.0, strength_raw if strength_cell else "", strength_box), match
    listed = comparable(strength) in match.strengths
    sure = (0.98 if strength_score >= 0.95 else 0.93) if listed else (0.84 if strength_score >= 0.95 else 0.7)
    return named, Field(strength, sure, strength_raw, strength_box, "paddle"), match


def _name_confidence(match: Match, score: float, strength: str | None) -> float:
    if match.known == "exact":
        fits = strength is not None and comparable(strength) in match.strengths
        return 0.98 if fits else 0.93
    if match.known == "corrected":
        return 0.9
    return 0.75 if score >= 0.97 else 0.55


def _khmer_name(cell: Cell) -> Field[str]:
    """A name printed in Khmer: known to the Khmer list, or left as it is with a low confidence."""
    text = cell.khmer().strip()
    match = match_name(split_name(text)[0], None)
    if match.known == "exact":
        return Field(match.value, 0.93, text, cell.box, "khmer", match.candidates)
    return Field(None, 0.0, text, cell.box, "khmer", match.candidates)


def _only_khmer(latin: Reading, khmer: Reading) -> bool:
    own = sum("\u1780" <= letter <= "\u17ff" for letter in khmer.text)
    return own > 0.5 * len(khmer.text) and own >= 3 and not trusted(latin) and khmer.score > 0.8


def read_quantity(cell: Cell | None, *, own: bool = True) -> tuple[Field[float], Field[str], Field[str]]:
    """How much is handed out, its unit as printed and the unit's code."""
    if cell is None or cell.blank or cell.dash:
        return Field(), Field(), Field()
    found = Amount(None, 0.0, cell.latin(), "paddle")
    for line in cell.lines:
        found = agreed(line.latin, line.khmer, line.lead, own=own)
        if found.value is not None:
            break
    box = cell.box
    quantity: Field[float] = Field(found.value, found.confidence, found.raw, box, found.engine)
    unit = find_unit(cell.khmer(), cell.latin())
    if unit is None:
        return quantity, Field(), Field()
    raw = cell.khmer() or cell.latin()
    return quantity, Field(unit[0], 0.85, raw, box, "khmer"), Field(unit[1], 0.8, raw, box, "khmer")


def build_row(cells: Mapping[str, Cell], *, own: bool = True) -> tuple[Medication, Match | None] | None:
    """The medicine of a row; None for a row without one (blank, a sum, a remark)."""
    name_cell = cells.get("name")
    if name_cell is None or not name_cell.lines:
        return None
    name, strength, match = read_name(name_cell, cells.get("strength"))
    quantity, unit, unit_code = read_quantity(cells.get("quantity"), own=own)
    doses: dict[str, Field[float]] = {}
    dose_unit: Field[str] = Field()
    for slot in SLOTS:
        field, shown = read_dose(cells.get(slot), own=own)
        doses[slot] = field
        if shown and dose_unit.value is None:
            dose_unit = Field(shown, 0.9, field.raw, field.box, field.engine)
    meal: Field[str] = Field()
    route: Field[str] = Field()
    for role in ("note", "usage", "route", *SLOTS):
        cell = cells.get(role)
        if cell is None or not cell.lines:
            continue
        if meal.value is None and (eaten := find_meal(cell.khmer(), cell.latin())):
            meal = Field(eaten[0], min(0.95, eaten[1] / 100), cell.khmer() or cell.latin(), cell.box, "khmer")
        if route.value is None and role not in SLOTS and (way := find_route(cell.khmer(), cell.latin())):
            route = Field(way, 0.85, cell.latin(), cell.box, "paddle")
    number: Field[int] = Field()
    if (no := cells.get("no")) and no.lines:
        found = agreed(no.lines[0].latin, no.lines[0].khmer)
        if found.value is not None and found.value == int(found.value) and found.value < 100:
            number = Field(int(found.value), found.confidence, found.raw, no.box, found.engine)
    duration: Field[int] = Field()
    if (days := cells.get("duration")) and days.lines:
        found = agreed(days.lines[0].latin, days.lines[0].khmer)
        if found.value is not None and found.value == int(found.value):
            duration = Field(int(found.value), found.confidence, found.raw, days.box, found.engine)
    row = Medication(
        no=number, name=name, strength=strength, quantity=quantity, unit=unit, unit_code=unit_code, route=route,
        doses=Doses(**doses), dose_unit=dose_unit, meal=meal, duration_days=duration,
        box=joined([cell.box for cell in cells.values()]),
    )  # fmt: skip
    return checked(row), match


def less_sure(row: Medication) -> Medication:
    """The row of a table whose columns were guessed: none of its amounts may pass as sure."""

    def capped(field: Field[float]) -> Field[float]:
        return replace(field, confidence=min(field.confidence, GUESSED))

    doses = Doses(*(capped(getattr(row.doses, slot)) for slot in SLOTS))
    return replace(row, doses=doses, quantity=capped(row.quantity))


def checked(row: Medication) -> Medication:
    """Quantity and doses vouch for each other: whole days raise the quantity's confidence, a remainder lowers it."""
    daily = daily_amount(row)
    quantity = row.quantity.value
    if not daily or quantity is None or row.quantity.confidence == 0.0:
        return row
    if whole_days(quantity, daily):
        return replace(row, quantity=replace(row.quantity, confidence=min(0.98, row.quantity.confidence + 0.04)))
    if (row.unit_code.value or "") in ("tablet", "coated_tablet", "capsule"):
        return replace(row, quantity=replace(row.quantity, confidence=min(row.quantity.confidence, 0.8)))
    return row


def daily_amount(row: Medication) -> float | None:
    """The sum of the doses of a day; None while one of the printed ones is unread."""
    fields = [getattr(row.doses, slot) for slot in SLOTS]
    if any(field.value is None and (field.raw or field.box) for field in fields):
        return None
    return sum(field.value or 0.0 for field in fields)


def whole_days(quantity: float, daily: float) -> bool:
    """Whether the quantity is enough for a whole number of days."""
    days = quantity / daily
    return days >= 1 and abs(days - round(days)) < 1e-6
