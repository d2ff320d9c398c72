"""System checks of our own: what must never be wrong outside a developer's machine."""

from collections.abc import Sequence
from typing import Any

from django.apps.config import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, register


@register(Tags.security, deploy=True)
def unsafe_settings(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """Refuse wildcard hosts and origins, weak or equal keys, a movable clock, and sign-in without a second factor."""
    found: list[CheckMessage] = []
    if "*" in settings.ALLOWED_HOSTS or not settings.ALLOWED_HOSTS:
        found.append(Error("ALLOWED_HOSTS must name the hosts; no wildcard.", id="dastern.E001"))
    if any("*" in origin for origin in settings.ALLOWED_ORIGINS):
        found.append(Error("ALLOWED_ORIGINS must not hold a wildcard.", id="dastern.E002"))
    keys = [settings.SECRET_KEY, settings.JWT_SECRET, settings.JWT_REFRESH_SECRET]
    if any(len(key) < 32 or "local-only" in key for key in keys) or len(set(keys)) < len(keys):
        found.append(
            Error(
                "DJANGO_SECRET_KEY, JWT_SECRET and JWT_REFRESH_SECRET must be three keys of 32+ characters.",
                id="dastern.E003",
            )
        )
    if settings.CLOCK_MOVABLE:
        found.append(Error("CLOCK_MOVABLE must be off.", id="dastern.E004"))
    if not settings.SECOND_FACTOR_REQUIRED:
        found.append(Error("SECOND_FACTOR_REQUIRED must be on.", id="dastern.E006"))
    return found


@register(Tags.compatibility)
def utc_only(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """Times are stored in UTC; the patient's day is computed in dastern.core.localtime."""
    if settings.TIME_ZONE != "UTC" or not settings.USE_TZ:
        return [Error("TIME_ZONE must be UTC with USE_TZ on.", id="dastern.E005")]
    return []
