"""Khmer on Kivy's own SDL2 text provider. ``install`` must run before anything of ``kivy.uix`` is imported.

The provider bundles HarfBuzz but shapes with the script it is told, "Latin" unless somebody says otherwise, does
not tell the script at all while measuring, and breaks lines between any two code points. Here every text is shaped
as Khmer (Latin letters come out the same but for kerning), each font is primed before it measures, and lines break
only where a reader would break them.
"""

from collections import OrderedDict
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path

import kivy.core.text as core
import kivy.core.window  # noqa: F401  (a texture made before there is a window crashes the process)
from kivy.core.text._text_sdl2 import _SurfaceContainer
from kivy.core.text.text_sdl2 import LabelSDL2

from patient.core import khmer
from patient.ui import icons

FONTS = Path(__file__).resolve().parents[2] / "assets" / "fonts"
SCRIPT = "Khmr"
MEDIUM = "Medium"
ELLIPSIS = "…"
# The provider keeps 64 open fonts and drops the one used longest ago; a reopened one must be primed again.
_PRIMED_AT_MOST = 32
_primed: OrderedDict[str, None] = OrderedDict()

Measure = Callable[[str], float]


class LabelKhmer(LabelSDL2):  # type: ignore[misc]  (Kivy has no types)
    """The text provider of the whole app."""

    def __init__(self, *args: object, **options: object) -> None:
        options["font_script_name"] = SCRIPT
        super().__init__(*args, **options)

    def get_extents(self, text: str) -> tuple[int, int]:
        """Width and height of one line, as it will be drawn."""
        self._prime()
        size: tuple[int, int] = super().get_extents(text)
        return size

    def _prime(self) -> None:
        """Draw a space once: the provider tells a font its script only when it draws."""
        font = self._get_font_id()
        if font in _primed:
            _primed.move_to_end(font)
            return
        _SurfaceContainer(4, 4).render(self, " ", 0, 0)
        _primed[font] = None
        while len(_primed) > _PRIMED_AT_MOST:
            _primed.popitem(last=False)

    def render(self, real: bool = False) -> tuple[int, int] | None:
        """Lay out, then draw. Lines are broken here; the stock engine finds nothing left to break."""
        if real:
            drawn: tuple[int, int] | None = super().render(real=True)
            return drawn
        whole, width = self._text, self._text_size[0]
        if width is None or self.options["shorten"]:
            self._text = khmer.strip_breaks(whole)
        else:
            padding = self.options["padding"]
            self._text = self._broken(whole, width - padding[0] - padding[2])
        try:
            size: tuple[int, int] = super().render()
        finally:
            self._text = whole
        return size

    def _broken(self, text: str, width: float) -> str:
        return "\n".join(_lines(self._get_font_id(), self.get_extents, text, width))

    def shorten(self, text: str, margin: int = 2) -> str:
        """One line that fits, cut between clusters and ended with an ellipsis."""
        padding, width = self.options["padding"], self._text_size[0]
        line = khmer.strip_breaks(text).replace("\n", " ")
        if width is None:
            return line
        room = width - padding[0] - padding[2] - margin
        if self.get_extents(line)[0] <= room:
            return line
        self.is_shortened = True
        kept = khmer.clusters(line)
        while kept and self.get_extents("".join(kept).rstrip() + ELLIPSIS)[0] > room:
            kept.pop()
        return "".join(kept).rstrip() + ELLIPSIS


_wrapped: OrderedDict[tuple[str, str, float], list[str]] = OrderedDict()


def _lines(font: str, extents: Callable[[str], tuple[int, int]], text: str, width: float) -> list[str]:
    """``wrap`` remembered: a list that scrolls asks for the same texts again and again."""
    key = (font, text, width)
    if key not in _wrapped:
        _wrapped[key] = wrap(text, width, lambda part: extents(part)[0])
        while len(_wrapped) > 512:
            _wrapped.popitem(last=False)
    return _wrapped[key]


def wrap(text: str, width: float, measure: Measure) -> list[str]:
    """Lines no wider than ``width``: broken after spaces and word marks, inside a word only between clusters and
    only when the word alone is too wide. Word marks are gone from the result."""
    measured = lru_cache(maxsize=None)(measure)
    lines: list[str] = []
    for paragraph in text.split("\n"):
        lines += _fill(paragraph, width, measured)
    return lines


def _fill(paragraph: str, width: float, measure: Measure) -> list[str]:
    lines, line = [], ""
    for piece in map(khmer.strip_breaks, khmer.break_pieces(paragraph)):
        if measure((line + piece).rstrip(" ")) <= width:
            line += piece
            continue
        if line.strip():
            lines.append(line.rstrip(" "))
        *full, line = _torn(piece, width, measure)
        lines += full
    return [*lines, line.rstrip(" ")]


def _torn(word: str, width: float, measure: Measure) -> list[str]:
    """A word as it is when it fits, else parts of whole clusters."""
    if measure(word.rstrip(" ")) <= width:
        return [word]
    parts, part = [], ""
    for cluster in khmer.clusters(word):
        if part and measure((part + cluster).rstrip(" ")) > width:
            parts.append(part)
            part = ""
        part += cluster
    return [*parts, part]


def install() -> None:
    """Make this the provider of every label and input, with our fonts as the default ones."""
    core.Label = core.Text = LabelKhmer
    regular, bold = (str(FONTS / f"NotoSansKhmer-{weight}.ttf") for weight in ("Regular", "Bold"))
    LabelKhmer.register(core.DEFAULT_FONT, regular, None, bold)
    LabelKhmer.register(MEDIUM, str(FONTS / "NotoSansKhmer-Medium.ttf"))
    LabelKhmer.register(icons.FONT, str(FONTS / "Icons.ttf"))
