"""The sample photos, whole: every row right, and what stands around the table."""

import json
from pathlib import Path
from typing import Any

import pytest
from rapidfuzz import fuzz

from apps.ocr.pipeline import formatter, schemas
from apps.ocr.pipeline.orchestrator import scan
from apps.ocr.pipeline.types import ScanResult
from bench.ocr.score import judge
from dastern.core import clock

GOLDEN = Path(__file__).resolve().parents[1] / "golden" / "ocr"
SAMPLES = sorted(GOLDEN.glob("*.jpg"))


def truth_of(sample: Path) -> dict[str, Any]:
    return json.loads(sample.with_suffix(".json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample.stem)
def test_every_row_of_a_sample_is_right(sample: Path) -> None:
    truth, result = truth_of(sample), scan(sample.read_bytes())
    judged = judge(truth, formatter.flat(result), frozenset())
    assert judged.tally.share("row_correct") == 1.0, judged.faults
    assert len(result.medications) == len(truth["medications"])
    flat = formatter.plain(result)
    assert flat["footer"]["date"] == truth["footer"]["date"]
    assert flat["header"]["code"] == truth["header"]["code"]
    assert flat["patient"]["sex"] == truth["patient"]["sex"]
    if "hard" not in sample.stem:
        assert fuzz.ratio(flat["patient"]["name"], truth["patient"]["name"]) >= 90
        assert flat["patient"]["age"] == truth["patient"]["age"]
    check_shapes(result)


def check_shapes(result: ScanResult) -> None:
    """The long schemas say the same as the flat shape."""
    universal, static = schemas.universal(result, at=clock.now()), schemas.static(result)
    assert universal["metadata"]["schema"] == "cambodia-prescription-universal-v2.0"
    items = universal["medications"]["items"]
    assert [item["medication"]["name"]["accepted"] for item in items] == [row.name.value for row in result.medications]
    for item, row in zip(items, result.medications, strict=True):
        slots = {slot["period"]: slot["dose"]["numeric"] for slot in item["dosing"]["schedule"]["time_slots"]}
        assert slots == {
            "morning": row.doses.morning.value,
            "midday": row.doses.noon.value,
            "afternoon": row.doses.evening.value,
            "evening": row.doses.night.value,
        }
    json.dumps([universal, static])
