"""The word lists of recognition, from the product's catalogue: ``tools/build_lexicons.py [--check]``.

Writes apps/ocr/pipeline/lexicons/: ``medications_en.txt`` (every Latin spelling: generic names, brands, French and
older English spellings), ``medications_km.txt`` (Khmer names) and ``lasa.txt`` (pairs of names that are taken for each
other). Each line names its source. Lists are made, never edited: a new medicine goes into the catalogue.
"""

import argparse
import csv
import sys
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

from rapidfuzz import fuzz, process

ROOT = Path(__file__).resolve().parents[1]
CATALOGUE = ROOT / "apps" / "medications" / "data" / "catalogue.csv"
FOLDER = ROOT / "apps" / "ocr" / "pipeline" / "lexicons"
WORDS = Path(__file__).with_name("lexicons")
UNREVIEWED = "general knowledge, unreviewed"
ALIKE = 84.0  # computed pairs: names at least so similar

ENDINGS = (
    ("cillin", "cilline"), ("mycin", "mycine"), ("micin", "micine"), ("floxacin", "floxacine"), ("statin", "statine"),
    ("oxin", "oxine"), ("profen", "profène"), ("formin", "formine"), ("fenacin", "fénacine"), ("cetam", "cétam"),
    ("azepam", "azépam"), ("tadin", "tadine"), ("ipin", "ipine"), ("osin", "osine"), ("rubicin", "rubicine"),
    ("parin", "parine"), ("gliptin", "gliptine"), ("bufen", "bufène"), ("pril", "pril"), ("tidin", "tidine"),
)  # fmt: skip


def catalogue() -> list[dict[str, str]]:
    """The rows of the catalogue's file."""
    with CATALOGUE.open(newline="") as file:
        return list(csv.DictReader(file))


def typed(name: str) -> list[list[str]]:
    """The lines of a list that people keep, beside this script."""
    lines = (WORDS / name).read_text().splitlines()
    return [line.split("\t") for line in lines if line and not line.startswith("#")]


def french(name: str) -> list[str]:
    """French spellings of a generic name that a rule of endings makes."""
    found = []
    for english, ending in ENDINGS:
        if name.lower().endswith(english) and english != ending:
            found.append(name[: -len(english)] + ending)
    return found


def latin(rows: list[dict[str, str]]) -> Iterator[tuple[str, ...]]:
    """(spelling, generic name, kind, strengths, forms, source) of every Latin spelling, each once."""
    seen: set[str] = set()
    others: dict[str, list[tuple[str, str, str]]] = defaultdict(list)
    for generic, spelling, kind, source in typed("spellings.tsv"):
        others[generic].append((spelling, kind, source))
    for row in rows:
        generic = row["name_en"]
        spellings = [(generic, "generic", row["source"])]
        spellings += [(brand, "brand", row["source"]) for brand in row["brands"].split("|") if brand]
        spellings += [(name, "french", UNREVIEWED) for name in french(generic)]
        spellings += others[generic]
        for spelling, kind, source in spellings:
            if spelling.casefold() not in seen:
                seen.add(spelling.casefold())
                yield spelling, generic, kind, row["strengths"], row["forms"], source


def khmer(rows: list[dict[str, str]]) -> Iterator[tuple[str, ...]]:
    """(Khmer name, generic name, source)."""
    seen: set[str] = set()
    for row in rows:
        if row["name_km"] and row["name_km"] not in seen:
            seen.add(row["name_km"])
            yield row["name_km"], row["name_en"], row["source"]


def look_alikes(rows: list[dict[str, str]]) -> Iterator[tuple[str, ...]]:
    """(one, other, source): pairs known to be mixed up, and names of different medicines that are spelled alike."""
    pairs: dict[tuple[str, str], str] = {}
    for one, other, source in typed("look_alikes.tsv"):
        first, second = sorted((one, other))
        pairs[first, second] = source
    substances = {row["name_en"]: set(row["substances"].split("|")) for row in rows}
    entries = [(name, generic) for name, generic, *_ in latin(rows)]
    folded = [name.casefold() for name, _ in entries]
    for (name, generic), same in zip(entries, folded, strict=True):
        for _, _, place in process.extract(same, folded, scorer=fuzz.ratio, score_cutoff=ALIKE, limit=None):
            other, other_generic = entries[place]
            if not substances[generic] & substances[other_generic]:
                first, second = sorted((name, other))
                pairs.setdefault((first, second), f"computed: spelled at least {ALIKE:g} % alike")
    for (first, second), source in sorted(pairs.items()):
        yield first, second, source


def wanted() -> dict[str, str]:
    """File name → content."""
    rows = catalogue()
    heads = {
        "medications_en.txt": ("spelling, generic name, kind, strengths, forms, source", latin(rows)),
        "medications_km.txt": ("Khmer name, generic name, source", khmer(rows)),
        "lasa.txt": ("one name, a name it is taken for, source", look_alikes(rows)),
    }
    return {
        name: f"# Made by tools/build_lexicons.py from the catalogue. Tab between: {head}.\n"
        + "".join("\t".join(line) + "\n" for line in lines)
        for name, (head, lines) in heads.items()
    }


def main() -> int:
    """Write the lists, or with --check only say whether they are up to date."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="change nothing; fail when a list is out of date")
    check = parser.parse_args().check
    FOLDER.mkdir(parents=True, exist_ok=True)
    stale = 0
    for name, text in wanted().items():
        path = FOLDER / name
        if check and (not path.exists() or path.read_text() != text):
            stale += 1
            sys.stderr.write(f"{path.relative_to(ROOT)} is out of date: run tools/build_lexicons.py\n")
        elif not check:
            path.write_text(text)
        sys.stdout.write(f"{name}: {text.count(chr(10)) - 1} lines\n")
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(main())
