"""Amounts and plans in words: the same on the phone and on the server, in the language chosen on the phone."""

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from patient.core import amounts, khmer, regimen
from patient.core.i18n import catalogue
from patient.core.models import Dose, dose_of

from apps.medications.rules import formatting

GOLDEN = json.loads((Path(__file__).parents[1] / "golden" / "amounts.json").read_text())["cases"]


@pytest.mark.parametrize("case", GOLDEN, ids=lambda case: f"{case['amount']} {case['unit']}")
@pytest.mark.parametrize("language", ["km", "en"])
def test_the_phone_and_the_server_write_amounts_alike(case: dict[str, str], language: str) -> None:
    assert amounts.dose_text(case["amount"], case["unit"], language) == case[language]
    assert formatting.dose_text(Decimal(case["amount"]), case["unit"], language) == case[language]


@pytest.mark.parametrize("nothing", [None, "", "two"])
def test_what_is_no_amount_is_not_written(nothing: object) -> None:
    assert amounts.dose_text(nothing, "TABLET", "en") == ""


def a_dose(**fields: Any) -> Dose:
    body = {"scheduledTime": "2026-11-24T00:00:00Z", "medicationName": "Amlodipine", "strength": "5 mg", **fields}
    return dose_of("d1", None, body)


def test_a_dose_follows_the_language_of_the_phone_not_that_of_the_last_pull() -> None:
    dose = a_dose(amount="0.5", unit="TABLET", dosage="0.5 tablet")
    assert (dose.amount("km"), dose.amount("en")) == ("½\u00a0កន្លះគ្រាប់", "½\u00a0half\u00a0tablet")
    assert a_dose(dosage="2 tablets").amount("km") == "2\u00a0tablets"


def test_both_names_stand_with_the_strength_on_the_latin_one() -> None:
    dose = a_dose(medicationNameKhmer="អាំឡូឌីពីន")
    assert dose.names("km") == ("អាំឡូឌីពីន", "Amlodipine 5\u00a0mg")
    assert dose.names("en") == ("Amlodipine 5\u00a0mg", "អាំឡូឌីពីន")
    assert a_dose().names("km") == ("Amlodipine 5\u00a0mg", "")


def test_a_plan_is_told_slot_by_slot() -> None:
    medicine = {
        "unit": "TABLET",
        "timing": "បន្ទាប់ពីអាហារ",
        "morningDosage": {"amount": "1", "unit": None, "beforeMeal": True, "time": None},
        "nightDosage": {"amount": "0.5", "unit": None, "beforeMeal": False, "time": "19:00"},
        "customTimes": [{"time": "21:30", "amount": "2", "beforeMeal": False}],
        "frequencyType": "WEEKDAYS", "weekdays": [1, 7], "duration": 10, "ongoing": False,
    }  # fmt: skip
    told = [(slot.period, slot.text) for slot in regimen.slots(medicine, catalogue("en"))]
    assert told == [
        ("MORNING", "Morning · 1\u00a0tablet · Before the meal"),
        ("EVENING", "Evening · 19:00 · ½\u00a0half\u00a0tablet · After the meal"),
        ("NIGHT", "Bedtime · 21:30 · 2\u00a0tablets · After the meal"),
    ]
    assert regimen.days(medicine, catalogue("en")) == "Monday, Sunday · for 10 days"
    assert khmer.strip_breaks(regimen.days({"frequencyType": "PRN"}, catalogue("km"))) == "ប្រើពេលចាំបាច់"


@pytest.mark.parametrize(
    ("clock", "period"),
    [("00:00", "MORNING"), ("11:59", "MORNING"), ("12:00", "NOON"), ("16:59", "NOON"), ("17:00", "EVENING"),
     ("19:59", "EVENING"), ("20:00", "NIGHT"), ("23:59", "NIGHT"), ("?", "MORNING")],
)  # fmt: skip
def test_other_times_have_a_time_of_day(clock: str, period: str) -> None:
    assert regimen.period_of(clock) == period


def test_the_meal_is_told_in_the_chosen_language() -> None:
    assert regimen.meal_words("មុនអាហារ", catalogue("en")) == "Before the meal"
    assert regimen.meal_words("with milk", catalogue("km")) == "with milk"
