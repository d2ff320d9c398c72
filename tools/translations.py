"""Collects every string for people from Python and templates, and keeps locale/km complete.

``python tools/translations.py`` adds new strings to locale/km/LC_MESSAGES/django.po, drops unused ones and compiles;
``--check`` changes nothing and fails when a string is missing or untranslated; ``--compile`` only compiles.
English needs no catalogue: the strings in the code are English. Pure Python: no gettext tools needed.
"""

import argparse
import io
import sys
from collections.abc import Iterator
from pathlib import Path

import django
import polib
from babel.messages.extract import DEFAULT_KEYWORDS, extract
from django.utils.translation.template import templatize

ROOT = Path(__file__).resolve().parents[1]
PO = ROOT / "locale" / "km" / "LC_MESSAGES" / "django.po"
KEYWORDS = DEFAULT_KEYWORDS | {
    name: DEFAULT_KEYWORDS.get(name.removesuffix("_lazy"), None)
    for name in ("gettext_lazy", "gettext_noop", "ngettext_lazy", "pgettext_lazy")
}
KEYWORDS |= {"ngettext_lazy": (1, 2), "pgettext_lazy": ((1, "c"), 2)}


def sources() -> Iterator[tuple[str, bytes]]:
    """Every file with strings, templates turned into what the extractor reads."""
    for folder in ("apps", "dastern"):
        for file in sorted((ROOT / folder).rglob("*.py")):
            if "migrations" not in file.parts:
                yield str(file.relative_to(ROOT)), file.read_bytes()
    for file in [*sorted((ROOT / "templates").rglob("*.html")), *sorted((ROOT / "apps").rglob("templates/**/*.html"))]:
        yield str(file.relative_to(ROOT)), templatize(file.read_text(), origin=str(file)).encode()


def wanted() -> dict[str, str]:
    """msgid -> the first file that uses it."""
    found: dict[str, str] = {}
    for name, content in sources():
        for _line, message, _comments, _context in extract("python", io.BytesIO(content), KEYWORDS):
            for text in message if isinstance(message, tuple) else (message,):
                if text:
                    found.setdefault(text, name)
    return found


def _said(entry: polib.POEntry) -> bool:
    """Whether there is Khmer for it; Django's own counted strings have it in their one plural form."""
    return bool(entry.msgstr or any(entry.msgstr_plural.values()))


def _problems(catalogue: polib.POFile, strings: dict[str, str]) -> list[str]:
    by_id = {entry.msgid: entry for entry in catalogue if not entry.obsolete}
    problems = [f"{file}: not in the catalogue: {text!r}" for text, file in strings.items() if text not in by_id]
    # strings of Django's own that we translate as well stand under a comment and have no source of ours
    problems += [
        f"not used any more: {text!r}"
        for text, entry in by_id.items()
        if text not in strings and entry.tcomment != "django"
    ]
    problems += [
        f"not translated: {entry.msgid!r}"
        for entry in by_id.values()
        if not (entry.msgstr or any(entry.msgstr_plural.values())) or entry.fuzzy
    ]
    for entry in by_id.values():
        for placeholder in (word for word in entry.msgid.split("%(")[1:] if ")" in word):
            name = f"%({placeholder.split(')')[0]})"
            if entry.msgstr and name not in entry.msgstr:
                problems.append(f"placeholder {name} is missing in the translation of {entry.msgid!r}")
    return problems


def main() -> int:
    """Update or check; the exit code is 1 when the check finds something."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--compile", action="store_true")
    options = parser.parse_args()
    if options.compile:
        polib.pofile(str(PO)).save_as_mofile(str(PO.with_suffix(".mo")))
        return 0
    from django.conf import settings

    settings.configure(USE_I18N=True)
    django.setup()
    strings = wanted()
    if PO.exists():
        catalogue = polib.pofile(str(PO), wrapwidth=110)
    else:
        catalogue = polib.POFile(wrapwidth=110)
        catalogue.metadata = {
            "Language": "km", "MIME-Version": "1.0", "Content-Type": "text/plain; charset=utf-8",
            "Content-Transfer-Encoding": "8bit", "Plural-Forms": "nplurals=1; plural=0;",
        }  # fmt: skip
    if options.check:
        problems = _problems(catalogue, strings)
        print("\n".join(problems) or f"{len(strings)} strings, all in Khmer")
        return 1 if problems else 0
    known = {entry.msgid: entry for entry in catalogue}
    for text in strings:
        if text not in known:
            catalogue.append(polib.POEntry(msgid=text))
    for entry in list(catalogue):
        if entry.msgid not in strings and entry.tcomment != "django":
            catalogue.remove(entry)
    catalogue.sort(key=lambda entry: entry.msgid)
    PO.parent.mkdir(parents=True, exist_ok=True)
    catalogue.save(str(PO))
    catalogue.save_as_mofile(str(PO.with_suffix(".mo")))
    missing = [entry.msgid for entry in catalogue if not _said(entry)]
    print(f"{len(catalogue)} strings, {len(missing)} without Khmer")
    return 0


if __name__ == "__main__":
    sys.exit(main())
