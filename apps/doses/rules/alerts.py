"""When a miss is told, and how (domain.md §2.6, §7.2)."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from dastern.core import localtime

TIME_CRITICAL_MINUTES = 30
TOLD_LATE = timedelta(hours=6)  # after an outage one summary with the real times is better than a false alarm
_MOST_TIMES = 6


def family_alert_at(scheduled: datetime, *, grace_minutes: int, family_minutes: int, time_critical: bool) -> datetime:
    """When the family hears of a dose nobody recorded: max(grace, the patient's choice), 30 min when time-critical."""
    patience = min(family_minutes, TIME_CRITICAL_MINUTES) if time_critical else family_minutes
    return scheduled + timedelta(minutes=max(grace_minutes, patience))


def is_told_late(overdue_at: datetime, now: datetime) -> bool:
    """Whether a miss is older than six hours when it is told."""
    return now - overdue_at > TOLD_LATE


def times_text(moments: Iterable[datetime], zone: str, now: datetime) -> str:
    """Local clock times in order, with the day where it is not today: ``23/11 18:00, 07:00``."""
    today = localtime.local_date(now, zone)
    found = []
    for moment in sorted(set(moments)):
        day, clock = localtime.local_date(moment, zone), localtime.local_time(moment, zone)
        found.append(f"{clock:%H:%M}" if day == today else f"{day:%d/%m} {clock:%H:%M}")
    shown = list(dict.fromkeys(found))
    return ", ".join(shown[:_MOST_TIMES]) + (" …" if len(shown) > _MOST_TIMES else "")
