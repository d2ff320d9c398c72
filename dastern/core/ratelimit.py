"""Limits per address and per account (settings.RATE_LIMITS), counted by django-ratelimit."""

from django.conf import settings
from django.http import HttpRequest
from django_ratelimit.core import get_usage

from dastern.core.errors import Throttled


def parse_rate(rate: str) -> tuple[int, int]:
    """``"20/60"`` as (20 requests, 60 seconds)."""
    count, _, seconds = rate.partition("/")
    return int(count), int(seconds)


def check(request: HttpRequest, scope: str, *subjects: str) -> None:
    """Count one act of ``scope`` for each subject (an address, an account).

    Raises Throttled with the seconds left when one is over its limit. Open when Redis is down: a limit must never
    keep a patient from the record.
    """
    limit, window = parse_rate(settings.RATE_LIMITS[scope])
    for subject in subjects:
        usage = get_usage(
            request, group=scope, key=lambda _g, _r, s=subject: s, rate=f"{limit}/{window}s", increment=True
        )
        if usage and usage["should_limit"]:
            raise Throttled(max(int(usage["time_left"]), 1))
