"""The synthetic prescriptions: the same page again, Khmer in its right shape, and two splits that share nobody."""

import io
import json
from pathlib import Path

import uharfbuzz
from PIL import Image

from bench.ocr import pages, text, words
from bench.ocr.cases import make_case
from bench.ocr.forms import draw


def test_a_page_can_be_made_again() -> None:
    case = make_case("dev", 3, "clinic8", "hard")
    first, truth = pages.photo(case)
    again, same_truth = pages.photo(make_case("dev", 3, "clinic8", "hard"))
    assert (first, truth) == (again, same_truth)
    assert Image.open(io.BytesIO(first)).size[0] > 600
    assert 4 <= len(truth["degradations"]) <= 5


def test_khmer_is_shaped_and_no_letter_is_missing() -> None:
    for regular, bold in [face for split in ("dev", "held") for face in text.KHMER[split]] + [(text.MOUL, text.MOUL)]:
        for path in (regular, bold):
            font = uharfbuzz.Font(uharfbuzz.Face(uharfbuzz.Blob.from_file_path(str(path))))
            buffer = uharfbuzz.Buffer()
            buffer.add_str("វេជ្ជបញ្ជា")
            buffer.guess_segment_properties()
            uharfbuzz.shape(font, buffer)
            assert all(info.codepoint for info in buffer.glyph_infos)
            # ជ and its subscript are fewer glyphs than characters, and the vowel េ stands before its consonant
            assert len(buffer.glyph_infos) < len("វេជ្ជបញ្ជា")
    case = make_case("dev", 0, "heqip8", "easy")
    pen = text.Pen(Image.new("RGB", (10, 10)), _face(), (0, 0, 0))
    assert pen.width("ស្ត្រី", 30) < pen.width("សតរ", 30)
    assert draw(case).getextrema() != ((255, 255),) * 3


def _face() -> text.Face:
    (khmer, khmer_bold), (latin, latin_bold) = text.KHMER["dev"][0], text.LATIN["dev"][0]
    return text.Face(khmer, latin, khmer_bold, latin_bold)


def test_the_untouched_split_shares_no_place_person_or_diagnosis() -> None:
    for pool in (
        words.FACILITIES,
        words.CLINICS,
        words.CABINETS,
        words.SURNAMES,
        words.GIVEN,
        words.DIAGNOSES,
        words.UNKNOWN,
    ):
        assert not set(pool["dev"]) & set(pool["held"])  # type: ignore[call-overload]


def test_both_splits_hold_every_kind_of_page() -> None:
    assert pages.SIZES["dev"] >= 300
    assert pages.SIZES["held"] >= 100
    for split in pages.SIZES:
        made = list(pages.cases(split))
        assert {(case.layout, case.level) for case in made} >= {
            (layout, level) for layout in pages.LAYOUTS for level in ("easy", "medium", "hard")
        }
        alike = [case for case in made if case.look_alike]
        assert len(alike) >= 15
        hand = [case for case in made if case.handwritten]
        assert hand
        for case in hand:
            assert all(value is None for row in case.truth["medications"] for value in row["doses"].values())
            assert all(row["name"] and row["strength"] for row in case.truth["medications"])


def test_every_layout_can_be_drawn(tmp_path: Path) -> None:
    assert pages.write("held", tmp_path, len(pages.LAYOUTS)) == len(pages.LAYOUTS)
    truths = [json.loads(path.read_text()) for path in sorted(tmp_path.glob("*.json"))]
    assert {truth["layout"] for truth in truths} == set(pages.LAYOUTS)
    for truth in truths:
        with Image.open(tmp_path / truth["image"]) as photo:
            assert 1000 <= max(photo.size) <= 2000
