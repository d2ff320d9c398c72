"""The word lists of recognition: made from the catalogue, each name with its source, look-alikes in pairs."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
LEXICONS = ROOT / "apps" / "ocr" / "pipeline" / "lexicons"


def lines(name: str) -> list[list[str]]:
    return [line.split("\t") for line in (LEXICONS / name).read_text().splitlines() if not line.startswith("#")]


def test_lists_are_what_the_catalogue_makes() -> None:
    done = subprocess.run(
        [sys.executable, "tools/build_lexicons.py", "--check"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


def test_there_are_enough_names_and_each_has_its_source() -> None:
    latin = lines("medications_en.txt")
    assert len(latin) >= 600
    assert {kind for _, _, kind, *_ in latin} == {"generic", "brand", "french", "older"}
    assert all(len(line) == 6 and line[0] and line[1] and line[5] for line in latin)
    assert len({line[0].casefold() for line in latin}) == len(latin)
    assert ["Amoxicilline", "Amoxicillin", "french"] in [line[:3] for line in latin]
    assert all(len(line) == 3 and line[2] for line in lines("medications_km.txt"))


def test_look_alikes_hold_the_pairs_that_the_safety_rule_names() -> None:
    pairs = {frozenset(line[:2]) for line in lines("lasa.txt")}
    for one, other in [
        ("Prednisone", "Prednisolone"),
        ("Omeprazole", "Esomeprazole"),
        ("Ofloxacin", "Levofloxacin"),
        ("Quinine", "Quinidine"),
    ]:
        assert frozenset({one, other}) in pairs
    assert any(line[2].startswith("computed") for line in lines("lasa.txt"))
    assert all(len(pair) == 2 for pair in pairs)
