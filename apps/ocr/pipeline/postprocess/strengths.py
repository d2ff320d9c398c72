"""Strengths: found behind a name, written in one way, their digits never changed."""

import re

from apps.ocr.pipeline.postprocess.numbers import ascii_digits

_UNIT = r"(?:mg|mcg|µg|μg|ug|kg|g|ml|mL|l|iu|ui|u|mui|meq|mmol|puffs?|dose|%)"
_PART = rf"\d+(?:[.,]\d+)?\s*{_UNIT}(?![a-z])"
_STRENGTH = re.compile(
    rf"{_PART}(?:\s*[/+]\s*(?:\d+(?:[.,]\d+)?\s*)?{_UNIT}?(?![a-z]))*",
    re.IGNORECASE,
)
_RATIO_FIRST = re.compile(rf"\d+(?:[.,]\d+)?\s*[/+]\s*{_PART}", re.IGNORECASE)
_NAMES = {"µg": "mcg", "μg": "mcg", "ug": "mcg", "ui": "IU", "iu": "IU", "u": "IU", "mui": "MIU", "l": "L"}


def split_name(text: str) -> tuple[str, str | None]:
    """``Paracetamol Syrup 120mg/5ml`` becomes its name and its strength (None where there is none)."""
    text = ascii_digits(text)
    found = _RATIO_FIRST.search(text) or _STRENGTH.search(text)
    if found is None:
        return _tidy(text), None
    whole = found[0].rstrip(" /+")
    name = f"{text[: found.start()]} {text[found.end() :]}"
    return _tidy(name), clean_strength(whole)


def clean_strength(text: str) -> str:
    """No spaces, units in lower case, a point for the decimals: ``500 MG`` is ``500mg``."""
    text = re.sub(r"\s+", "", ascii_digits(text)).replace(",", ".")

    def unit(found: re.Match[str]) -> str:
        word = found[0].lower()
        return _NAMES.get(word, word)

    return re.sub(r"[A-Za-zµμ]+", unit, text)


def _tidy(name: str) -> str:
    name = re.sub(r"\(\s*\)|[*_|]", " ", name)
    return re.sub(r"\s+", " ", name).strip(" .,;:-–/+")
