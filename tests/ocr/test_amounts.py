"""An amount out of several readings: agreement is believed, a broken half is not."""

import pytest

from apps.ocr.pipeline.engines.base import Reading
from apps.ocr.pipeline.postprocess.rows import agreed


def read(text: str, score: float = 0.98) -> Reading:
    return Reading(text, score, "test")


@pytest.mark.parametrize(
    ("latin", "khmer", "value"),
    [
        (read("1"), read("1"), 1.0),
        (read("1/2", 0.85), read("12", 0.88), 0.5),
        (read("1.5", 0.86), read("15 គ្រាប់", 0.85), 1.5),
        (read("9"), read("១"), 1.0),
        (read("V2", 0.55), read("២", 0.94), None),
        (read("Y4", 0.6), read("4", 0.9), None),
        (read("[mù", 0.6), read("គ្រាប់", 0.98), None),
    ],
)
def test_an_amount_out_of_two_readings(latin: Reading, khmer: Reading, value: float | None) -> None:
    assert agreed(latin, khmer).value == value


def test_the_first_word_alone_outvotes_a_digit_that_the_unit_added() -> None:
    assert agreed(read("7ymugnu", 0.63), read("71mbr", 0.73), read("7")).value == 7.0


def test_a_first_word_cut_too_early_is_outvoted() -> None:
    assert agreed(read("14 mù", 0.7), read("14 គ្រាប់"), read("1")).value == 14.0
