"""Compile ``locale/*.po`` to the .mo files the app reads, with break marks between Khmer words.

    python kivy_app/tools/build_i18n.py            # needs polib and khmercut, both for developers only
    python kivy_app/tools/build_i18n.py --check    # exit 1 when a text is missing, or a .mo is older than its
    .po

Khmer is written without spaces; the word ends are found here, once, and put into the texts as U+200B, so that
a phone needs no dictionary to break lines.
"""

import argparse
import ast
import re
import sys
from pathlib import Path

import polib

APP = Path(__file__).resolve().parents[1]
LOCALE = APP / "locale"
ZWSP = "\u200b"
_PLACE = re.compile(r"(\{\w+\})")
_KV_CALL = re.compile(r"""\bt\(\s*(['"])(?P<text>(?:\\.|(?!\1).)*)\1""")


def msgids() -> set[str]:
    """Every text of the program: ``_("…")`` and ``t("…")`` in Python, ``app.t('…')`` in kv."""
    found: set[str] = set()
    for path in sorted((APP / "patient").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and node.args and _is_mark(node.func):
                first = node.args[0]
                if isinstance(first, ast.Constant) and isinstance(first.value, str):
                    found.add(first.value)
    for path in sorted((APP / "patient").rglob("*.kv")):
        found |= {match["text"] for match in _KV_CALL.finditer(path.read_text(encoding="utf-8"))}
    return found


def _is_mark(function: ast.expr) -> bool:
    name = function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")
    return name in {"_", "t"}


def marked(text: str) -> str:
    """Khmer text with break marks between its words; places like {name} are left alone."""
    from khmercut import tokenize

    done = [
        part if _PLACE.fullmatch(part) or not part.strip() else ZWSP.join(tokenize(part)) for part in _PLACE.split(text)
    ]
    joined = ZWSP.join(piece for piece in done if piece)
    return re.sub(f"{ZWSP}*([ \u00a0\n.,:;·?!%()…–។៖ៗ«»]){ZWSP}*", r"\1", joined)


def compile_all() -> None:
    """Write the .mo files."""
    for path in sorted(LOCALE.glob("*.po")):
        catalogue = polib.pofile(str(path))
        if path.stem == "km":
            for entry in catalogue:
                entry.msgstr = marked(entry.msgstr)
        catalogue.save_as_mofile(str(path.with_suffix(".mo")))


def problems() -> list[str]:
    """What is missing, left over, or out of date."""
    wanted, found = msgids(), []
    for path in sorted(LOCALE.glob("*.po")):
        texts = {entry.msgid: entry.msgstr for entry in polib.pofile(str(path)) if not entry.obsolete}
        built = {entry.msgid: entry.msgstr for entry in polib.mofile(str(path.with_suffix(".mo")))}
        found += [f"{path.stem}: missing: {text!r}" for text in sorted(wanted) if not texts.get(text)]
        found += [f"{path.stem}: not used: {text!r}" for text in sorted(set(texts) - wanted)]
        found += [
            f"{path.stem}: .mo is older than .po: {text!r}"
            for text, translation in texts.items()
            if built.get(text, "").replace(ZWSP, "") != translation
        ]
        for text, translation in texts.items():
            if set(_PLACE.findall(text)) != set(_PLACE.findall(translation)):
                found.append(f"{path.stem}: other places: {text!r}")
    return found


def main() -> int:
    """Build, or check."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="only report what is wrong")
    if not parser.parse_args().check:
        compile_all()
    found = problems()
    sys.stdout.write("".join(f"{line}\n" for line in found))
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
