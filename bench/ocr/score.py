"""Figures of recognition from (truth, answer) pairs in the flat shape.

A leaf of the answer may be bare or ``{"value", "confidence"}``. Names ignore case, accents, spaces and trailing form words;
1g = 1000mg; Khmer digits are ASCII digits; ZWSP does not count. ``null`` is "not printed or not read", 0 is a dash or blank.
"""

import re
import unicodedata
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from rapidfuzz import fuzz

SLOTS = ("morning", "noon", "evening", "night")
SURE = 0.85
CONFIDENT_FIELDS = ("name", "strength", "quantity")
_FORM_WORDS = {"tablet", "tablets", "tab", "tabs", "capsule", "capsules", "caps", "cap", "syrup", "sirop", "inj", "injection", "cream", "creme", "drops", "gel", "cp", "comprime", "suspension"}  # fmt: skip
_DIGITS = str.maketrans("០១២៣៤៥៦៧៨៩", "0123456789")


def plain(value: Any) -> str:
    """``value`` for comparing: lower case, no accents, no spaces or zero-width marks, ASCII digits."""
    text = unicodedata.normalize("NFKD", str(value).translate(_DIGITS).lower())
    text = "".join(c for c in text if not (unicodedata.combining(c) and ord(c) < 0x400))
    return re.sub(r"[\s\u200b\u200c\u200d\ufeff.,:]+", "", unicodedata.normalize("NFC", text))


def name_key(value: Any) -> str:
    """A medicine's name without trailing form words."""
    text = unicodedata.normalize("NFKD", str(value).lower())
    parts = "".join(c for c in text if not (unicodedata.combining(c) and ord(c) < 0x400)).split()
    while len(parts) > 1 and parts[-1].strip(".") in _FORM_WORDS:
        parts.pop()
    return plain(" ".join(parts))


def strength_key(value: Any) -> str:
    """A strength with grams as milligrams and micrograms under one spelling."""
    text = (
        plain(str(value).replace(",", "#").replace(".", "#"))
        .replace("#", ".")
        .replace("µg", "mcg")
        .replace("μg", "mcg")
    )
    return re.sub(r"(\d+(?:\.\d+)?)g(?![a-z])", lambda found: f"{float(found[1]) * 1000:g}mg", text)


def number(value: Any) -> float | None:
    """``value`` as a number, or nothing."""
    try:
        return float(str(value).translate(_DIGITS))
    except ValueError:
        return None


@dataclass
class Leaf:
    """One value of an answer and how sure the reader says it is."""

    value: Any
    confidence: float


def leaf(node: Any) -> Leaf:
    """The value and confidence of ``node``; a bare value claims nothing about its confidence."""
    if isinstance(node, dict) and "value" in node:
        return Leaf(node["value"], float(node.get("confidence") or 0))
    return Leaf(node, 0.0)


def at(data: Any, *path: str) -> Leaf:
    """The leaf at ``path``; a missing branch is an unread leaf."""
    for step in path:
        data = data.get(step) if isinstance(data, dict) else None
    return leaf(data)


@dataclass
class Tally:
    """Sums over the pages of one group."""

    pages: int = 0
    counts: Counter[str] = field(default_factory=Counter)
    claims: list[tuple[float, bool]] = field(default_factory=list)
    times: list[int] = field(default_factory=list)

    def add(self, what: str, right: bool) -> None:
        """One value that was or was not right."""
        self.counts[what] += right
        self.counts[f"{what}/n"] += 1

    def share(self, what: str) -> float | None:
        """The right share of ``what``, or nothing when it never occurred."""
        total = self.counts[f"{what}/n"]
        return self.counts[what] / total if total else None

    def f1(self) -> float | None:
        """F1 over all fields; an invented row counted three false positives."""
        true, false, missed = self.counts["tp"], self.counts["fp"], self.counts["fn"]
        return 2 * true / (2 * true + false + missed) if true + missed else None

    def silent(self) -> float | None:
        """The wrong share of what was given with confidence ≥ .85."""
        sure = [right for confidence, right in self.claims if confidence >= SURE]
        return sure.count(False) / len(sure) if sure else None

    def extra(self) -> float | None:
        """Invented rows for each printed row."""
        return self.counts["extra"] / self.counts["rows"] if self.counts["rows"] else None

    def merge(self, other: "Tally") -> None:
        """Add another group."""
        self.pages += other.pages
        self.counts.update(other.counts)
        self.claims += other.claims
        self.times += other.times


@dataclass
class Page:
    """The tally of one page, and in words what went wrong."""

    tally: Tally
    faults: list[str]


def _same(truth: Any, given: Any, kind: str) -> bool:
    if truth is None or given is None:
        return truth is given
    if kind == "number":
        return number(given) == number(truth)
    if kind == "strength":
        return strength_key(given) == strength_key(truth)
    if kind == "name":
        return name_key(given) == name_key(truth)
    if kind == "fuzzy":
        return fuzz.ratio(plain(given), plain(truth)) >= 90
    return plain(given) == plain(truth)


class _Scorer:
    def __init__(self, truth: dict[str, Any], data: dict[str, Any], lexicon: frozenset[str]) -> None:
        self.truth, self.data, self.lexicon = truth, data, lexicon
        self.tally, self.faults = Tally(pages=1), []

    def value(self, what: str, truth: Any, given: Leaf, kind: str = "text", where: str = "") -> bool:
        """Judge one leaf. Unread and unprinted leaves agree without counting."""
        right = _same(truth, given.value, kind)
        if truth is None and given.value is None:
            return True
        self.tally.add(what, right)
        if right:
            self.tally.counts["tp"] += 1
        else:
            self.tally.counts["fn"] += truth is not None
            self.tally.counts["fp"] += given.value is not None
            self.faults.append(f"{where or what}: {given.value!r} ({given.confidence:.2f}), printed {truth!r}")
        if given.value is not None and given.confidence:
            self.tally.claims.append((given.confidence, right))
        return right

    def run(self) -> Page:
        truth, data = self.truth, self.data
        self.value("code", truth["header"]["code"], at(data, "header", "code"))
        language = "facility_km" if truth["header"]["facility_km"] else "facility_en"
        self.value("facility", truth["header"][language], at(data, "header", language), "fuzzy")
        self.value("patient", truth["patient"]["name"], at(data, "patient", "name"))
        self.tally.add("patient_near", _same(truth["patient"]["name"], at(data, "patient", "name").value, "fuzzy"))
        self.value("age", truth["patient"]["age"], at(data, "patient", "age"), "number")
        self.value("sex", truth["patient"]["sex"], at(data, "patient", "sex"))
        self.value("date", truth["footer"]["date"], at(data, "footer", "date"))
        self.value("doctor", truth["footer"]["doctor"], at(data, "footer", "doctor"))
        self._diagnosis()
        self._rows()
        return Page(self.tally, self.faults)

    def _diagnosis(self) -> None:
        given = [leaf(node) for node in self.data.get("diagnosis") or []]
        wanted = list(self.truth["diagnosis"])
        everything = len(given) == len(wanted)
        for text in wanted:
            best = max(given, key=lambda one: fuzz.ratio(plain(one.value), plain(text)), default=Leaf(None, 0))
            everything &= self.value("diagnosis_item", text, best, "fuzzy", where="diagnosis")
        self.tally.add("diagnosis", everything)

    def _rows(self) -> None:
        wanted, given = self.truth["medications"], list(self.data.get("medications") or [])
        self.tally.counts["rows"] += len(wanted)
        pairs = _align(wanted, given)
        matched = {id(row) for _, row in pairs if row is not None}
        for row in given:
            if id(row) not in matched:
                self.tally.counts["extra"] += 1
                self.tally.counts["fp"] += 3
                self.faults.append(f"invented row: {at(row, 'name').value!r}")
        for truth, row in pairs:
            self._row(truth, row)

    def _row(self, truth: dict[str, Any], row: dict[str, Any] | None) -> None:
        where, tally = f"row {truth['no']}", self.tally
        if row is None:
            for what in ("name_exact", "strength", "quantity", "dose_all4", "row_correct"):
                if what != "quantity" or truth["quantity"] is not None:
                    tally.add(what, False)
            tally.counts["fn"] += 7
            self.faults.append(f"{where}: missed, {truth['name']} {truth['strength']}")
            return
        name = at(row, "name")
        exact = self.value("name_exact", truth["name"], name, "name", f"{where} name")
        near = name.value is not None and fuzz.ratio(name_key(name.value), name_key(truth["name"])) >= 90
        strength = self.value("strength", truth["strength"], at(row, "strength"), "strength", f"{where} strength")
        quantity = self.value("quantity", truth["quantity"], at(row, "quantity"), "number", f"{where} quantity")
        doses = [
            self.value("dose", truth["doses"][slot], at(row, "doses", slot), "number", f"{where} {slot}")
            for slot in SLOTS
        ]
        tally.add("dose_all4", all(doses))
        tally.add("row_correct", near and strength and quantity and all(doses))
        self._substitution(truth, name, exact)
        if self.truth.get("handwritten"):
            tally.add("handwritten_guess", any(at(row, "doses", slot).value is not None for slot in SLOTS))

    def _substitution(self, truth: dict[str, Any], name: Leaf, exact: bool) -> None:
        """Another medicine of the catalogue where this one is printed."""
        if name.value is not None and not exact and name_key(name.value) in self.lexicon:
            self.tally.counts["substituted"] += 1
            self.faults.append(f"SUBSTITUTION: {truth['name']} became {name.value}")
            if self.truth.get("look_alike"):
                self.tally.counts["substituted_look_alike"] += 1


def _align(
    wanted: list[dict[str, Any]], given: list[dict[str, Any]]
) -> list[tuple[dict[str, Any], dict[str, Any] | None]]:
    """Each printed row with the answer's row that stands for it: best name first, then order for rows without a name."""
    scores = sorted(
        ((fuzz.ratio(name_key(at(row, "name").value or ""), name_key(truth["name"])) + 12 * (number(at(row, "no").value) == truth["no"]), -i, -j)
         for i, truth in enumerate(wanted) for j, row in enumerate(given)), reverse=True,
    )  # fmt: skip
    found: dict[int, int] = {}
    for score, i, j in scores:
        if score >= 55 and -i not in found and -j not in found.values():
            found[-i] = -j
    for i in range(len(wanted)):
        if i not in found and i < len(given) and i not in found.values():
            found[i] = i
    return [(truth, given[found[i]] if i in found else None) for i, truth in enumerate(wanted)]


def judge(truth: dict[str, Any], data: dict[str, Any] | None, lexicon: frozenset[str]) -> Page:
    """The tally of one page; no answer at all counts as nothing read."""
    return _Scorer(truth, data or {}, lexicon).run()
