"""Quiet hours as a pure function (domain.md §2.8). No Django, no I/O, no clock."""

from datetime import datetime, time, timedelta

from dastern.core import localtime


def held_until(now: datetime, zone_name: str, quiet_from: time | None, quiet_until: time | None) -> datetime | None:
    """When a message of ``now`` may be delivered: the end of the quiet hours around ``now``, or None for at once.

    The hours are clock times of the recipient's zone, first inclusive, end exclusive; 22:00–07:00 spans midnight.
    """
    if quiet_from is None or quiet_until is None or quiet_from == quiet_until:
        return None
    here = localtime.local_time(now, zone_name)
    today = localtime.local_date(now, zone_name)
    if quiet_from < quiet_until:
        return localtime.at(today, quiet_until, zone_name) if quiet_from <= here < quiet_until else None
    if here >= quiet_from:
        return localtime.at(today + timedelta(days=1), quiet_until, zone_name)
    return localtime.at(today, quiet_until, zone_name) if here < quiet_until else None
