"""Khmer words outside the table that lists know: names of people and diagnoses. What is near none stays as read."""

from functools import cache
from pathlib import Path

from rapidfuzz import fuzz, process
from rapidfuzz.distance import Levenshtein

FOLDER = Path(__file__).parents[1] / "lexicons"


LONG, TITLE = 8, 11  # letters: of a word that is no surname, of the word for doctor
MARKS = "\u17b7\u17b8\u17b9\u17ba\u17bb\u17bc\u17c6\u17c9\u17ca\u17cb\u17d0"


def _listed(name: str) -> frozenset[str]:
    lines = (FOLDER / name).read_text(encoding="utf-8").split("\n")
    return frozenset(line.split("\t")[0] for line in lines if line and not line.startswith("#"))


@cache
def _names() -> frozenset[str]:
    return _listed("people_km.txt")


@cache
def _diagnoses() -> frozenset[str]:
    return _listed("diagnoses_km.txt")


def likely_diagnosis(text: str) -> str:
    """A Khmer diagnosis as the list of common ones spells it, when one is near and no other is; else as read."""
    near = process.extract(text, _diagnoses(), scorer=fuzz.ratio, limit=2, score_cutoff=60)
    if near and near[0][1] >= 74 and (len(near) == 1 or near[0][1] - near[1][1] >= 10):
        return str(near[0][0])
    return text


def known_words(text: str) -> int:
    """How many words of a name are common names."""
    return sum(word in _names() for word in text.split())


def likely_name(text: str) -> str:
    """The name with each word that is one letter or mark away from exactly one common name put right."""
    return " ".join(_word(word) for word in text.split())


def without_title(text: str) -> str:
    """A name without a first word that is no name while the ones behind it are: a misread title."""
    words = text.split()
    if len(words) >= 3 and words[0] not in _names() and words[1] in _names():
        return " ".join(words[1:])
    return text


def after_title(text: str) -> str:
    """A line of the prescriber without the word for doctor, however that was read, also where no space follows it."""
    words = text.split()
    if not words or len(words[0]) < LONG or words[0] in _names():
        return text
    if len(words) >= 3:
        return " ".join(words[1:])
    ending = max((name for name in _names() if len(name) >= 3 and words[0].endswith(name)), key=len, default="")
    rest = ending or words[0][TITLE:]
    return " ".join([rest, *words[1:]]).strip()


def _word(word: str) -> str:
    if len(word) < 2 or word in _names():
        return word
    near = [name for name in _names() if Levenshtein.distance(word, name, score_cutoff=1) <= 1 and len(name) >= 2]
    lost = [name for name in near if len(name) == len(word) + 1 and _lost_mark(word, name)]
    if len(lost) == 1:
        return lost[0]
    if len(near) == 1 and len(word) >= 3:
        return near[0]
    long = [name for name in _names() if len(name) >= 6]
    far = [name for name in long if Levenshtein.distance(word, name, score_cutoff=2) <= 2]
    return far[0] if not near and len(far) == 1 and len(word) >= 5 else word


def _lost_mark(word: str, name: str) -> bool:
    """Whether a word is a name without one of the small marks above or below its letters, which fade first."""
    at = next((i for i, letter in enumerate(word) if letter != name[i]), len(word))
    return name[at] in MARKS and word[at:] == name[at + 1 :]
