"""The patient's local day: the only place that turns instants into days and clock times into instants."""

from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

DEFAULT_ZONE = "Asia/Phnom_Penh"


@lru_cache(maxsize=128)
def zone(name: str) -> ZoneInfo:
    """The time zone of that IANA name; an unknown name falls back to Phnom Penh."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        return ZoneInfo(DEFAULT_ZONE)


def local_date(moment: datetime, zone_name: str) -> date:
    """The local day in which ``moment`` falls."""
    return moment.astimezone(zone(zone_name)).date()


def local_time(moment: datetime, zone_name: str) -> time:
    """The local clock time of ``moment``."""
    return moment.astimezone(zone(zone_name)).time()


def at(day: date, clock: time, zone_name: str) -> datetime:
    """The instant (UTC) of a clock time on a local day. A time skipped by daylight saving moves forward with it."""
    return datetime.combine(day, clock, tzinfo=zone(zone_name)).astimezone(UTC)


def day_bounds(day: date, zone_name: str) -> tuple[datetime, datetime]:
    """First instant of the local day and first instant of the next, in UTC."""
    return at(day, time.min, zone_name), at(day + timedelta(days=1), time.min, zone_name)


def iso(moment: datetime) -> str:
    """An instant as it goes over the wire: UTC, milliseconds, Z."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds")[:-6] + "Z"


def iso_or_none(moment: datetime | None) -> str | None:
    """``iso``, or None where there is no instant."""
    return iso(moment) if moment else None


def phnom_penh(moment: datetime) -> datetime:
    """``moment`` in Phnom Penh time, for staff output and job schedules."""
    return moment.astimezone(zone(DEFAULT_ZONE))
