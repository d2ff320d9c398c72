"""The scorer: what counts as right, as read, as invented, as silently wrong."""

import copy
import json
from pathlib import Path
from typing import Any

import pytest

from bench.ocr import __main__ as command
from bench.ocr import plot, report
from bench.ocr.cases import make_case
from bench.ocr.score import judge, name_key, plain, strength_key

NAMES = frozenset({"prednisolone", "prednisone"})


@pytest.fixture
def truth() -> dict[str, Any]:
    return make_case("dev", 4, "heqip8", "easy", look_alike=True).truth | {"look_alike": True, "degradations": []}


def test_the_truth_itself_is_right_everywhere(truth: dict[str, Any]) -> None:
    page = judge(truth, truth, NAMES)
    assert page.faults == []
    assert page.tally.f1() == page.tally.share("row_correct") == page.tally.share("diagnosis") == 1
    assert page.tally.extra() == 0


def test_leaves_may_carry_confidence_and_a_sure_error_is_silent(truth: dict[str, Any]) -> None:
    answer = copy.deepcopy(truth)
    answer["patient"]["name"] = {"value": "somebody else", "confidence": 0.97}
    answer["patient"]["age"] = {"value": truth["patient"]["age"], "confidence": 0.97}
    answer["patient"]["sex"] = {"value": "X", "confidence": 0.5}
    tally = judge(truth, answer, NAMES).tally
    assert tally.silent() == 0.5
    assert tally.share("patient") == 0


def test_an_unread_value_is_missed_and_not_wrong(truth: dict[str, Any]) -> None:
    answer = copy.deepcopy(truth)
    answer["medications"][0]["doses"]["morning"] = {"value": None, "confidence": 0}
    tally = judge(truth, answer, NAMES).tally
    assert tally.counts["fn"] == 1
    assert tally.counts["fp"] == 0
    assert tally.counts["row_correct"] == len(truth["medications"]) - 1


def test_a_guess_where_nothing_is_printed_is_wrong() -> None:
    truth = make_case("dev", 8, "handwritten", "easy").truth | {"handwritten": True}
    answer = copy.deepcopy(truth)
    answer["medications"][0]["doses"]["morning"] = 1
    tally = judge(truth, answer, NAMES).tally
    assert tally.counts["handwritten_guess"] == 1
    assert tally.share("dose_all4") == 1 - 1 / len(truth["medications"])


def test_an_invented_row_costs_three_and_a_missing_one_is_missed(truth: dict[str, Any]) -> None:
    answer = copy.deepcopy(truth)
    answer["medications"].append(copy.deepcopy(answer["medications"][0]) | {"no": 9, "name": "Zzzz"})
    tally = judge(truth, answer, NAMES).tally
    assert tally.counts["extra"] == 1
    assert tally.counts["fp"] == 3
    tally = judge(truth, truth | {"medications": truth["medications"][1:]}, NAMES).tally
    assert tally.share("row_correct") == 1 - 1 / len(truth["medications"])
    assert judge(truth, None, NAMES).tally.f1() == 0


def test_another_medicine_in_its_place_is_a_substitution(truth: dict[str, Any]) -> None:
    truth["medications"][0]["name"] = "Prednisone"
    answer = copy.deepcopy(truth)
    answer["medications"][0]["name"] = "Prednisolone"
    page = judge(truth, answer, NAMES)
    assert page.tally.counts["substituted_look_alike"] == 1
    answer["medications"][0]["name"] = "Prednis0ne"
    assert judge(truth, answer, NAMES).tally.counts["substituted"] == 0


def test_the_plot_shows_how_honest_the_confidence_is() -> None:
    claims = [(0.9, True)] * 9 + [(0.9, False)] + [(0.3, False)] * 5
    assert [(round(mean, 2), share, number) for mean, share, number in plot.bins(claims)] == [
        (0.3, 0.0, 5),
        (0.9, 0.9, 10),
    ]
    assert round(plot.calibration_error(claims), 3) == 0.1
    assert plot.svg(claims, "Recognition").count("<circle") == 2


def test_spellings_that_mean_the_same() -> None:
    assert name_key("Paracétamol  Tab") == name_key("PARACETAMOL")
    assert name_key("Tablet") == "tablet"
    assert strength_key("1 g") == strength_key("1000mg")
    assert strength_key("0,5 mg") == strength_key("0.5mg") != strength_key("5mg")
    assert strength_key("20 µg") == strength_key("20mcg")
    assert strength_key("250mg/5ml") != strength_key("250mg")
    assert plain("ឆ្នាំ\u200b២៥") == plain("ឆ្នាំ 25")


def test_figures_are_printed_and_kept_beside_the_others(
    truth: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "001.json").write_text(json.dumps(truth))
    (tmp_path / "answers.jsonl").write_text(json.dumps({"image": "x/001.jpg", "data": truth}) + "\n")
    results = tmp_path / "results.md"
    results.write_text("# Measured\n")
    monkeypatch.setattr(report, "RESULTS", results)
    for _ in range(2):
        monkeypatch.setattr("sys.argv", ["bench.ocr", "score", "--folder", str(tmp_path), "--keep"])
        assert command.main() == 0
    text = results.read_text()
    assert text.startswith("# Measured\n")
    assert text.count("| row_correct | 1.000 | ≥ 0.92 | ✓ |") == 1
    assert "| heqip8, easy | 1 | 1.000 |" in text
