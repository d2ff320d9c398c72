"""The photo as it is kept: opened by its content, turned upright, without EXIF, at most 2000 pixels, JPEG.

Runs in the web process, so it needs Pillow alone; what it refuses never reaches the queue.
"""

import io
from pathlib import PurePosixPath
from typing import Any, Final

from django.core.files.base import ContentFile
from PIL import Image, ImageFile, ImageOps, UnidentifiedImageError

from apps.ocr.errors import EmptyFile, FileTooLarge, InvalidPhoto, UnsupportedFormat
from dastern.core.ids import uuid7

LARGEST: Final = 10 * 1024 * 1024
MOST_PIXELS: Final = 40_000_000
LONG_SIDE: Final = 2000
_QUALITY: Final = 92
_FORMATS: Final = ("JPEG", "PNG", "WEBP")
_NAMES: Final = frozenset({".jpg", ".jpeg", ".png", ".webp"})
_TYPES: Final = frozenset({"image/jpeg", "image/png", "image/webp"})
# Pictures of other kinds, by how they begin: a clear "not this format" instead of "damaged".
_OTHER_KINDS: Final = (b"GIF8", b"BM", b"II*\x00", b"MM\x00*", b"%PDF", b"\x00\x00\x01\x00")


def photo_clean(upload: Any) -> "ContentFile[bytes]":
    """The photo of an upload, ready to be stored.

    Raises EmptyFile (400), FileTooLarge (413), UnsupportedFormat (415: another kind of file) and InvalidPhoto (422:
    called a picture and none, damaged, or of more than 40 megapixels by its header).
    """
    if upload is None or not upload.size:
        raise EmptyFile
    if upload.size > LARGEST:
        raise FileTooLarge(extra={"limit": LARGEST})
    try:
        picture = Image.open(upload, formats=_FORMATS)
    except UnidentifiedImageError as error:
        raise (InvalidPhoto if _claims_to_be_a_photo(upload) else UnsupportedFormat) from error
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        raise InvalidPhoto from error
    if picture.width * picture.height > MOST_PIXELS:
        raise InvalidPhoto(extra={"limitPixels": MOST_PIXELS})
    ImageFile.LOAD_TRUNCATED_IMAGES = False  # the PDF library turns it on for the whole process
    try:
        picture.draft("RGB", (LONG_SIDE, LONG_SIDE))  # a JPEG is unpacked at a fraction of its size
        flat = _eight_bits(ImageOps.exif_transpose(picture))
        flat.thumbnail((LONG_SIDE, LONG_SIDE), Image.Resampling.LANCZOS)
        out = io.BytesIO()
        flat.save(out, "JPEG", quality=_QUALITY)
    except (OSError, SyntaxError, ValueError, MemoryError, Image.DecompressionBombError) as error:
        raise InvalidPhoto from error
    return ContentFile(out.getvalue(), name=f"{uuid7()}.jpg")


def _claims_to_be_a_photo(upload: Any) -> bool:
    upload.seek(0)
    if bytes(upload.read(4)).startswith(_OTHER_KINDS):
        return False
    named = PurePosixPath(upload.name or "").suffix.lower() in _NAMES
    return named or upload.content_type in _TYPES


def _eight_bits(picture: Image.Image) -> Image.Image:
    """RGB on white paper; 16-bit grey is scaled, not cut off."""
    if picture.mode.startswith("I"):
        return picture.convert("I").point(lambda level: level * (1 / 257)).convert("L").convert("RGB")
    if picture.mode in {"RGBA", "LA", "PA"} or "transparency" in picture.info:
        clear = picture.convert("RGBA")
        return Image.alpha_composite(Image.new("RGBA", clear.size, "white"), clear).convert("RGB")
    return picture.convert("RGB")


def crop(page: bytes, box: tuple[int, int, int, int], *, margin: int = 8) -> bytes:
    """The part of the page in ``box`` (x, y, width, height) with a little around it, as JPEG."""
    x, y, width, height = box
    with Image.open(io.BytesIO(page), formats=("JPEG",)) as picture:
        part = picture.crop((
            max(0, x - margin), max(0, y - margin),
            min(picture.width, x + width + margin), min(picture.height, y + height + margin),
        ))  # fmt: skip
        out = io.BytesIO()
        part.convert("RGB").save(out, "JPEG", quality=85)
    return out.getvalue()
