"""Numbers as they are written on prescriptions: ASCII or Khmer digits, halves as ½, 1/2 or 0.5, a dash for nothing."""

import re

KHMER_DIGITS = str.maketrans("០១២៣៤៥៦៧៨៩", "0123456789")
FRACTIONS = {"½": 0.5, "¼": 0.25, "¾": 0.75, "⅓": 1 / 3, "⅔": 2 / 3}
_VULGAR = re.compile(r"(?:(\d+)\s*)?([½¼¾⅓⅔])")
_RATIO = re.compile(r"(?:(\d+)\s+)?([1-3])\s*[/⁄]\s*([2-4])(?!\d)")
_PLAIN = re.compile(r"\d+(?:[.,]\d+)?")
_HALF = re.compile(r"(?:(?<=\d)1/½|(?<=\d)1/2(?!\d)|1/½|½\s*/?\s*2(?!\d))")  # how the Latin engine sees the one sign ½
_DASHES = re.compile(r"[-–—−_=~.\s]+")
HALF_WORDS = ("កន្លះ",)


def ascii_digits(text: str) -> str:
    """The text with Khmer digits turned into ASCII ones; nothing else changes."""
    return text.translate(KHMER_DIGITS)


def amount(text: str) -> float | None:
    """The first amount in a text, or None. ``1 1/2`` and ``1½`` are 1.5; ``កន្លះ`` is a half."""
    text = _HALF.sub("½", ascii_digits(text))
    if found := _VULGAR.search(text):
        return float(found[1] or 0) + FRACTIONS[found[2]]
    if found := _RATIO.search(text):
        share = int(found[2]) / int(found[3])
        return float(found[1] or 0) + share if share < 1 else None
    if found := _PLAIN.search(text):
        return float(found[0].replace(",", "."))
    return 0.5 if any(word in text for word in HALF_WORDS) else None


def whole(text: str) -> int | None:
    """The first whole number in a text, or None."""
    found = re.search(r"\d+", ascii_digits(text))
    return int(found[0]) if found else None


def is_dash(text: str) -> bool:
    """Whether a cell says "nothing" with a dash."""
    return bool(text) and _DASHES.fullmatch(text) is not None
