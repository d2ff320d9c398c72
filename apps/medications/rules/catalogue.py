"""The catalogue's file: what a row holds and which rows are refused (domain.md §2.5, §7.5).

A wrong flag or a brand of two medicines would make the safety checks wrong in silence, so one bad cell refuses the
whole file and says where it is.
"""

import csv
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from apps.medications.choices import MedicineForm

FLAGS = ("weeklyOnly", "highAlert", "timeCritical")
COLUMNS = ("name_en", "name_km", "brands", "substances", "atc", "forms", "strengths", "flags", "source")
LISTS = ("brands", "substances", "forms", "strengths", "flags")
REQUIRED = ("name_en", "name_km", "substances", "source")
BETWEEN = "|"
# As the columns of the table; for lists it is the longest element.
LONGEST: Mapping[str, int] = {
    "name_en": 255, "name_km": 255, "brands": 120, "substances": 120, "atc": 8, "strengths": 40, "source": 120,
}  # fmt: skip
_KNOWN: Mapping[str, Sequence[str]] = {"forms": MedicineForm.values, "flags": FLAGS}
_ATC = re.compile(r"[A-Z]\d\d([A-Z]([A-Z](\d\d)?)?)?")


class CatalogueError(ValueError):
    """A cell that cannot be used: its line (as an editor counts), its column, and what is wrong."""

    def __init__(self, line: int, column: str, problem: str) -> None:
        super().__init__(f"line {line}, column {column}: {problem}")
        self.line, self.column = line, column


@dataclass(frozen=True, slots=True)
class CatalogueRow:
    """One medicine of the file."""

    name_en: str
    name_km: str
    brands: tuple[str, ...]
    substances: tuple[str, ...]
    atc: str
    forms: tuple[str, ...]
    strengths: tuple[str, ...]
    flags: tuple[str, ...]
    source: str


def catalogue_rows(lines: Iterable[str]) -> list[CatalogueRow]:
    """Every row of the CSV text ``lines``. Raises CatalogueError at the first bad cell, also for an empty file."""
    reader = csv.reader(lines)
    header = next(reader, [])
    for place, column in enumerate(COLUMNS):
        if header[place : place + 1] != [column]:
            raise CatalogueError(1, column, f"the columns must be {','.join(COLUMNS)}")
    if len(header) > len(COLUMNS):
        raise CatalogueError(1, header[len(COLUMNS)], "unknown column")
    found: list[CatalogueRow] = []
    lines_of: dict[str, int] = {}
    for cells in reader:
        line = reader.line_num
        row = _row(line, cells)
        for column, name in _called(row):
            other = lines_of.setdefault(name.casefold(), line)
            if other != line:
                raise CatalogueError(line, column, f"“{name}” is the medicine of line {other} already")
        found.append(row)
    if not found:
        raise CatalogueError(2, COLUMNS[0], "there are no medicines")
    return found


def _called(row: CatalogueRow) -> Iterator[tuple[str, str]]:
    yield "name_en", row.name_en
    yield "name_km", row.name_km
    for brand in row.brands:
        yield "brands", brand


def _row(line: int, cells: Sequence[str]) -> CatalogueRow:
    if len(cells) != len(COLUMNS):
        column = COLUMNS[min(len(cells), len(COLUMNS) - 1)]
        raise CatalogueError(line, column, f"{len(cells)} cells instead of {len(COLUMNS)}")
    values = {column: _value(line, column, cell) for column, cell in zip(COLUMNS, cells, strict=True)}
    many = {column: values[column] for column in LISTS}
    one = {column: "".join(value) for column, value in values.items() if column not in LISTS}
    return CatalogueRow(
        name_en=one["name_en"], name_km=one["name_km"], brands=many["brands"], substances=many["substances"],
        atc=one["atc"], forms=many["forms"], strengths=many["strengths"], flags=many["flags"], source=one["source"],
    )  # fmt: skip


def _value(line: int, column: str, cell: str) -> tuple[str, ...]:
    """The elements of a cell; of one that holds no list, none or one."""
    text = cell.strip()
    elements = tuple(part.strip() for part in text.split(BETWEEN)) if column in LISTS else (text,)
    if not text:
        elements = ()
    for problem in _problems(column, elements):
        raise CatalogueError(line, column, problem)
    return elements


def _problems(column: str, elements: Sequence[str]) -> Iterator[str]:
    if column in REQUIRED and not elements:
        yield "must not be empty"
    if not all(elements):
        yield f"an empty element between two {BETWEEN}"
    if len(set(elements)) < len(elements):
        yield "the same twice"
    for element in elements:
        if column in _KNOWN and element not in _KNOWN[column]:
            yield f"“{element}” is none of {', '.join(_KNOWN[column])}"
        if column in LONGEST and len(element) > LONGEST[column]:
            yield f"longer than {LONGEST[column]} characters"
        if column == "substances" and element != element.lower():
            yield f"“{element}” must be in small letters"
        if column == "atc" and not _ATC.fullmatch(element):
            yield f"“{element}” is no ATC code"
