"""Amounts and strengths in words, days of supply, and what is unsafe."""

from decimal import Decimal

import pytest

from apps.medications.rules import slots
from apps.medications.rules.formatting import dose_text, strength_text
from apps.medications.rules.regimen import days_of_supply, frequency_text
from apps.medications.rules.safety import Allergen, Checked, check

TWICE = slots({"amount": "1"}, None, {"amount": "1"})


@pytest.mark.parametrize(
    ("amount", "unit", "language", "text"),
    [
        ("0.5", "TABLET", "km", "½ កន្លះគ្រាប់"),
        ("0.5", "TABLET", "en", "½ half\u00a0tablet"),
        ("1", "TABLET", "en", "1\u00a0tablet"),
        ("1.5", "TABLET", "en", "1½\u00a0tablets"),
        ("2.000", "CAPSULE", "km", "2\u00a0គ្រាប់"),
        ("7.50", "ML", "en", "7.5\u00a0mL"),
        ("0.5", "ML", "en", "0.5\u00a0mL"),
        ("10", "UNIT", "km", "10\u00a0units"),
    ],
)
def test_amounts_have_no_trailing_zero_and_a_word_beside_a_fraction(
    amount: str, unit: str, language: str, text: str
) -> None:
    assert dose_text(Decimal(amount), unit, language) == text


@pytest.mark.parametrize(
    ("written", "text"),
    [
        ("500mg", "500\u00a0mg"),
        ("5.0 mg", "5\u00a0mg"),
        (".5 mg", "0.5\u00a0mg"),
        ("100 µg", "100\u00a0mcg"),
        ("100 IU", "100\u00a0units"),
        ("5 cc", "5\u00a0mL"),
        ("250 mg/5 ml", "250\u00a0mg/5\u00a0mL"),
        ("100IU/ml", "100\u00a0units/1\u00a0mL".replace("1\u00a0", "")),
        ("100µg", "100\u00a0mcg"),
        ("2.50 mg", "2.5\u00a0mg"),
    ],
)
def test_strengths_use_the_safe_words_and_never_change_digits(written: str, text: str) -> None:
    assert strength_text(written) == text


def test_s40_quantity_fourteen_and_two_a_day_last_seven_days() -> None:
    assert days_of_supply(Decimal(14), TWICE, frequency_type="DAILY") == 7
    assert days_of_supply(Decimal(15), TWICE, frequency_type="DAILY") == 7
    assert days_of_supply(Decimal(4), TWICE, frequency_type="EVERY_N_DAYS", interval_days=3) == 6
    assert days_of_supply(Decimal(6), TWICE, frequency_type="WEEKDAYS", weekdays=[1, 4]) == 8
    assert days_of_supply(Decimal(14), [], frequency_type="PRN") is None


def test_frequency_is_written_as_on_cambodian_prescriptions() -> None:
    assert frequency_text(TWICE) == "2 ដង/១ថ្ងៃ"


def medicine(key: str, *substances: str, **fields: object) -> Checked:
    return Checked(key, key, frozenset(substances) or None, **fields)  # type: ignore[arg-type]


def test_an_unknown_medicine_says_that_it_was_not_checked() -> None:
    assert [(f.tier, f.code) for f in check([medicine("Herbal")])] == [("INFO", "NOT_CHECKED")]


def test_allergy_and_weekly_medicine_stop_duplicates_warn() -> None:
    new = [
        medicine("Augmentin", "amoxicillin", "clavulanic acid"),
        medicine("Methotrexate", "methotrexate", flags=frozenset({"weeklyOnly"}), intakes_a_week=7),
        medicine("Panadol", "paracetamol", unit="TABLET", slot_amounts=(Decimal(5),)),
    ]
    found = check(new, [medicine("Efferalgan", "paracetamol")], [Allergen("Amoxicillin", frozenset({"Amoxicillin"}))])
    assert [(f.tier, f.code, f.keys) for f in found] == [
        ("STOP", "ALLERGY", ("Augmentin",)),
        ("STOP", "WEEKLY_ONLY", ("Methotrexate",)),
        ("WARN", "AMOUNT_UNUSUAL", ("Panadol",)),
        ("WARN", "DUPLICATE_THERAPY", ("Panadol", "Efferalgan")),
    ]


@pytest.mark.parametrize("fields", [{"intakes_a_week": 2}, {"is_prn": True, "intakes_a_week": 0}])
def test_a_weekly_medicine_twice_a_week_or_at_will_stops(fields: dict[str, object]) -> None:
    found = check([medicine("Methotrexate", "methotrexate", flags=frozenset({"weeklyOnly"}), **fields)], allergies=[])
    assert [finding.code for finding in found] == ["WEEKLY_ONLY"]


def test_once_a_week_is_no_finding() -> None:
    weekly = medicine("Methotrexate", "methotrexate", flags=frozenset({"weeklyOnly"}), intakes_a_week=1)
    assert check([weekly], allergies=[]) == []
    assert [finding.code for finding in check([weekly])] == ["ALLERGIES_NOT_CHECKED"]
