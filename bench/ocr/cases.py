"""Truth first: what a page says, in the flat shape that recognition answers with."""

import random
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from bench.ocr import words
from bench.ocr.words import Drug

SLOTS = ("morning", "noon", "evening", "night")
PATTERNS = [
    (1, 0, 0, 0), (0, 0, 0, 1), (1, 0, 1, 0), (1, 0, 1, 0), (1, 1, 1, 0), (1, 1, 1, 0), (1, 1, 1, 1), (2, 0, 2, 0), (0, 0, 1, 0),
    (0.5, 0, 0, 0), (0.5, 0, 0.5, 0), (0, 1, 0, 0), (1, 0, 0, 1), (2, 2, 2, 0), (1.5, 0, 1.5, 0), (0, 1, 1, 0), (0.25, 0, 0, 0),
]  # fmt: skip


@dataclass
class Case:
    """One page to draw: its truth, and the choices of form that the truth does not show."""

    layout: str
    level: str
    split: str
    seed: int
    truth: dict[str, Any]
    date_style: str = "slash"
    look_alike: bool = False
    handwritten: bool = False
    style: dict[str, Any] = field(default_factory=dict)


def make_case(split: str, number: int, layout: str, level: str, *, look_alike: bool = False) -> Case:
    """The page ``number`` of ``split``: everything follows from these, so that a page can be made again."""
    seed = (1_000_003 if split == "held" else 17) + number * 7919
    rng = random.Random(f"{split}/{number}/{layout}/{level}")
    latin = layout == "cabinet_fr"
    hand = layout == "handwritten"
    names = (
        _look_alikes(rng) if look_alike else _names(rng, split, 6 if hand else rng.choice([1, 2, 3, 3, 4, 4, 5, 6, 7]))
    )
    facility_km, facility_en = _facility(rng, split, layout)
    surname, given = rng.choice(words.SURNAMES[split]), rng.choice(words.GIVEN[split])
    doctor_surname, doctor_given = rng.choice(words.SURNAMES[split]), rng.choice(words.GIVEN[split])
    script = 1 if latin else 0
    day = date(2024, 1, 1) + timedelta(days=rng.randrange(1000))
    truth: dict[str, Any] = {
        "layout": layout, "level": level,
        "header": {"facility_km": facility_km, "facility_en": facility_en, "code": _code(rng, layout)},
        "patient": {"name": f"{surname[script]} {given[script]}", "age": rng.choice([rng.randint(1, 12), rng.randint(13, 90), rng.randint(13, 90)]), "sex": rng.choice("FM")},
        "diagnosis": _diagnoses(rng, split, latin),
        "medications": [_row(rng, n + 1, drug, layout) for n, drug in enumerate(names)],
        "footer": {"date": day.isoformat(), "time": f"{rng.randint(7, 17):02}:{rng.randint(0, 59):02}" if layout.startswith("heqip") else None,
                   "doctor": f"{doctor_surname[script]} {doctor_given[script]}"},
    }  # fmt: skip
    date_style = rng.choice(
        ["slash", "slash", "dash", "dot", "month"] if latin else ["slash", "slash", "khmer", "khmer_digits"]
    )
    if layout in ("list_km", "shuffled"):
        date_style = rng.choice(["khmer", "khmer_digits", "slash", "khmer_be"])
    return Case(layout, level, split, seed, truth, date_style, look_alike, hand)


def _names(rng: random.Random, split: str, count: int) -> list[Drug]:
    pool = _pool(split)
    chosen: dict[str, Drug] = {}
    while len(chosen) < count:
        drug = rng.choice(pool)
        chosen.setdefault(drug.name.lower(), drug)
    return list(chosen.values())


_POOLS: dict[str, list[Drug]] = {}


def _pool(split: str) -> list[Drug]:
    if split not in _POOLS:
        _POOLS[split] = words.drugs(split)
    return _POOLS[split]


def _look_alikes(rng: random.Random) -> list[Drug]:
    """Both halves of two pairs, or one half of four: each could be taken for the other."""
    if rng.random() < 0.5:
        pairs = rng.sample(words.LOOK_ALIKES, 2)
        rows = [drug for a, sa, b, sb in pairs for drug in (Drug(a, sa, "TABLET"), Drug(b, sb, "TABLET"))]
    else:
        rows = [
            Drug(*(pair[:2] if rng.random() < 0.5 else pair[2:]), "TABLET") for pair in rng.sample(words.LOOK_ALIKES, 4)
        ]
    rng.shuffle(rows)
    return rows


def _facility(rng: random.Random, split: str, layout: str) -> tuple[str | None, str | None]:
    if layout == "cabinet_fr":
        return None, rng.choice(words.CABINETS[split])
    if layout in ("clinic8", "handwritten"):
        return rng.choice(words.CLINICS[split])
    km, en = rng.choice(words.FACILITIES[split])
    return km, None if layout == "list_km" else en


def _code(rng: random.Random, layout: str) -> str:
    digits = "".join(rng.choice("0123456789") for _ in range(8))
    if layout.startswith("heqip"):
        return "".join(rng.choice("ABCDEGHKLMNPRSTV") for _ in range(4)) + digits[:7]
    if layout == "cabinet_fr":
        return f"{int(digits[:4]) % 9000 + 1000}/{rng.randint(24, 26)}"
    if layout in ("list_km", "shuffled"):
        return f"{int(digits[:3]) % 900 + 100}-{digits[3:8]}"
    return f"P{digits}"


def _diagnoses(rng: random.Random, split: str, latin: bool) -> list[str]:
    if not latin and rng.random() < 0.25:
        return [rng.choice(words.DIAGNOSES_KM[split])]
    return rng.sample(words.DIAGNOSES[split], rng.choice([1, 1, 2]))


def _row(rng: random.Random, no: int, drug: Drug, layout: str) -> dict[str, Any]:
    km, en, code = rng.choice(words.UNITS[drug.form])
    doses = dict(zip(SLOTS, rng.choice(PATTERNS), strict=True))
    dose_unit = None
    if drug.form not in ("TABLET", "CAPSULE"):
        doses = dict(zip(SLOTS, rng.choice(PATTERNS[:7]), strict=True))
    if drug.form == "SYRUP":
        size = rng.choice([2.5, 5, 10, 15])
        doses, dose_unit = {slot: size if n else 0 for slot, n in doses.items()}, "ml"
    if layout == "heqip7":
        doses["night"] = 0
        if not any(doses.values()):
            doses["morning"] = 1
    daily = sum(doses.values())
    whole = drug.form in ("TABLET", "CAPSULE", "POWDER") and rng.random() < 0.75
    quantity: int | None = (
        int(daily * rng.choice([3, 5, 7, 10, 14, 30]) + 0.99) if whole else rng.choice([1, 2, 3, 5, 10, 14, 20, 30, 60])
    )
    meal = rng.choice([None, None, "after", "before"])
    shown: dict[str, float | None] = dict(doses)
    if layout == "heqip7":
        shown["night"] = None
    if layout == "handwritten":
        shown, quantity, meal = dict.fromkeys(SLOTS), None, None
    route = rng.choice([None, "PO"]) if layout in ("heqip7", "heqip8") and drug.form in ("TABLET", "CAPSULE") else None
    return {
        "no": no, "name": drug.name, "strength": drug.strength, "quantity": quantity, "unit": en if layout == "cabinet_fr" else km,
        "unit_code": code, "route": route, "doses": shown, "dose_unit": dose_unit, "meal": meal,
    }  # fmt: skip
