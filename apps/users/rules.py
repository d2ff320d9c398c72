"""Pure rules of people: the greeting of the day, meal times, phone numbers."""

import re
from datetime import date, time

MINIMUM_AGE = 13
DEFAULT_MEALS = (time(7), time(12), time(18))
_PHONE = re.compile(r"\+[1-9][0-9]{6,14}")
_IDPOOR = re.compile(r"[A-Z0-9-]{4,20}")
_NSSF = re.compile(r"[0-9]{6,15}")


def greeting(taken: int, scheduled: int) -> str:
    """What the home screen says, by today's progress (domain.md §2.2): PRAISE, ENCOURAGE, STAY_ON_TRACK or START."""
    percent = taken * 100 / scheduled if scheduled else 0
    if percent >= 80:
        return "PRAISE"
    if percent >= 50:
        return "ENCOURAGE"
    return "STAY_ON_TRACK" if percent > 0 else "START"


def meals_in_order(morning: time, noon: time, evening: time) -> bool:
    """Meals follow each other within one day."""
    return morning < noon < evening


def idpoor_normal(typed: str) -> str | None:
    """An equity card's number as stored: capitals, digits and hyphens, 4 to 20; None for anything else."""
    number = "".join(typed.split()).upper()
    return number if _IDPOOR.fullmatch(number) else None


def nssf_normal(typed: str) -> str | None:
    """An NSSF number as stored: 6 to 15 digits; None for anything else. Blanks and hyphens are left out."""
    number = "".join(typed.split()).replace("-", "")
    return number if _NSSF.fullmatch(number) else None


def masked(number: str) -> str:
    """A number of which only the last three characters are shown, for people who must compare and not copy it."""
    return "•" * max(len(number) - 3, 0) + number[-3:]


def phone_valid(number: str) -> bool:
    """``+``, the country code, together 7 to 15 digits."""
    return _PHONE.fullmatch(number) is not None


def age_on(born: date, day: date) -> int:
    """Completed years."""
    return day.year - born.year - ((day.month, day.day) < (born.month, born.day))
