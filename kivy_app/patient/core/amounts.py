"""How amounts and strengths are written (domain.md §7.5, ISMP): the same words as the server's, in the language the
person chose just now.

No trailing zero, ½ ¼ ¾ with their word and never "1/2", a no-break space before units, ASCII digits in every language.
``tests/golden/amounts.json`` is run against this module and against the server's formatter.
"""

from decimal import Decimal, InvalidOperation

from patient.core.khmer import NBSP

_FRACTIONS = {Decimal("0.25"): "¼", Decimal("0.5"): "½", Decimal("0.75"): "¾"}
_FRACTION_WORDS = {
    "km": {"¼": "មួយភាគបួន", "½": "កន្លះ", "¾": "បីភាគបួន"},
    "en": {"¼": "a quarter", "½": "half", "¾": "three quarters"},
}
# unit → Khmer, English for one, English for more
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
_MEASURED = {"ML", "MG", "UNIT"}  # read off a scale: digits only


def dose_text(amount: object, unit: object, language: str) -> str:
    """What to take at one time: ``½ កន្លះគ្រាប់``, ``2 tablets``, ``7.5 mL``. Empty when ``amount`` is no decimal text."""
    try:
        value = Decimal(str(amount))
        whole, part = divmod(value, 1)
    except InvalidOperation:
        return ""
    khmer, one, many = _UNITS.get(str(unit), _UNITS["OTHER"])
    word = khmer if language == "km" else (one if value <= 1 else many)
    sign = None if str(unit) in _MEASURED else _FRACTIONS.get(part)
    if sign is None:
        return f"{_number(value)}{NBSP}{word}"
    if whole:
        return f"{int(whole)}{sign}{NBSP}{word}"
    if language == "km" and sign == "½":
        return f"½ កន្លះ{khmer}"
    return f"{sign} {_FRACTION_WORDS[language][sign]}{NBSP}{word}"


def _number(value: Decimal) -> str:
    text = format(value.normalize(), "f")
    return text if text != "-0" else "0"
