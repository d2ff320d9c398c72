"""Khmer: complete, unbroken, and never mixed up with Latin rules."""

import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from patient.core import khmer, words
from patient.core.i18n import catalogue

APP = Path(__file__).resolve().parents[2] / "kivy_app"
LETTERS = st.text(alphabet=st.characters(min_codepoint=0x1780, max_codepoint=0x17DD)) | st.text()


def test_both_languages_are_complete_and_built() -> None:
    done = subprocess.run(
        [sys.executable, str(APP / "tools" / "build_i18n.py"), "--check"],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert (done.stdout + done.stderr, done.returncode) == ("", 0)


def test_the_words_of_the_wire_have_khmer() -> None:
    km = catalogue("km")
    for table in (words.STATUS, words.PERIOD, words.SKIP_REASON, words.ACT, words.REFUSAL):
        for text in table.values():
            assert khmer.is_khmer(km(text)), text


@given(LETTERS)
def test_clusters_and_pieces_lose_nothing(text: str) -> None:
    assert "".join(khmer.clusters(text)) == text
    assert "".join(khmer.break_pieces(text)) == text


@pytest.mark.parametrize("word", ["ស្រ្តី", "ខ្ញុំ", "ព្រឹក", "ញ៉ាំ", "កម្ពុជា", "ឱសថ", "ក្រោយបាយ", "ភ្ញាក់", "ត្រង់"])
def test_no_cluster_begins_with_a_dependent_sign(word: str) -> None:
    assert not any(khmer.starts_torn(cluster) for cluster in khmer.clusters(word))


def test_a_line_may_break_after_spaces_and_marks_only() -> None:
    assert list(khmer.break_pieces("ថ្នាំ\u200bពេល ព្រឹក")) == ["ថ្នាំ\u200b", "ពេល ", "ព្រឹក"]


def test_digits_and_dates() -> None:
    assert khmer.khmer_digits("07:05") == "០៧:០៥"
    assert khmer.ascii_digits("១២.៥") == "12.5"
    day = date(2026, 11, 24)
    assert khmer.date_text(day, "km") == "ថ្ងៃអង្គារ ទី24 វិច្ឆិកា 2026"
    assert khmer.date_text(day, "km", digits=True, buddhist=True) == "ថ្ងៃអង្គារ ទី២៤ វិច្ឆិកា ២៥៦៩"
    assert khmer.date_text(day, "en") == "Tuesday 24 November 2026"


def test_an_unknown_refusal_has_words_too() -> None:
    assert words.refusal("SOMETHING_NEW") == words.REFUSAL["INVALID"]
