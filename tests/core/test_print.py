"""Khmer on paper: shaped as the font says, broken where words end, drawn with the repository's own fonts."""

import io
import re
from collections.abc import Iterator
from typing import Any

import pypdfium2
import pytest
import uharfbuzz
from weasyprint import HTML

from dastern.core import print as paper

SENTENCE = "អ្នកជំងឺត្រូវលេបថ្នាំបន្ទាប់ពីអាហារពេលព្រឹកនិងពេលល្ងាចរាល់ថ្ងៃហើយត្រូវផឹកទឹកឱ្យបានច្រើន"
WORDS = ["អ្នកជំងឺ", "ត្រូវ", "លេបថ្នាំ", "បន្ទាប់ពី", "អាហារ", "ពេលព្រឹក", "និង", "ពេលល្ងាច"]


def test_a_sentence_is_broken_between_words_only() -> None:
    assert paper.khmer_breaks("".join(WORDS)) == paper.ZERO_WIDTH_SPACE.join(WORDS)


@pytest.mark.parametrize("text", ["", "Amlodipine 5 mg", "½ គ្រាប់", "ក", "123 456", "ម៉ោង 07:00"])
def test_nothing_seen_is_added(text: str) -> None:
    assert paper.khmer_breaks(text).replace(paper.ZERO_WIDTH_SPACE, "") == text
    assert paper.khmer_breaks(paper.khmer_breaks(text)) == paper.khmer_breaks(text)


def test_tags_attributes_and_styles_stay_as_they_are() -> None:
    page = f'<style>p::before {{ content: "{SENTENCE}" }}</style><!-- {SENTENCE} --><p title="{SENTENCE}">'
    assert paper.html_khmer_breaks(page) == page
    assert paper.html_khmer_breaks(f"<p>{WORDS[0]}{WORDS[1]}</p>") == f"<p>{WORDS[0]}\u200b{WORDS[1]}</p>"


def lines(box: Any) -> Iterator[Any]:
    if type(box).__name__ == "LineBox":
        yield box
    else:
        for child in getattr(box, "children", ()):
            yield from lines(child)


def wide(line: Any) -> float:
    return float(sum(text.width for text in line.children))


def laid_out(html: str) -> list[Any]:
    fonts, faces = paper._house()
    document = HTML(string=html).render(stylesheets=[faces], font_config=fonts)
    return [line for page in document.pages for line in lines(page._page_box)]


def test_no_line_of_khmer_leaves_the_page() -> None:
    style = '<style>@page { size: 60mm 80mm; margin: 5mm } body { font: 11pt "Noto Sans Khmer" }</style>'
    raw, broken = laid_out(f"{style}<p>{SENTENCE}</p>"), laid_out(paper.html_khmer_breaks(f"{style}<p>{SENTENCE}</p>"))
    width = 50 / 25.4 * 96
    assert max(wide(line) for line in raw) > width, "unbroken, the sentence runs off the page"
    assert len(broken) >= 3
    assert max(wide(line) for line in broken) <= width


@pytest.mark.parametrize("word", ["ស្ត្រីមានផ្ទៃពោះ", "ខ្ញុំ", "ព្រឹក", "ល្ងាច", "ថ្នាំគ្រាប់", "Paracetamol ៥០០"])
def test_the_glyphs_are_those_that_the_shaper_of_the_font_says(word: str) -> None:
    face = uharfbuzz.Face(uharfbuzz.Blob.from_file_path(str(paper.FONTS / "NotoSansKhmer-Regular.ttf")))
    buffer = uharfbuzz.Buffer()
    buffer.add_str(word)
    buffer.guess_segment_properties()
    uharfbuzz.shape(uharfbuzz.Font(face), buffer)
    fonts, faces = paper._house()
    page = f"<p style='font-family: \"Noto Sans Khmer\"'>{word}</p>"
    pdf = HTML(string=page).write_pdf(stylesheets=[faces], font_config=fonts, uncompressed_pdf=True)
    drawn = "".join(
        code.decode() for text in re.findall(rb"\[(.*?)\] TJ", pdf) for code in re.findall(rb"<([0-9a-f]*)>", text)
    )
    assert sorted(drawn[at : at + 4] for at in range(0, len(drawn), 4)) == sorted(
        f"{glyph.codepoint:04x}" for glyph in buffer.glyph_infos
    )


def test_a_template_becomes_a_page_in_its_language() -> None:
    pdf = paper.pdf_from_template("print/base.html", {}, "km")
    document = pypdfium2.PdfDocument(io.BytesIO(pdf))
    assert len(document) == 1
    assert [round(side) for side in document[0].get_size()] == [595, 842]


def test_nothing_is_fetched_from_this_machine_or_another(tmp_path: Any) -> None:
    secret = tmp_path / "secret.svg"
    secret.write_text('<svg xmlns="http://www.w3.org/2000/svg"><rect width="90" height="90" fill="red"/></svg>')
    pdf = paper.pdf_from_html(f'<img src="{secret.as_uri()}"><img src="http://127.0.0.1:9/x.png"><p>x</p>')
    picture = pypdfium2.PdfDocument(io.BytesIO(pdf))[0].render().to_pil().convert("RGB")
    assert (255, 0, 0) not in {colour for _count, colour in picture.getcolors(1 << 24) or []}
