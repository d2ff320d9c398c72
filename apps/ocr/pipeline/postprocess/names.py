"""Names of medicines: accepted when they are known, corrected only where no other medicine can be meant."""

import re
import unicodedata
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from rapidfuzz import fuzz, process

from apps.ocr.pipeline.postprocess.strengths import clean_strength
from apps.ocr.pipeline.types import Candidate

FOLDER = Path(__file__).parents[1] / "lexicons"
BEST, MARGIN = 90.0, 8.0
ALIKE = 20.0  # a look-alike partner this near to the best name forbids a correction
FORM_WORDS = re.compile(
    r"tablets?|tabs?|capsules?|caps?|gelules?|syrup|sirop|suspension|susp|injection|inj|cream|creme|gel|ointment|"
    r"pommade|drops|gouttes|cp|comprimes?|amp|ampoule|vial|sachet|spray|inhaler|solution|sol|oral|powder|poudre|"
    r"effervescent|sr|xr|er|lp|forte|plus|retard"
)
_MISREAD = str.maketrans({"1": "l", "0": "o", "5": "s", "|": "l", "!": "l", "8": "b", "6": "b", "9": "g"})


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of a word list."""

    name: str
    medicine: str
    strengths: frozenset[str]


@dataclass(frozen=True, slots=True)
class Match:
    """What a reading is taken for. ``known`` is exact, corrected or unknown; only the first two have a ``medicine``."""

    value: str
    known: str
    medicine: str | None
    strengths: frozenset[str]
    score: float
    candidates: tuple[Candidate, ...]


def key(text: str) -> str:
    """A name for comparing: lower case, no accents, letters and digits only."""
    bare = "".join(letter for letter in unicodedata.normalize("NFKD", text) if not unicodedata.combining(letter))
    return re.sub(r"[^a-z0-9\u1780-\u17ff]+", "", bare.lower())


@cache
def lexicon() -> dict[str, Entry]:
    """Every name of the lists by its key."""
    entries: dict[str, Entry] = {}
    strengths: dict[str, frozenset[str]] = {}
    for printed, medicine, _, known, *_ in _rows("medications_en.txt"):
        strengths[medicine] = frozenset(comparable(part) for part in known.split("|") if part)
        entries.setdefault(key(printed), Entry(printed, medicine, strengths[medicine]))
    for printed, medicine, _ in _rows("medications_km.txt"):
        entries.setdefault(key(printed), Entry(printed, medicine, strengths.get(medicine, frozenset())))
    return entries


def _rows(name: str) -> list[list[str]]:
    lines = (FOLDER / name).read_text(encoding="utf-8").split("\n")
    return [line.split("\t") for line in lines if line and not line.startswith("#")]


@cache
def look_alikes() -> dict[str, frozenset[str]]:
    """The names that each name is taken for, by key."""
    pairs: dict[str, set[str]] = {}
    for a, b, _ in _rows("lasa.txt"):
        pairs.setdefault(key(a), set()).add(key(b))
        pairs.setdefault(key(b), set()).add(key(a))
    return {name: frozenset(others) for name, others in pairs.items()}


def comparable(strength: str) -> str:
    """A strength for comparing: grams and micrograms as milligrams."""

    def milligrams(found: re.Match[str]) -> str:
        factor = 1000.0 if found[2] == "g" else 0.001
        return f"{float(found[1]) * factor:g}mg"

    return re.sub(r"(\d+(?:\.\d+)?)(g|mcg)(?![a-z])", milligrams, clean_strength(strength))


def match_name(text: str, strength: str | None) -> Match:
    """Take a reading for a name of the lists, or leave it as it is with the three nearest names."""
    head, tail = _split_form(text)
    for reading in (text, head):
        if entry := lexicon().get(key(reading)):
            rest = tail if reading is head else ""
            return _taken(entry, rest, "exact", 100.0)
    undone = _undo(head)
    if undone != head and (entry := lexicon().get(key(undone))):
        return _taken(entry, tail, "corrected", 97.0)
    near = nearest(undone)
    candidates = tuple(Candidate(entry.name, score) for score, entry in near[:3])
    if near:
        score, entry = near[0]
        second = next((other for other, one in near if one.medicine != entry.medicine), 0.0)
        fits = strength is not None and comparable(strength) in entry.strengths
        if score >= BEST and score - second >= MARGIN and fits and not _alike(undone, entry, score):
            return Match(_shown(entry.name, tail), "corrected", entry.medicine, entry.strengths, score, candidates)
        return Match(text, "unknown", None, frozenset(), score, candidates)
    return Match(text, "unknown", None, frozenset(), 0.0, ())


def nearest(text: str, limit: int = 12) -> list[tuple[float, Entry]]:
    """The names most like a reading, best first, one for each medicine."""
    wanted = key(text)
    if len(wanted) < 3:
        return []
    seen: set[str] = set()
    found: list[tuple[float, Entry]] = []
    for name, score, _ in process.extract(wanted, lexicon().keys(), scorer=fuzz.ratio, limit=limit, score_cutoff=55):
        entry = lexicon()[name]
        if entry.medicine not in seen:
            seen.add(entry.medicine)
            found.append((float(score), entry))
    return found


def _taken(entry: Entry, tail: str, how: str, score: float) -> Match:
    return Match(_shown(entry.name, tail), how, entry.medicine, entry.strengths, score, (Candidate(entry.name, score),))


def _shown(name: str, tail: str) -> str:
    return f"{name} {tail}" if tail else name


def _split_form(text: str) -> tuple[str, str]:
    """The name and the form words behind it."""
    words = text.split()
    cut = len(words)
    while cut > 1 and FORM_WORDS.fullmatch(key(words[cut - 1])):
        cut -= 1
    return " ".join(words[:cut]), " ".join(words[cut:])


def _undo(text: str) -> str:
    """Digits inside words back to the letters they stand for; a word of digits alone stays."""

    def word(found: re.Match[str]) -> str:
        part = found[0]
        if sum(letter.isalpha() for letter in part) < 2:
            return part
        return part.translate(_MISREAD)

    return re.sub(r"[\w|!]+", word, text).replace("rn", "m") if _has_rn(text) else re.sub(r"[\w|!]+", word, text)


def _has_rn(text: str) -> bool:
    """Whether reading rn as m makes a known name of it."""
    return "rn" in text and key(text.translate(_MISREAD).replace("rn", "m")) in lexicon()


def _alike(reading: str, entry: Entry, score: float) -> bool:
    partners: set[str] = set()
    for name in (key(entry.name), key(entry.medicine)):
        partners |= look_alikes().get(name, frozenset())
    return any(fuzz.ratio(key(reading), partner) >= score - ALIKE for partner in partners)
