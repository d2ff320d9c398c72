"""Khmer on paper breaks its lines where Chromium breaks them, given the same words.

The words are ICU's (dastern.core.print). This Chromium has a word list of its own, which cuts some compounds in two
(ពេល|ល្ងាច), so it is told to break between the words that are marked, and nowhere inside them.
"""

import base64
import re
from typing import Any

import pytest

from apps.users.models import User
from dastern.core import print as press
from tests.core.test_print import lines
from tests.prescriptions.test_printing import html_of, laid_out, written
from tests.support.people import link

pytestmark = pytest.mark.django_db
# The lines of every marked paragraph, as the browser lays them out.
_LINES = """
() => [...document.querySelectorAll("[data-text]")].map((element) => {
  const found = [];
  let top = null;
  const walker = document.createTreeWalker(element, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const node = walker.currentNode;
    for (let at = 0; at < node.length; at += 1) {
      const range = document.createRange();
      range.setStart(node, at);
      range.setEnd(node, at + 1);
      const box = [...range.getClientRects()].pop();
      if (box && box.width + box.height > 0 && (top === null || box.top > top + box.height / 2)) {
        found.push("");
        top = box.top;
      }
      if (found.length) found[found.length - 1] += node.data[at];
    }
  }
  return found;
})
"""


def words_whole(html: str) -> str:
    """The page with every marked Khmer word kept in one piece."""
    parts = press._TAG.split(html)
    word = re.compile(r"[\u1780-\u17ff\u200c\u200d]+")
    return "".join(
        part if place % 2 else word.sub(r'<span class="word">\g<0></span>', part) for place, part in enumerate(parts)
    )


def plain(text: str) -> str:
    return "".join(text.replace(press.ZERO_WIDTH_SPACE, "").split())


def of_paper(box: Any) -> list[list[str]]:
    """The lines of every marked paragraph of a laid-out page."""
    found = []
    element = getattr(box, "element", None)
    if element is not None and element.get("data-text") is not None and type(box).__name__ == "BlockBox":
        return [[text_of(line) for line in lines(box)]]
    for child in getattr(box, "children", ()):
        found += of_paper(child)
    return found


def text_of(box: Any) -> str:
    return getattr(box, "text", "") or "".join(text_of(child) for child in getattr(box, "children", ()))


def test_lines_break_where_chromium_breaks_them(browser: Any, sokha: User, dr_lim: User) -> None:
    link(sokha, dr_lim)
    html = html_of(written(dr_lim, sokha), dr_lim)
    faces = "".join(
        f'@font-face {{ font-family: "Noto Sans Khmer"; font-weight: {weight}; src: url(data:font/ttf;base64,'
        f"{base64.b64encode((press.FONTS / name).read_bytes()).decode()}) }}"
        for weight, name in ((400, "NotoSansKhmer-Regular.ttf"), (700, "NotoSansKhmer-Bold.ttf"))
    )
    page = browser.new_page(viewport={"width": 560, "height": 800})
    page.set_content(words_whole(html).replace("<style>", f"<style>{faces} .word {{ white-space: nowrap }} ", 1))
    page.evaluate("document.fonts.ready")
    chromium = [[plain(line) for line in found] for found in page.evaluate(_LINES)]
    page.close()
    ours = [[plain(line) for line in found] for sheet in laid_out(html).pages for found in of_paper(sheet._page_box)]
    assert len(ours) == 10  # diagnosis, eight remarks, the note
    assert max(len(found) for found in ours) > 2
    assert ours == chromium
