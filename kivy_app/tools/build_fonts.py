"""Make ``assets/fonts``: three static weights of Noto Sans Khmer, and the icons the app uses.

    python kivy_app/tools/build_fonts.py                      # the text fonts, from fontpkg-noto-sans-khmer
    python kivy_app/tools/build_fonts.py --icons MDI.ttf      # also the icons, from the font of that set

Kivy has no fallback between fonts, so one file must hold Khmer and Latin; Noto Sans Khmer does. Two things are
added: the fractions ½ ¼ ¾ that amounts are written with, composed of the font's own figures, and a line height
of 1.5, so that no screen can squeeze Khmer's vowels and subscripts.
"""

import argparse
import shutil
import sys
from importlib.resources import files
from pathlib import Path

from fontTools.pens.ttGlyphPen import TTGlyphPen
from fontTools.subset import Options, Subsetter
from fontTools.ttLib import TTFont
from fontTools.varLib.instancer import instantiateVariableFont

APP = Path(__file__).resolve().parents[1]
TARGET = APP / "assets" / "fonts"
WEIGHTS = {"Regular": 400, "Medium": 500, "Bold": 700}
FRACTIONS = {"½": "12", "¼": "14", "¾": "34"}
ASCENT, DESCENT = 1_090, -430  # of 1,000 units: lines stand 1.52 apart


def text_font(source: Path, weight: int) -> TTFont:
    """One static weight, with fractions and our line height."""
    font = instantiateVariableFont(TTFont(source), {"wght": weight, "wdth": 100})
    for character, figures in FRACTIONS.items():
        add_fraction(font, character, *figures)
    font["hhea"].ascent = font["OS/2"].sTypoAscender = ASCENT
    font["hhea"].descent = font["OS/2"].sTypoDescender = DESCENT
    font["hhea"].lineGap = font["OS/2"].sTypoLineGap = 0
    return font


def add_fraction(font: TTFont, character: str, upper: str, lower: str) -> None:
    """A fraction of the font's own figures at 60 %: one raised, one lowered, a slash that runs between them."""
    names, metrics = font.getBestCmap(), font["hmtx"]
    one, slash, two = names[ord(upper)], names[ord("/")], names[ord(lower)]
    scale, overlap = 0.6, 0.3 * metrics[slash][0]
    first, bar, second = (metrics[one][0] * scale, metrics[slash][0], metrics[two][0] * scale)
    start_of_bar, start_of_second = first - overlap, first + bar - 2 * overlap
    pen = TTGlyphPen(font.getGlyphSet())
    pen.addComponent(one, (scale, 0, 0, scale, 0, 290))
    pen.addComponent(slash, (1, 0, 0, 1, start_of_bar, 0))
    pen.addComponent(two, (scale, 0, 0, scale, start_of_second, 0))
    name = f"uni{ord(character):04X}"
    glyph = pen.glyph()
    font.setGlyphOrder([*font.getGlyphOrder(), name])
    font["glyf"][name] = glyph
    glyph.recalcBounds(font["glyf"])
    metrics[name] = (round(start_of_second + second), glyph.xMin)
    for table in font["cmap"].tables:
        if table.isUnicode():
            table.cmap[ord(character)] = name


def icon_font(source: Path) -> TTFont:
    """Only the icons that the app names."""
    sys.path.insert(0, str(APP))
    from patient.ui.icons import CODES

    font = TTFont(source)
    options = Options()
    options.drop_tables += ["GSUB", "GPOS"]
    subsetter = Subsetter(options)
    subsetter.populate(unicodes=CODES.values())
    subsetter.subset(font)
    missing = [name for name, code in CODES.items() if code not in font.getBestCmap()]
    if missing:
        raise SystemExit(f"not in {source.name}: {', '.join(missing)}")
    return font


def main() -> None:
    """Build what was asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--icons", type=Path, help="font of Material Design Icons 7 (fonticon-materialdesignicons7)")
    asked = parser.parse_args()
    TARGET.mkdir(parents=True, exist_ok=True)
    package = files("fontpkg_noto_sans_khmer")
    for name, weight in WEIGHTS.items():
        font = text_font(Path(str(package / "files" / "NotoSansKhmer[wdth,wght].ttf")), weight)
        font.save(TARGET / f"NotoSansKhmer-{name}.ttf", reorderTables=True)
    shutil.copyfile(str(package / "LICENSE"), TARGET / "NotoSansKhmer-LICENSE.txt")
    if asked.icons:
        icon_font(asked.icons).save(TARGET / "Icons.ttf")
        shutil.copyfile(asked.icons.with_name("LICENSE"), TARGET / "Icons-LICENSE.txt")


if __name__ == "__main__":
    main()
