"""Names of medicines: known, corrected, or left as they are (domain.md 7.4)."""

from pathlib import Path

import pytest

from apps.ocr.pipeline.postprocess.names import lexicon, look_alikes, match_name

ROOT = Path(__file__).resolve().parents[2]


def test_a_known_name_is_taken_whatever_its_case_accents_and_form() -> None:
    assert match_name("MONTELUKAST", "10mg").value == "Montelukast"
    assert match_name("Paracétamol", "500mg").known == "exact"
    assert match_name("Acide folique", "5mg").medicine == "Folic acid"
    assert match_name("Paracetamol Syrup", "120mg/5ml").value == "Paracetamol Syrup"


def test_s085_a_digit_inside_a_word_is_undone_and_the_strength_stays() -> None:
    match = match_name("Amoxici11in", "500mg")
    assert (match.value, match.known) == ("Amoxicillin", "corrected")


def test_a_misread_name_is_corrected_when_only_one_medicine_can_be_meant() -> None:
    match = match_name("Montelukost", "10mg")
    assert (match.value, match.known) == ("Montelukast", "corrected")


def test_a_strength_that_the_name_does_not_have_forbids_a_correction() -> None:
    match = match_name("Montelukost", "500mg")
    assert (match.value, match.known) == ("Montelukost", "unknown")
    assert match.candidates[0].name == "Montelukast"


@pytest.mark.parametrize("reading", ["Prednisolne", "Prednisne", "Omeprazol", "Esomeprazol", "Ofloxacn", "Quinne"])
def test_a_misread_look_alike_is_never_corrected(reading: str) -> None:
    strengths = ("5mg", "20mg", "200mg", "300mg")
    assert all(match_name(reading, strength).known in ("unknown", "exact") for strength in strengths)


@pytest.mark.parametrize("pair", [("Prednisone", "Prednisolone"), ("Omeprazole", "Esomeprazole")])
def test_look_alikes_that_are_read_well_stay_apart(pair: tuple[str, str]) -> None:
    assert [match_name(name, "20mg").value for name in pair] == list(pair)


def test_an_unknown_name_keeps_its_text_and_offers_at_most_three() -> None:
    match = match_name("Zzyzxomab", "10mg")
    assert (match.value, match.known, match.medicine) == ("Zzyzxomab", "unknown", None)
    assert len(match.candidates) <= 3


def test_the_lists_are_large_enough_and_every_line_names_its_source() -> None:
    assert len(lexicon()) >= 600
    assert len(look_alikes()) >= 100
    for path in (ROOT / "apps/ocr/pipeline/lexicons").glob("*.txt"):
        for line in path.read_text(encoding="utf-8").splitlines():
            assert line.startswith("#") or line.split("\t")[-1].strip(), f"{path.name}: {line}"
