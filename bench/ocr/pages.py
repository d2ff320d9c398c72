"""Which pages a split holds, and writing them to a folder as ``NNN_layout_level.jpg`` with ``.json`` beside."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from bench.ocr import text
from bench.ocr.cases import Case, make_case
from bench.ocr.degrade import degrade
from bench.ocr.forms import draw

LAYOUTS = (
    "heqip8",
    "clinic8",
    "heqip7",
    "cabinet_fr",
    "list_km",
    "shuffled",
    "heqip8",
    "clinic8",
    "handwritten",
    "list_km",
)
LEVELS = ("easy", "medium", "medium", "hard")
SIZES = {"dev": 320, "held": 160}


def cases(split: str, count: int = 0) -> Iterator[Case]:
    """The pages of ``split`` in order; every ninth holds look-alike names."""
    for number in range(count or SIZES[split]):
        layout = LAYOUTS[number % len(LAYOUTS)]
        level = LEVELS[(number // len(LAYOUTS) + number) % len(LEVELS)]
        look_alike = number % 9 == 4 and layout != "handwritten"
        yield make_case(split, number, layout, level, look_alike=look_alike)


def photo(case: Case, extra_khmer: list[Any] | None = None) -> tuple[bytes, dict[str, Any]]:
    """The JPEG of ``case`` and its truth, with what happened to the photo."""
    clean = draw(case, extra_khmer)
    jpeg, happened = degrade(clean, level=case.level, seed=case.seed)
    return jpeg, case.truth | {"degradations": happened, "look_alike": case.look_alike, "handwritten": case.handwritten}


def write(split: str, folder: Path, count: int = 0, *, extra_fonts: bool = False) -> int:
    """Write the pages of ``split`` into ``folder``. Gives their number."""
    folder.mkdir(parents=True, exist_ok=True)
    extra = text.system_khmer() if extra_fonts else []
    number = 0
    for number, case in enumerate(cases(split, count), 1):
        jpeg, truth = photo(case, extra)
        stem = f"{number:03}_{case.layout}_{case.level}"
        (folder / f"{stem}.jpg").write_bytes(jpeg)
        (folder / f"{stem}.json").write_text(json.dumps(truth | {"image": f"{stem}.jpg"}, ensure_ascii=False, indent=1))
    return number
