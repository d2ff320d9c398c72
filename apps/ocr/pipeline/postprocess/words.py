"""The few words of a row beside name and numbers: units, meals, ways of taking, sexes."""

import re

from rapidfuzz import fuzz

from apps.ocr.pipeline.postprocess.labels import plain

# the printed unit, how it is written in the answer, its code
UNITS: tuple[tuple[str, str], ...] = (
    ("គ្រាប់ស្រោប", "coated_tablet"),
    ("គ្រាប់", "tablet"),
    ("កញ្ចប់", "sachet"),
    ("ប្រអប់", "box"),
    ("បំពង់", "tube"),
    ("អំពូល", "ampoule"),
    ("ដប", "bottle"),
    ("បន្ទះ", "strip"),
    ("ស្លាបព្រា", "spoon"),
    ("តំណក់", "drop"),
    ("ថ្នាំស៊ុល", "suppository"),
    ("កាប់ស៊ុល", "capsule"),
    ("tablets", "tablet"),
    ("tablet", "tablet"),
    ("tab", "tablet"),
    ("tabs", "tablet"),
    ("cp", "tablet"),
    ("comprimés", "tablet"),
    ("caps", "capsule"),
    ("cap", "capsule"),
    ("capsule", "capsule"),
    ("gélule", "capsule"),
    ("gél", "capsule"),
    ("sachet", "sachet"),
    ("sach", "sachet"),
    ("box", "box"),
    ("boîte", "box"),
    ("bottle", "bottle"),
    ("btl", "bottle"),
    ("flacon", "bottle"),
    ("fl", "bottle"),
    ("vial", "vial"),
    ("ampoule", "ampoule"),
    ("amp", "ampoule"),
    ("tube", "tube"),
    ("spray", "spray"),
    ("ml", "ml"),
    ("drops", "drop"),
    ("supp", "suppository"),
)
MEALS: tuple[tuple[str, str], ...] = (
    ("ក្រោយបាយ", "after"),
    ("បន្ទាប់ពីអាហារ", "after"),
    ("ក្រោយអាហារ", "after"),
    ("មុនបាយ", "before"),
    ("មុនអាហារ", "before"),
    ("ពេលបាយ", "with"),
    ("ជាមួយបាយ", "with"),
    ("ជាមួយអាហារ", "with"),
    ("ពេលអាហារ", "with"),
    ("after meal", "after"),
    ("after meals", "after"),
    ("after food", "after"),
    ("après repas", "after"),
    ("après le repas", "after"),
    ("before meal", "before"),
    ("before meals", "before"),
    ("before food", "before"),
    ("avant repas", "before"),
    ("avant le repas", "before"),
    ("with meal", "with"),
    ("with meals", "with"),
    ("with food", "with"),
    ("pendant le repas", "with"),
    ("pendant repas", "with"),
)
ROUTES = ("PO", "IV", "IM", "SC", "SL", "PR", "IVD", "IVL", "INH", "TOP", "VO", "Oral")
SEXES = (
    ("ស្រី", "F"),
    ("ប្រុស", "M"),
    ("female", "F"),
    ("male", "M"),
    ("féminin", "F"),
    ("masculin", "M"),
    ("femme", "F"),
    ("homme", "M"),
)


def find_unit(khmer: str, latin: str) -> tuple[str, str] | None:
    """The unit that a cell names and its code: the printed word, not what the medicine usually is."""
    best: tuple[float, int, str, str] | None = None
    for text in (khmer, latin):
        letters = re.sub(r"[\d០-៩.,/½¼]+", " ", text)
        words = [letters, *letters.split()]
        for unit, code in UNITS:
            is_khmer = not unit.isascii() and unit[0] >= "\u1780"
            for word in words:
                score = fuzz.ratio(plain(unit), plain(word)) if plain(word) else 0.0
                need = 62.0 if is_khmer and len(unit) > 3 else 86.0
                if score >= need and (best is None or (score, len(unit)) > best[:2]):
                    best = (score, len(unit), unit, code)
    return (best[2], best[3]) if best else None


def find_meal(khmer: str, latin: str) -> tuple[str, float] | None:
    """before, after or with, and how like the words the reading is."""
    best: tuple[float, str] | None = None
    for text in (plain(khmer), plain(latin)):
        if len(text) < 4:
            continue
        for words, meal in MEALS:
            wanted = plain(words)
            score = fuzz.partial_ratio(wanted, text) if len(text) >= len(wanted) else fuzz.ratio(wanted, text)
            if score >= 72 and (best is None or score > best[0]):
                best = (score, meal)
    return (best[1], best[0]) if best else None


def find_route(khmer: str, latin: str) -> str | None:
    """The way of taking, as printed."""
    for text in (latin, khmer):
        for word in re.findall(r"[A-Za-z]+", text):
            for route in ROUTES:
                if word.upper() == route.upper():
                    return route
    return None


def find_sex(khmer: str, latin: str) -> tuple[str, float] | None:
    """F or M and how like the word the reading is."""
    best: tuple[float, str] | None = None
    for text in (khmer, latin):
        bare = plain(text).strip(".:;,- ")
        if bare in ("f", "m"):
            return bare.upper(), 95.0
        for word, sex in SEXES:
            score = fuzz.ratio(plain(word), bare) if bare else 0.0
            if len(bare) > len(plain(word)):
                score = max(score, fuzz.partial_ratio(plain(word), bare) - 4)
            if score >= 55 and (best is None or score > best[0]):
                best = (score, sex)
    return (best[1], best[0]) if best else None
