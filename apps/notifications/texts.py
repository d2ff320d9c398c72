"""The registry of texts: what notifications say, registered by the app that sends them, told in any language."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils import translation
from django.utils.translation import gettext


@dataclass(frozen=True, slots=True)
class NotificationText:
    """English msgids with %(name)s placeholders; ``message_plural`` is chosen by the context's ``count``."""

    title: str
    message: str
    message_plural: str | None = None


@dataclass(frozen=True, slots=True)
class RenderedText:
    """A text in one language."""

    title: str
    message: str


_texts: dict[str, NotificationText] = {}


def register_text(name: str, *, title: str, message: str, message_plural: str | None = None) -> None:
    """Make ``name`` sendable. Mark the msgids with ``gettext_noop`` so that the catalogues get them.

    No text may carry a medicine or a diagnosis: the same words go to lock screens and mail (domain.md §7.6).
    Raises ValueError when two apps claim one name with different words.
    """
    text = NotificationText(title, message, message_plural)
    if _texts.get(name, text) != text:
        raise ValueError(f"two texts for {name}")
    _texts[name] = text


def text_names() -> list[str]:
    """Every registered name, for tests of the catalogues."""
    return sorted(_texts)


def text_render(name: str, language: str, context: Mapping[str, Any]) -> RenderedText:
    """The text ``name`` in ``language`` (km, en). Lazy strings in ``context`` are told in that language too.

    Raises KeyError for a name nobody registered or a placeholder without a value: both are programming errors.
    """
    text = _texts[name]
    with translation.override(language):
        values = {key: value if isinstance(value, int) else str(value) for key, value in context.items()}
        # both languages need two forms at most, and the catalogue holds each as a text of its own
        one = text.message_plural is None or int(context["count"]) == 1
        message = gettext(text.message if one else str(text.message_plural))
        return RenderedText(gettext(text.title) % values, message % values)
