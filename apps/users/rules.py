"""Pure rules of people: the greeting of the day, meal times, phone numbers."""

import re
from datetime import date, time

MINIMUM_AGE = 13
DEFAULT_MEALS = (time(7), time(12), time(18))
_PHONE = re.compile(r"\+[1-9][0-9]{6,14}")


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


def phone_valid(number: str) -> bool:
    """``+``, the country code, together 7 to 15 digits."""
    return _PHONE.fullmatch(number) is not None


def age_on(born: date, day: date) -> int:
    """Completed years."""
    return day.year - born.year - ((day.month, day.day) < (born.month, born.day))
