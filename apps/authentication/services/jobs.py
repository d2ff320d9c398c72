"""Nightly: what is over is forgotten (domain.md §2.16, 02:00)."""

from datetime import datetime
from typing import Any

from django.db.models import QuerySet

from apps.authentication.models import OtpCode, PasswordResetToken, RefreshToken
from dastern.core import clock

_CHUNK = 1000


def authentication_clean_up() -> dict[str, int]:
    """Delete expired codes, reset links and refresh tokens, in chunks. Returns how many of each.

    A session's access tokens end before its last refresh token does, so nothing alive loses its row.
    Safe to run any number of times at once.
    """
    now = clock.now()
    return {
        "codes": _delete_expired(OtpCode.objects.all(), now),
        "links": _delete_expired(PasswordResetToken.objects.all(), now),
        "tokens": _delete_expired(RefreshToken.objects.all(), now),
    }


def _delete_expired(rows: QuerySet[Any], now: datetime) -> int:
    deleted = 0
    while True:
        chunk = list(rows.filter(expires_at__lte=now).values_list("pk", flat=True)[:_CHUNK])
        deleted += rows.filter(pk__in=chunk).delete()[0]
        if len(chunk) < _CHUNK:
            return deleted
