"""Khmer writing: what may be separated, digits, dates. Pure text; shaping is the screen's business."""

import re
from collections.abc import Iterator
from datetime import date, datetime

ZWSP = "\u200b"  # marks the end of a word where a line may break; drawn as nothing
NBSP = "\u00a0"

# One orthographic cluster: a base, its subscripts (coeng + letter), vowels, signs; never to be torn apart.
_CLUSTER = re.compile(
    r"[\u1780-\u17b3](?:[\u17c9\u17ca\u17cc\u200c\u200d]|\u17d2[\u1780-\u17b3]|[\u17b4-\u17c8\u17cb\u17cd-\u17d1\u17dd])*"
    r"|\S[\u0300-\u036f\u200d\ufe0f\u17b4-\u17d3\u17dd]*"
    r"|\s",
    re.DOTALL,
)
_DEPENDENT = re.compile(r"[\u17b4-\u17d3\u17dd]")
_KHMER = re.compile(r"[\u1780-\u17ff]")
_TO_KHMER = str.maketrans("0123456789", "០១២៣៤៥៦៧៨៩")
_TO_ASCII = str.maketrans("០១២៣៤៥៦៧៨៩", "0123456789")

MONTHS = (
    "មករា", "កុម្ភៈ", "មីនា", "មេសា", "ឧសភា", "មិថុនា",
    "កក្កដា", "សីហា", "កញ្ញា", "តុលា", "វិច្ឆិកា", "ធ្នូ",
)  # fmt: skip
WEEKDAYS = ("ចន្ទ", "អង្គារ", "ពុធ", "ព្រហស្បតិ៍", "សុក្រ", "សៅរ៍", "អាទិត្យ")
_EN_MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip
_EN_WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


def clusters(text: str) -> list[str]:
    """Split into what a reader sees as one character each; joined, they are the text again."""
    return _CLUSTER.findall(text)


def is_khmer(text: str) -> bool:
    """Whether there is any Khmer in it."""
    return bool(_KHMER.search(text))


def starts_torn(line: str) -> bool:
    """Whether a line begins with a sign that belongs to the letter before it."""
    return bool(_DEPENDENT.match(line))


def break_pieces(text: str) -> Iterator[str]:
    """Pieces after each of which a line may break: after a space or ZWSP; Khmer without either between
    clusters."""
    piece = ""
    for cluster in clusters(text):
        piece += cluster
        if cluster in {" ", ZWSP, "\t"}:
            yield piece
            piece = ""
    if piece:
        yield piece


def strip_breaks(text: str) -> str:
    """The text without invisible break marks, for comparing and searching."""
    return text.replace(ZWSP, "")


def keep_units(text: str) -> str:
    """``500 mg`` with a space at which no line breaks: a number never loses its unit (domain.md §7.5)."""
    return re.sub(r"(?<=[0-9០-៩½¼¾]) (?=\S)", NBSP, text)


def khmer_digits(text: str) -> str:
    """ASCII digits as Khmer ones. Never for strengths and amounts (domain.md §7.5)."""
    return text.translate(_TO_KHMER)


def ascii_digits(text: str) -> str:
    """Khmer digits as ASCII ones, for whatever was typed."""
    return text.translate(_TO_ASCII)


def clock_text(moment: datetime, *, khmer: bool = False) -> str:
    """``07:05``, with Khmer digits when asked for."""
    text = f"{moment:%H:%M}"
    return khmer_digits(text) if khmer else text


def weekday(day: int, language: str) -> str:
    """A weekday's name; 1 is Monday, as on the wire."""
    return f"ថ្ងៃ{WEEKDAYS[day - 1]}" if language == "km" else _EN_WEEKDAYS[day - 1]


def month_text(day: date, language: str, *, buddhist: bool = False) -> str:
    """``វិច្ឆិកា 2026`` or ``November 2026``."""
    names = MONTHS if language == "km" else _EN_MONTHS
    return f"{names[day.month - 1]} {day.year + (543 if buddhist else 0)}"


def date_text(day: date, language: str, *, digits: bool = False, buddhist: bool = False) -> str:
    """``ថ្ងៃអង្គារ ទី២៤ វិច្ឆិកា ២០២៦`` or ``Tuesday 24 November 2026``; ``buddhist`` counts years from 543
    BC."""
    year = day.year + (543 if buddhist else 0)
    if language != "km":
        return f"{_EN_WEEKDAYS[day.weekday()]} {day.day} {_EN_MONTHS[day.month - 1]} {year}"
    text = f"ថ្ងៃ{WEEKDAYS[day.weekday()]} ទី{day.day} {MONTHS[day.month - 1]} {year}"
    return khmer_digits(text) if digits else text
