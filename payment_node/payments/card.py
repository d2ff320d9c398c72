"""The code as a picture in the KHQR look: red head with the word, receiver, amount, currency, the code. Pure."""

import functools
import io
from dataclasses import dataclass
from xml.sax.saxutils import escape

import segno
from PIL import Image, ImageDraw, ImageFont

_RED = (225, 35, 46)
_MODULE, _QUIET = 6, 4
_MARGIN, _HEAD, _TEXT = 24, 72, 118
# Judging all eight masks costs most of the time, and every reader takes any of them.
_MASK = 2
# Palette: 0..15 from black to white, 16..31 from red to white.
_LEVELS = 16
_PALETTE = [value * 17 for value in range(_LEVELS) for _channel in range(3)] + [
    channel + (255 - channel) * step // (_LEVELS - 1) for step in range(_LEVELS) for channel in _RED
]
_WHITE, _RED_START = _LEVELS - 1, _LEVELS
_ON_WHITE = [_WHITE - value // 17 for value in range(256)]  # ink of a mask to palette: black letters on white
_ON_RED = [_RED_START + value // 17 for value in range(256)]  # white letters on red


@dataclass(frozen=True, slots=True)
class Card:
    """What is on it. ``payload`` is encoded as UTF-8 and not changed in any way."""

    payload: str
    merchant: str
    amount: str
    currency: str

    def png(self) -> bytes:
        """As PNG, a few kilobytes."""
        matrix, size = _matrix(self.payload)
        side = size * _MODULE
        picture = _template(side, self.merchant).copy()
        line = _line(f"{_grouped(self.amount)}", 34)
        picture.paste(line, (_MARGIN, _HEAD + 54))
        picture.paste(_line(self.currency, 20), (_MARGIN + line.width + 10, _HEAD + 66))
        code = Image.frombytes("P", (size, size), matrix).resize((side, side), Image.Resampling.NEAREST)
        picture.paste(code, (0, _HEAD + _TEXT))
        file = io.BytesIO()
        picture.save(file, "PNG", compress_level=2)
        return file.getvalue()

    def svg(self) -> str:
        """As SVG, with the texts as text."""
        matrix, size = _matrix(self.payload)
        side = size * _MODULE
        height = _HEAD + _TEXT + side
        top = _HEAD + _TEXT
        runs = []
        for row in range(size):
            line = matrix[row * size : (row + 1) * size]
            column = 0
            while (column := line.find(b"\0", column)) >= 0:
                end = column
                while end < size and line[end] == 0:
                    end += 1
                runs.append(f"M{column} {row}h{end - column}v1h{column - end}z")
                column = end
        font = 'font-family="Noto Sans Khmer, Helvetica, Arial, sans-serif"'
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {side} {height}" width="{side}" height="{height}">'
            f'<rect width="{side}" height="{height}" fill="#fff"/>'
            f'<rect width="{side}" height="{_HEAD}" fill="#e1232e"/>'
            f'<text x="{side / 2}" y="49" text-anchor="middle" fill="#fff" font-size="34" font-weight="700" {font}>KHQR'
            f'</text><text x="{_MARGIN}" y="{_HEAD + 38}" font-size="20" {font}>{escape(self.merchant)}</text>'
            f'<text x="{_MARGIN}" y="{_HEAD + 88}" font-size="34" font-weight="700" {font}>{_grouped(self.amount)}'
            f'<tspan font-size="20" font-weight="400" dx="10">{self.currency}</tspan></text>'
            f'<line x1="{_MARGIN}" x2="{side - _MARGIN}" y1="{top - 8}" y2="{top - 8}" stroke="#999" '
            f'stroke-dasharray="6 5"/><path transform="translate(0 {top}) scale({_MODULE})" d="{"".join(runs)}"/></svg>'
        )


def _grouped(amount: str) -> str:
    whole, point, cents = amount.partition(".")
    return f"{int(whole):,}{point}{cents}"


def _matrix(payload: str) -> tuple[bytes, int]:
    """One byte a module, 0 dark and 15 light, quiet zone included, and the length of a side."""
    code = segno.make_qr(payload, error="m", encoding="utf-8", boost_error=False, mask=_MASK)
    size = len(code.matrix) + 2 * _QUIET
    empty, edge = bytes([_WHITE]) * size * _QUIET, bytes([_WHITE]) * _QUIET
    to_palette = bytes([_WHITE, 0])
    rows = b"".join([edge + bytes(row).translate(to_palette.ljust(256, b"\0")) + edge for row in code.matrix])
    return empty + rows + empty, size


@functools.lru_cache(maxsize=8)
def _font(size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    return ImageFont.load_default(size)


@functools.lru_cache(maxsize=64)
def _line(text: str, size: int, *, on_red: bool = False) -> Image.Image:
    """A text as a piece of the picture."""
    left, top, right, bottom = _font(size).getbbox(text)
    mask = Image.new("L", (int(right - left) + 2, int(bottom - top) + 2))
    ImageDraw.Draw(mask).text((1 - left, 1 - top), text, fill=255, font=_font(size))
    return _in_palette(mask.point(_ON_RED if on_red else _ON_WHITE).tobytes(), mask.size)


def _in_palette(data: bytes, size: tuple[int, int]) -> Image.Image:
    image = Image.frombytes("P", size, data)
    image.putpalette(_PALETTE)
    return image


@functools.lru_cache(maxsize=16)
def _template(side: int, merchant: str) -> Image.Image:
    """Everything that is the same on each card of this receiver."""
    size = (side, _HEAD + _TEXT + side)
    picture = _in_palette(bytes([_WHITE]) * size[0] * size[1], size)
    draw = ImageDraw.Draw(picture)
    draw.rectangle((0, 0, side, _HEAD - 1), fill=_RED_START)
    word = _line("KHQR", 34, on_red=True)
    picture.paste(word, ((side - word.width) // 2, (_HEAD - word.height) // 2))
    picture.paste(_line(merchant, 20), (_MARGIN, _HEAD + 20))
    for x in range(_MARGIN, side - _MARGIN, 11):
        draw.line((x, _HEAD + _TEXT - 8, x + 5, _HEAD + _TEXT - 8), fill=9)
    return picture
