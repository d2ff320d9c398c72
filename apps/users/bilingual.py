"""Khmer and English side by side, for papers that both a family and a doctor read."""

from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache
from typing import Any

from django.utils import translation
from django.utils.translation import gettext

from dastern.core.localtime import zone

_LANGUAGES = ("km", "en")


@lru_cache(maxsize=2048)
def both(text: Any) -> str:
    """A msgid or lazy string in Khmer and English with a stroke between; once when both are the same."""
    told = []
    for language in _LANGUAGES:
        with translation.override(language):
            told.append(gettext(text) if isinstance(text, str) else str(text))
    return told[0] if told[0] == told[1] else " / ".join(told)


def labelled(pairs: Mapping[str, Any]) -> str:
    """``label: value`` of everything that has a value, in one line; labels are msgids."""
    return " · ".join(f"{both(label)}: {value}" for label, value in pairs.items() if value not in (None, "", [], ()))


def stamp(moment: datetime | None, zone_name: str) -> str:
    """An instant as a local day and clock time; blank for none."""
    return f"{moment.astimezone(zone(zone_name)):%Y-%m-%d %H:%M}" if moment else ""
