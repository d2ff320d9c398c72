"""Khmer on the screen: as wide as HarfBuzz says, and broken only where a reader would break it."""

import kivy.core.text as core
import polib
import pytest
import uharfbuzz
from hypothesis import given, settings
from hypothesis import strategies as st
from kivy.uix.label import Label
from patient.core import khmer
from patient.core.i18n import LOCALE, catalogue
from patient.ui import icons, text
from patient.ui.widgets.basic import Input

WORDS = (
    "លេបថ្នាំ", "ស្ត្រី", "វេជ្ជបញ្ជា", "ក្រោយបាយ", "ប៉ារ៉ាសេតាមុល", "ខ្ញុំក្អួត", "ព្រហស្បតិ៍", "អង្គារ", "ឱសថការី", "ញ៉ាំ",
    "Amlodipine 5 mg", "½ កន្លះគ្រាប់", "១២:៣០",
)  # fmt: skip
PARAGRAPH = catalogue("km")(
    "The server could not accept these records. Nothing is lost: try again, or delete what is not needed."
)
WEIGHTS = {False: "Regular", True: "Bold"}


def harfbuzz_width(word: str, size: int, weight: str) -> float:
    """The width by the reference shaper."""
    face = uharfbuzz.Face(uharfbuzz.Blob.from_file_path(str(text.FONTS / f"NotoSansKhmer-{weight}.ttf")))
    font = uharfbuzz.Font(face)
    font.scale = (size * 64, size * 64)
    buffer = uharfbuzz.Buffer()
    buffer.add_str(word)
    buffer.guess_segment_properties()
    if khmer.is_khmer(word):
        buffer.script = text.SCRIPT  # a name in front must not make it a Latin text
    uharfbuzz.shape(font, buffer, {})
    return float(sum(place.x_advance for place in buffer.glyph_positions)) / 64


@pytest.mark.parametrize("word", WORDS)
@pytest.mark.parametrize("bold", [False, True])
def test_the_first_measure_of_a_word_is_the_shaped_one(word: str, bold: bool) -> None:
    for size in (15, 17, 23, 41, 53):
        label = core.Label(text=word, font_size=size, bold=bold)
        wanted = harfbuzz_width(word, size, WEIGHTS[bold])
        assert label.get_extents(word)[0] == pytest.approx(wanted, rel=0.04, abs=1.5)


def test_a_label_is_laid_out_and_drawn_with_the_same_width() -> None:
    label = Label(text="វេជ្ជបញ្ជារបស់អ្នក", font_size=37)
    label.texture_update()
    first = label.texture_size[0]
    label.texture.bind()  # draws
    label.texture_update()
    assert label.texture_size[0] == first == pytest.approx(harfbuzz_width(label.text, 37, "Regular"), rel=0.04)


def test_many_sizes_do_not_unprime_a_font() -> None:
    word, size = "ស្ត្រី", 29
    before = core.Label(text=word, font_size=size).get_extents(word)
    for other in range(60, 190):
        core.Label(text="x", font_size=other).get_extents("x")
    assert core.Label(text=word, font_size=size).get_extents(word) == before


def lines(content: str, width: float, size: int = 16) -> list[str]:
    """What the provider makes of a text in this width."""
    label = core.Label(font_size=size)
    return text.wrap(content, width, lambda part: label.get_extents(part)[0])


@pytest.mark.parametrize("width", range(60, 400, 7))
def test_no_line_is_too_wide_or_begins_with_a_torn_letter(width: int) -> None:
    label = core.Label(font_size=16)
    broken = lines(PARAGRAPH, width)
    assert not any(khmer.starts_torn(line) for line in broken)
    assert all(label.get_extents(line)[0] <= width for line in broken)
    assert "".join(broken).replace(" ", "") == khmer.strip_breaks(PARAGRAPH).replace(" ", "")


def test_words_stay_whole_where_they_fit() -> None:
    first, *_ = lines("ម៉ាស៊ីនមេ\u200bកំពុង\u200bរវល់", 100)
    assert first in {"ម៉ាស៊ីនមេ", "ម៉ាស៊ីនមេកំពុង"}


def test_a_number_keeps_its_unit() -> None:
    assert all("500" not in line or "500\u00a0mg" in line for line in lines("Paracetamol 500\u00a0mg", 110))


@settings(max_examples=150, deadline=None)
@given(
    st.text(alphabet=st.characters(min_codepoint=0x1780, max_codepoint=0x17D3) | st.sampled_from(" \u200b\nab5")),
    st.integers(1, 300),
)
def test_breaking_loses_no_letter_of_any_text(content: str, width: int) -> None:
    broken = lines(content, width)
    assert "".join(broken).replace(" ", "") == content.replace("\u200b", "").replace("\n", "").replace(" ", "")


def test_what_is_shortened_ends_between_letters() -> None:
    label = core.Label(text="", font_size=16, shorten=True, text_size=(90, None))
    for word in ("ការលេបថ្នាំទៀងទាត់របស់ខ្ញុំ", "Amoxicillin and clavulanic acid"):
        short = label.shorten(word)
        assert short.endswith(text.ELLIPSIS)
        assert khmer.clusters(word)[: len(khmer.clusters(short)) - 1] == khmer.clusters(short)[:-1]
        assert label.get_extents(short)[0] <= 90


def test_an_input_never_tears_a_letter_at_the_end_of_a_line() -> None:
    field = Input(text="ខ្ញុំក្អួតហើយឈឺក្បាលតាំងពីព្រឹកមិញមក", multiline=True, size=(120, 300), font_size=16)
    field._refresh_text(field.text)
    assert len(field._lines) > 1
    assert not any(khmer.starts_torn(line) for line in field._lines)


def test_every_icon_and_fraction_is_in_its_font() -> None:
    from fontTools.ttLib import TTFont

    assert set(icons.CODES.values()) <= set(TTFont(text.FONTS / "Icons.ttf").getBestCmap())
    for weight in ("Regular", "Medium", "Bold"):
        characters = TTFont(text.FONTS / f"NotoSansKhmer-{weight}.ttf").getBestCmap()
        assert {ord(sign) for sign in "½¼¾·…៖។ៗ០៩Aa0"} <= set(characters)


CATALOGUE = sorted(entry.msgstr for entry in polib.mofile(str(LOCALE / "km.mo")) if khmer.is_khmer(entry.msgstr))


def test_every_text_of_the_catalogue_is_as_wide_as_harfbuzz_says() -> None:
    label = core.Label(font_size=32)
    for content in CATALOGUE:
        for piece in khmer.strip_breaks(content).split("\n"):
            wanted = harfbuzz_width(piece, 32, "Regular")
            assert label.get_extents(piece)[0] == pytest.approx(wanted, rel=0.04, abs=3), piece


@pytest.mark.parametrize("width", [150, 250, 372])
def test_every_text_of_the_catalogue_breaks_between_words_and_loses_nothing(width: int) -> None:
    label = core.Label(font_size=32)  # 200 %
    torn = []
    for content in CATALOGUE:
        broken = lines(content, width, 32)
        assert not any(khmer.starts_torn(line) for line in broken), broken
        assert width < 200 or not any(line.startswith(("។", "៖", "ៗ")) for line in broken), broken
        assert all(label.get_extents(line)[0] <= width for line in broken), broken
        whole = content.replace("\u200b", "").replace(" ", "").replace("\n", "")
        assert "".join(broken).replace(" ", "") == whole
        words = {khmer.strip_breaks(word).strip() for word in khmer.break_pieces(content)}
        torn += [line for line in broken if not any(line.endswith(word) for word in words if word)]
    assert len(torn) <= (20 if width < 200 else 0), "only a word wider than its place may be torn"
