"""Text with Khmer shaped by HarfBuzz (Pillow's raqm) and each script in its own font."""

import re
import subprocess
from dataclasses import dataclass
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont, features

HERE = Path(__file__).with_name("fonts")
ROBOTO = Path(find_spec("kivy").submodule_search_locations[0]) / "data" / "fonts"  # type: ignore[union-attr, index]
APP = Path(__file__).resolve().parents[2] / "kivy_app" / "assets" / "fonts"
_RUNS = re.compile(r"[\u1780-\u17ff\u200b]+|[^\u1780-\u17ff\u200b]+")

# (regular, bold) of each script; the last entries are drawn in the untouched split only
KHMER = {
    "dev": [
        (APP / "NotoSansKhmer-Regular.ttf", APP / "NotoSansKhmer-Bold.ttf"),
        (HERE / "battambang-400.ttf", HERE / "battambang-700.ttf"),
        (HERE / "noto-serif-khmer-400.ttf", HERE / "noto-serif-khmer-700.ttf"),
    ],
    "held": [
        (APP / "NotoSansKhmer-Regular.ttf", APP / "NotoSansKhmer-Bold.ttf"),
        (HERE / "hanuman-400.ttf", HERE / "hanuman-700.ttf"),
        (HERE / "kantumruy-pro-400.ttf", HERE / "kantumruy-pro-700.ttf"),
    ],
}
LATIN = {
    "dev": [(HERE / "arimo-400.ttf", HERE / "arimo-700.ttf"), (HERE / "cousine-400.ttf", HERE / "cousine-700.ttf")],
    "held": [(HERE / "arimo-400.ttf", HERE / "arimo-700.ttf"), (HERE / "tinos-400.ttf", HERE / "tinos-700.ttf")],
}
# typewriter faces belong to the Latin forms only
LATIN_WITH_KHMER = {
    "dev": [LATIN["dev"][0], (ROBOTO / "Roboto-Regular.ttf", ROBOTO / "Roboto-Bold.ttf")],
    "held": [*LATIN["held"], (ROBOTO / "Roboto-Regular.ttf", ROBOTO / "Roboto-Bold.ttf")],
}
MOUL = HERE / "moul-400.ttf"
HAND = HERE / "caveat-400.ttf"


@dataclass(frozen=True)
class Face:
    """A pair of fonts: what Khmer and what Latin is drawn with."""

    khmer: Path
    latin: Path
    khmer_bold: Path
    latin_bold: Path


def system_khmer() -> list[tuple[Path, Path]]:
    """Khmer fonts of the machine (fonts-khmeros, fonts-sil-mondulkiri), each as its own bold."""
    answer = subprocess.run(["fc-list", ":lang=km", "file"], capture_output=True, text=True, check=False)
    paths = sorted(Path(line.split(":")[0]) for line in answer.stdout.splitlines() if line.strip())
    return [(path, path) for path in paths if path.suffix == ".ttf" and path.parent.name != "fonts"]


@lru_cache(maxsize=256)
def font(path: Path, size: int) -> ImageFont.FreeTypeFont:
    """``path`` at ``size`` pixels. Without raqm Khmer would be drawn in typing order, so that is refused."""
    if not features.check("raqm"):
        raise RuntimeError("Pillow without raqm cannot shape Khmer")
    return ImageFont.truetype(str(path), size, layout_engine=ImageFont.Layout.RAQM)


class Pen:
    """Writes on one page with one face."""

    def __init__(self, image: Image.Image, face: Face, ink: tuple[int, int, int]) -> None:
        self.draw = ImageDraw.Draw(image)
        self.face, self.ink = face, ink

    def _runs(self, text: str, size: int, bold: bool, khmer: Path | None) -> list[tuple[str, ImageFont.FreeTypeFont]]:
        face = self.face
        runs = []
        for run in _RUNS.findall(text):
            if "\u1780" <= run[0] <= "\u17ff":
                runs.append((run, font(khmer or (face.khmer_bold if bold else face.khmer), size)))
            else:
                runs.append((run, font(face.latin_bold if bold else face.latin, size)))
        return runs

    def width(self, text: str, size: int, *, bold: bool = False, khmer: Path | None = None) -> float:
        """How wide ``text`` gets."""
        return sum(face.getlength(run) for run, face in self._runs(text, size, bold, khmer))

    def write(self, x: float, y: float, text: str, size: int, *, bold: bool = False, align: str = "left",
              ink: tuple[int, int, int] | None = None, khmer: Path | None = None) -> float:  # fmt: skip
        """Draw one line with its baseline at ``y``; ``x`` is the left edge, the middle or the right edge. Gives the width."""
        runs = self._runs(text, size, bold, khmer)
        total = sum(face.getlength(run) for run, face in runs)
        left = x - {"left": 0.0, "center": total / 2, "right": total}[align]
        for run, face in runs:
            self.draw.text((left, y), run, font=face, fill=ink or self.ink, anchor="ls")
            left += face.getlength(run)
        return total

    def wrap(self, text: str, size: int, width: float, *, bold: bool = False) -> list[str]:
        """``text`` in lines no wider than ``width``, broken at spaces."""
        lines: list[str] = []
        for word in text.split(" "):
            if lines and self.width(f"{lines[-1]} {word}", size, bold=bold) <= width:
                lines[-1] += f" {word}"
            else:
                lines.append(word)
        return lines
