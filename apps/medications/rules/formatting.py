"""The one way in which amounts and strengths are written: screen, voice, alarm and paper alike (domain.md §7.5, ISMP).

No trailing zero, a leading zero, ½ ¼ ¾ with their word and never "1/2", a no-break space before units, ASCII digits
in every language; mL, mcg and "units", never U, IU, cc or µg.
"""

import re
from decimal import Decimal
from functools import lru_cache

NBSP = "\u00a0"
_FRACTIONS = {Decimal("0.25"): "¼", Decimal("0.5"): "½", Decimal("0.75"): "¾"}
_FRACTION_WORDS = {
    "km": {"¼": "មួយភាគបួន", "½": "កន្លះ", "¾": "បីភាគបួន"},
    "en": {"¼": "a quarter", "½": "half", "¾": "three quarters"},
}
_UNITS = {
    "TABLET": ("គ្រាប់", "tablet", "tablets"),
    "CAPSULE": ("គ្រាប់", "capsule", "capsules"),
    "ML": ("mL", "mL", "mL"),
    "DROP": ("តំណក់", "drop", "drops"),
    "UNIT": ("units", "units", "units"),
    "PUFF": ("បាញ់", "puff", "puffs"),
    "SACHET": ("កញ្ចប់", "sachet", "sachets"),
    "SUPPOSITORY": ("គ្រាប់សុល", "suppository", "suppositories"),
    "PATCH": ("បន្ទះ", "patch", "patches"),
    "APPLICATION": ("ដង", "application", "applications"),
    "SPOON_5ML": ("ស្លាបព្រា 5 mL", "5 mL spoon", "5 mL spoons"),
    "SPOON_15ML": ("ស្លាបព្រា 15 mL", "15 mL spoon", "15 mL spoons"),
    "MG": ("mg", "mg", "mg"),
    "OTHER": ("ដូស", "dose", "doses"),
}
# a unit may stand right behind its number, so it begins where no other letter does
_STRENGTH_WORDS = (
    (re.compile(r"(?i)(?<![a-z])(µg|μg|ug)(?![a-z])"), "mcg"),
    (re.compile(r"(?i)(?<![a-z])cc(?![a-z])"), "mL"),
    (re.compile(r"(?<![A-Za-z])(IU|U)(?![A-Za-z])"), "units"),
    (re.compile(r"(?i)(?<![a-z])ml(?![a-z])"), "mL"),
)


@lru_cache(maxsize=1024)
def number_text(value: Decimal) -> str:
    """``0.50`` as ``0.5``, ``10.0`` as ``10``."""
    text = format(value.normalize(), "f")
    return text if text != "-0" else "0"


def amount_text(amount: Decimal, language: str) -> str:
    """An amount that people count: ``½ (half)``, ``1½``, ``2``; other decimals as digits."""
    whole, part = divmod(amount, 1)
    sign = _FRACTIONS.get(part)
    if sign is None:
        return number_text(amount)
    return f"{int(whole)}{sign}" if whole else f"{sign} {_FRACTION_WORDS[language][sign]}"


@lru_cache(maxsize=1024)
def dose_text(amount: Decimal, unit: str, language: str) -> str:
    """What to take at one time: ``½ half tablet``, ``2 tablets``, ``7.5 mL``. ``language`` is km or en."""
    khmer, one, many = _UNITS.get(unit, _UNITS["OTHER"])
    word = khmer if language == "km" else (one if amount <= 1 else many)
    if unit in {"ML", "MG", "UNIT"}:
        return f"{number_text(amount)}{NBSP}{word}"
    whole, part = divmod(amount, 1)
    sign = _FRACTIONS.get(part)
    if language == "km" and sign == "½":
        return f"½ កន្លះ{khmer}" if not whole else f"{int(whole)}½{NBSP}{khmer}"
    return f"{amount_text(amount, language)}{NBSP}{word}"


def strength_text(strength: str) -> str:
    """A strength as written on the box, with the safe unit words and a no-break space before the unit."""
    text = " ".join(strength.split())
    for pattern, word in _STRENGTH_WORDS:
        text = pattern.sub(word, text)
    text = re.sub(r"(?<![\d.])\.(\d)", r"0.\1", text)
    text = re.sub(r"(\d)\.0+(?=\D|$)", r"\1", text)
    text = re.sub(r"(\.\d*[1-9])0+(?=\D|$)", r"\1", text)
    return re.sub(r"(\d)\s*(mg|g|mcg|mL|units|%)\b", rf"\1{NBSP}\2", text)
