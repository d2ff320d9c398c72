"""The door: bytes become an upright picture of bounded size, or are refused with the code of the API."""

import io
import warnings

import cv2
import numpy as np
from PIL import Image as Pictures
from PIL import ImageFile, ImageOps, UnidentifiedImageError

from apps.ocr.pipeline.engines.base import Image
from apps.ocr.pipeline.types import ImageRefused, Refusal

MAX_BYTES = 10 * 1024 * 1024
MAX_PIXELS = 40_000_000
LONG_SIDE = 2000
FORMATS = ("JPEG", "PNG", "WEBP")


def open_image(content: bytes) -> Image:
    """The first picture of a JPEG, PNG or WebP file: BGR, turned as EXIF says, its long side at most 2000 pixels.

    Raises ImageRefused: EMPTY_FILE, FILE_TOO_LARGE (over 10 MB), UNSUPPORTED_FORMAT, INVALID_IMAGE (damaged, or over 40
    megapixels, which is judged by the header before anything is unpacked).
    """
    if not content:
        raise ImageRefused(Refusal.EMPTY_FILE)
    if len(content) > MAX_BYTES:
        raise ImageRefused(Refusal.FILE_TOO_LARGE, f"{len(content)} bytes")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Pictures.DecompressionBombWarning)
            picture = Pictures.open(io.BytesIO(content), formats=FORMATS)
    except (UnidentifiedImageError, Pictures.DecompressionBombError) as error:
        bomb = isinstance(error, Pictures.DecompressionBombError)
        raise ImageRefused(Refusal.INVALID_IMAGE if bomb else Refusal.UNSUPPORTED_FORMAT, str(error)) from error
    except Exception as error:
        raise ImageRefused(Refusal.INVALID_IMAGE, str(error)) from error
    width, height = picture.size
    if width * height > MAX_PIXELS:
        raise ImageRefused(Refusal.INVALID_IMAGE, f"{width} x {height} pixels")
    ImageFile.LOAD_TRUNCATED_IMAGES = False  # the PDF library turns it on for the whole process
    try:
        # a JPEG is unpacked at a fraction of its size where that is enough
        picture.draft("RGB", (LONG_SIDE, LONG_SIDE))
        upright = ImageOps.exif_transpose(picture)
        pixels = np.asarray(_eight_bits(upright))
    except Exception as error:
        raise ImageRefused(Refusal.INVALID_IMAGE, str(error)) from error
    finally:
        picture.close()
    return _bounded(np.asarray(cv2.cvtColor(pixels, cv2.COLOR_RGB2BGR), np.uint8))


def _eight_bits(picture: Pictures.Image) -> Pictures.Image:
    """RGB on white; 16-bit grey is scaled, not cut off."""
    if picture.mode.startswith("I"):
        deep = np.asarray(picture).astype(np.float32)
        return Pictures.fromarray((deep / 257).clip(0, 255).astype(np.uint8)).convert("RGB")
    if picture.mode in ("RGBA", "LA", "PA") or "transparency" in picture.info:
        clear = picture.convert("RGBA")
        paper = Pictures.new("RGBA", clear.size, "white")
        return Pictures.alpha_composite(paper, clear).convert("RGB")
    return picture.convert("RGB")


def _bounded(pixels: Image) -> Image:
    long = max(pixels.shape[:2])
    if long <= LONG_SIDE:
        return pixels
    scale = LONG_SIDE / long
    size = (max(1, round(pixels.shape[1] * scale)), max(1, round(pixels.shape[0] * scale)))
    return np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA), np.uint8)
