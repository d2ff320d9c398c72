"""The app's own catalogues. English msgids; Khmer unless somebody chose otherwise. Switched at run time."""

import gettext
from pathlib import Path

LANGUAGES = ("km", "en")
DEFAULT = "km"
LOCALE = Path(__file__).resolve().parents[2] / "locale"


def _(text: str) -> str:
    """Mark a text for extraction; it is translated where it is shown."""
    return text


class Catalogue:
    """Texts of one language. Calling it translates; an unknown msgid comes back as it is."""

    def __init__(self, language: str) -> None:
        self.language = language if language in LANGUAGES else DEFAULT
        path = LOCALE / f"{self.language}.mo"
        with path.open("rb") as file:
            self._texts = gettext.GNUTranslations(file)

    def __call__(self, text: str, **values: object) -> str:
        """The translation, with ``{name}`` places filled."""
        translated = self._texts.gettext(text)
        return translated.format(**values) if values else translated


_loaded: dict[str, Catalogue] = {}


def catalogue(language: str) -> Catalogue:
    """The catalogue of a language, read once."""
    if language not in _loaded:
        _loaded[language] = Catalogue(language)
    return _loaded[language]
