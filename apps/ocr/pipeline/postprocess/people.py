"""Khmer names of people: a word that misses one mark of a common name becomes that name; all others stay as read."""

from functools import cache
from pathlib import Path

from rapidfuzz.distance import Levenshtein

FILE = Path(__file__).parents[1] / "lexicons" / "people_km.txt"


@cache
def _names() -> frozenset[str]:
    lines = FILE.read_text(encoding="utf-8").split("\n")
    return frozenset(line.split("\t")[0] for line in lines if line and not line.startswith("#"))


def known_words(text: str) -> int:
    """How many words of a name are common names."""
    return sum(word in _names() for word in text.split())


def likely_name(text: str) -> str:
    """The name with each word that is one letter or mark away from exactly one common name put right."""
    return " ".join(_word(word) for word in text.split())


def _word(word: str) -> str:
    if len(word) < 2 or word in _names():
        return word
    near = [name for name in _names() if Levenshtein.distance(word, name, score_cutoff=1) <= 1 and len(name) >= 2]
    if len(near) == 1 and (len(word) >= 3 or len(near[0]) == len(word) + 1):
        return near[0]
    far = [name for name in _names() if len(name) >= 6 and Levenshtein.distance(word, name, score_cutoff=2) <= 2]
    return far[0] if not near and len(far) == 1 and len(word) >= 5 else word
