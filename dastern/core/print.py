"""Paper: HTML to PDF, with Khmer shaped, and its lines broken where words end.

Khmer is written without spaces, and the text layout behind the PDF breaks lines at spaces only: an unbroken sentence
runs off the page. ICU knows the words, so a zero-width space goes where a line may end; nothing is seen of it, and the
lines come out as a browser would break them. Text taken out of a PDF is not meant to be read by machines.

Fonts are the repository's own, so that paper looks the same on every machine; nothing is fetched from anywhere.
"""

import atexit
import re
import threading
from functools import lru_cache
from pathlib import Path
from typing import Any

from django.template.loader import render_to_string
from django.utils import translation

FONTS = Path(__file__).with_name("fonts")
ZERO_WIDTH_SPACE = "\u200b"
_KHMER_RUN = re.compile(r"[\u1780-\u17ff\u200c\u200d]{2,}")
_TAG = re.compile(r"(<!--.*?-->|<style\b.*?</style>|<[^>]*>)", re.DOTALL | re.IGNORECASE)
_FACES = "".join(
    f'@font-face {{ font-family: "Noto Sans Khmer"; font-weight: {weight};'
    f' src: url("{(FONTS / name).as_uri()}") format("truetype"); }}\n'
    for weight, name in ((400, "NotoSansKhmer-Regular.ttf"), (700, "NotoSansKhmer-Bold.ttf"))
)
# The layout library keeps its fonts in one place of a process and is not made for threads; drawing holds the
# interpreter anyway, so taking turns costs nothing.
_turn = threading.Lock()


@lru_cache(maxsize=4096)
def _broken(run: str) -> str:
    from icu4py.breakers import LineBreaker

    return ZERO_WIDTH_SPACE.join(run[start:end] for start, end in LineBreaker(run, "km").segments())


def khmer_breaks(text: str) -> str:
    """``text`` with a zero-width space wherever a line of Khmer may end; other scripts stay as they are."""
    return _KHMER_RUN.sub(lambda found: _broken(found.group()), text)


def html_khmer_breaks(html: str) -> str:
    """A page with ``khmer_breaks`` in everything between its tags; tags, attributes and styles stay as they are."""
    parts = _TAG.split(html)
    return "".join(part if place % 2 else khmer_breaks(part) for place, part in enumerate(parts))


def pdf_from_html(html: str) -> bytes:
    """A page as PDF. It may show ``data:`` pictures and inline SVG; any other address in it is left out."""
    from weasyprint import HTML
    from weasyprint.urls import URLFetcher

    page = html_khmer_breaks(html)
    with _turn:
        fonts, faces = _house()
        document = HTML(string=page, base_url=None, url_fetcher=URLFetcher(allowed_protocols=["data"]))
        return bytes(document.write_pdf(stylesheets=[faces], font_config=fonts))


def pdf_from_template(template: str, context: dict[str, Any], language: str) -> bytes:
    """The template in ``language`` (km, en) as PDF; it extends ``print/base.html``."""
    with translation.override(language):
        return pdf_from_html(render_to_string(template, context))


@lru_cache(maxsize=1)
def _house() -> tuple[Any, Any]:
    """The fonts of the house, read once a process."""
    from weasyprint import CSS
    from weasyprint.text.fonts import FontConfiguration

    atexit.register(_house.cache_clear)  # the fonts clean up after themselves, which needs a living interpreter
    fonts = FontConfiguration()
    return fonts, CSS(string=_FACES, font_config=fonts)
