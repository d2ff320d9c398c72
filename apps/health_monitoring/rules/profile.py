"""Age and pregnancy as the severity table asks for them."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

AFTER_BIRTH: Final = timedelta(weeks=6)
_PREGNANCY: Final = timedelta(weeks=40)
_OVERDUE: Final = timedelta(weeks=3)


@dataclass(frozen=True, slots=True)
class Pregnancy:
    """Since when, when the birth is expected, and when it ended; unknown dates are None."""

    since: date | None = None
    due: date | None = None
    ended: date | None = None


def pregnant_on(pregnancy: Pregnancy, day: date) -> bool:
    """Pregnant or at most six weeks after the end on ``day``.

    A pregnancy whose end nobody recorded is believed until three weeks past its due date, and six weeks more.
    """
    begin = pregnancy.since or (pregnancy.due - _PREGNANCY if pregnancy.due else None)
    if begin is None or day < begin:
        return False
    end = pregnancy.ended or (pregnancy.due or begin + _PREGNANCY) + _OVERDUE
    return day <= end + AFTER_BIRTH


def age_in_months(born: date | None, day: date) -> int | None:
    """Whole months of life on ``day``; None when nobody knows, or before birth."""
    if born is None or day < born:
        return None
    return (day.year - born.year) * 12 + day.month - born.month - (day.day < born.day)
