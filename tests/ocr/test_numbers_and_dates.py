"""Amounts, strengths and dates as they are written on prescriptions."""

import pytest

from apps.ocr.pipeline.postprocess.dates import read_date, read_time
from apps.ocr.pipeline.postprocess.numbers import amount, is_dash
from apps.ocr.pipeline.postprocess.strengths import split_name


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1", 1.0),
        ("១", 1.0),
        ("២០ គ្រាប់", 20.0),
        ("½", 0.5),
        ("1½", 1.5),
        ("1 1/2", 1.5),
        ("1/2", 0.5),
        ("1/4", 0.25),
        ("½/2", 0.5),
        ("1½/2", 1.5),
        ("11/2", 1.5),
        ("¾", 0.75),
        ("⅓", 1 / 3),
        ("1.5", 1.5),
        ("0,5", 0.5),
        ("5 ml", 5.0),
        ("កន្លះគ្រាប់", 0.5),
        ("1 / គ្រាប់", 1.0),
        ("-", None),
        ("ក្រោយបាយ", None),
    ],
)
def test_an_amount_is_read_as_it_is_written(text: str, value: float | None) -> None:
    assert amount(text) == (pytest.approx(value) if value is not None else None)


@pytest.mark.parametrize("text", ["-", "–", " - ", "--", "—"])
def test_a_dash_is_nothing(text: str) -> None:
    assert is_dash(text)
    assert not is_dash("1")
    assert not is_dash("")


@pytest.mark.parametrize(
    ("text", "name", "strength"),
    [
        ("Paracetamol Syrup 120mg/5ml", "Paracetamol Syrup", "120mg/5ml"),
        ("MONTELUKAST 10 mg", "MONTELUKAST", "10mg"),
        ("FLUNARIZINE 5 mg", "FLUNARIZINE", "5mg"),
        ("Seretide 25mcg/125mcg", "Seretide", "25mcg/125mcg"),
        ("Tamsulosin 0.4mg", "Tamsulosin", "0.4mg"),
        ("Oralite 20,5 g", "Oralite", "20.5g"),
        ("Amoxicillin + clavulanic acid 875mg/125mg", "Amoxicillin + clavulanic acid", "875mg/125mg"),
        ("Co-trimoxazole 800/160mg", "Co-trimoxazole", "800/160mg"),
        ("Salbutamol ១០០ mcg", "Salbutamol", "100mcg"),
        ("Smecta", "Smecta", None),
    ],
)
def test_the_strength_is_split_from_the_name_and_its_digits_stay(text: str, name: str, strength: str | None) -> None:
    assert split_name(text) == (name, strength)


@pytest.mark.parametrize(
    ("text", "date"),
    [
        ("07/07/2025 16:27", "2025-07-07"),
        ("24.09.2025", "2025-09-24"),
        ("13-10-2024", "2024-10-13"),
        ("2026-01-22", "2026-01-22"),
        ("ថ្ងៃទី១៥ ខែមិថុនា ឆ្នាំ២០២៦", "2026-06-15"),
        ("រាជធានីភ្នំពេញ, ថ្ងៃទី 04 ខែ សីហា ឆ្នាំ 2025", "2025-08-04"),
        ("ថ្ងៃទី ០៤ ខែ សីហា ឆ្នាំ ២៥៦៨", "2025-08-04"),
        ("15 juin 2026", "2026-06-15"),
        ("1er août 2026", "2026-08-01"),
        ("3 Feb 2026", "2026-02-03"),
        ("31/02/2026", None),
        ("12/2026", None),
        ("077 655 346", None),
    ],
)
def test_a_date_is_read_in_every_written_form(text: str, date: str | None) -> None:
    assert read_date(text) == date


def test_the_time_stands_behind_the_date() -> None:
    assert read_time("ថ្ងៃទី 07/07/2025 16:27") == "16:27"
    assert read_time("24.09.2025") is None
