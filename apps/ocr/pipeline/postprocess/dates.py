"""Dates in every form that prescriptions use: 07/07/2025, 24.09.2025, ថ្ងៃទី១៥ ខែមិថុនា ឆ្នាំ២០២៦, 15 juin 2026."""

import datetime as dt
import re
import unicodedata

from rapidfuzz import fuzz, process

from apps.ocr.pipeline.postprocess.numbers import ascii_digits

BUDDHIST = 543
FIRST, LAST = 1990, 2100
_MONTHS: dict[str, int] = {}
for _names in (
    "មករា កុម្ភៈ មីនា មេសា ឧសភា មិថុនា កក្កដា សីហា កញ្ញា តុលា វិច្ឆិកា ធ្នូ",
    "មករា កុម្ភះ មិនា មេសា ឧសភា មិថុនា កក្កដា សីហា កញ្ញា តុលា វិច្ឆិកា ធ្នូ",
    "january february march april may june july august september october november december",
    "jan feb mar apr may jun jul aug sep oct nov dec",
    "janvier fevrier mars avril mai juin juillet aout septembre octobre novembre decembre",
):
    _MONTHS |= {name: number for number, name in enumerate(_names.split(), start=1)}

_NUMERIC = re.compile(r"(?<!\d)(\d{1,2})\s*[/.\-–]\s*(\d{1,2})\s*[/.\-–]\s*(\d{4}|\d{2})(?!\d)")
_ISO = re.compile(r"(?<!\d)(\d{4})\s*[-/.]\s*(\d{1,2})\s*[-/.]\s*(\d{1,2})(?!\d)")
_LATIN = re.compile(r"(?<!\d)(\d{1,2})(?:er|st|nd|rd|th)?\s*[-/ ]?\s*([a-z]{3,9})\.?\s*[-/ ,]?\s*(\d{4})(?!\d)")
_TIME = re.compile(r"(?<!\d)([01]?\d|2[0-3])\s*[:h.]\s*([0-5]\d)(?!\d)")


def read_date(text: str) -> str | None:
    """The first date in a text as YYYY-MM-DD, or None. Years of the Buddhist era are turned into ours."""
    text = ascii_digits(text)
    if found := _ISO.search(text):
        return _checked(int(found[3]), int(found[2]), int(found[1]))
    if found := _NUMERIC.search(text):
        year = int(found[3])
        return _checked(int(found[1]), int(found[2]), year + 2000 if year < 100 else year)
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    if found := _LATIN.search(plain):
        return _checked(int(found[1]), month(found[2]), int(found[3]))
    return _khmer(text)


def _khmer(text: str) -> str | None:
    """Day, a month's name and a year, in this order, with any words between them."""
    years = list(re.finditer(r"(?<!\d)\d{4}(?!\d)", text))
    for year in years:
        before = text[: year.start()]
        days = list(re.finditer(r"(?<!\d)\d{1,2}(?!\d)", before))
        if not days:
            continue
        between = before[days[-1].end() :]
        number = month(between)
        if found := _checked(int(days[-1][0]), number, int(year[0])):
            return found
    return None


def month(words: str) -> int | None:
    """The month named in some words, or None when none is near enough or two are equally near."""
    cleaned = re.sub(r"(ថ្ងៃទី|ខែ|ឆ្នាំ|[\s,.:])", " ", words).strip().lower()
    if not cleaned:
        return None
    best: list[tuple[float, int]] = []
    for word in (cleaned, *cleaned.split()):
        for name, score, _ in process.extract(word, _MONTHS.keys(), scorer=fuzz.ratio, limit=4):
            best.append((score, _MONTHS[name]))
    best.sort(reverse=True)
    score, number = best[0]
    other = next((s for s, n in best if n != number), 0.0)
    return number if score >= 65 and score - other >= 8 else None


def read_time(text: str) -> str | None:
    """The first clock time in a text as HH:MM, or None."""
    rest = _NUMERIC.sub(" ", _ISO.sub(" ", ascii_digits(text)))
    found = _TIME.search(rest)
    return f"{int(found[1]):02}:{found[2]}" if found else None


def _checked(day: int, number: int | None, year: int) -> str | None:
    if number is None:
        return None
    if year >= FIRST + BUDDHIST:
        year -= BUDDHIST
    if not FIRST <= year <= LAST:
        return None
    try:
        return dt.date(year, number, day).isoformat()
    except ValueError:
        return None
