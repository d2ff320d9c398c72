"""Uploaded images: checked by content, stripped, renamed; shown through links that are valid for an hour."""

import io
from datetime import timedelta
from pathlib import PurePosixPath
from typing import Any

from django.conf import settings
from django.core import signing
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.http import FileResponse, HttpRequest
from django.http.response import HttpResponseBase
from django.utils.translation import gettext_lazy as _
from PIL import Image, ImageFile, ImageOps, UnidentifiedImageError

from dastern.core import clock
from dastern.core.api.exceptions import failure_response
from dastern.core.errors import DomainError, Gone, Invalid, NotFound, TooLarge, UnsupportedMedia
from dastern.core.ids import uuid7

LIFE = timedelta(hours=1)
LARGEST = 5 * 1024 * 1024
MOST_PIXELS = 40_000_000  # a small file may unpack to gigabytes
_SALT = "dastern.files"
_FORMATS = {"JPEG": "jpg", "PNG": "png", "WEBP": "webp"}


class InvalidImage(DomainError):
    """422: it says it is an image and cannot be read."""

    status = 422
    code = "INVALID_IMAGE"
    message = _("This picture cannot be read. Please choose a JPEG, PNG or WebP picture.")


def image_clean(upload: Any, *, largest: int = LARGEST) -> "ContentFile[bytes]":
    """The picture of an upload, drawn anew: turned upright, without EXIF or anything else hidden, randomly named.

    Raises Invalid (nothing sent), TooLarge (413), UnsupportedMedia (415), InvalidImage (422).
    """
    if upload is None:
        raise Invalid(errors=[("image", _("Send a picture in this field."))])
    if upload.size > largest:
        raise TooLarge(extra={"limit": largest})
    ImageFile.LOAD_TRUNCATED_IMAGES = False  # the PDF library turns it on for the whole process
    try:
        picture = Image.open(upload)
        kind = picture.format or ""
        if kind not in _FORMATS:
            raise UnsupportedMedia
        if picture.width * picture.height > MOST_PIXELS:
            raise TooLarge(extra={"limitPixels": MOST_PIXELS})
        upright = ImageOps.exif_transpose(picture)
    except UnidentifiedImageError as error:
        raise UnsupportedMedia from error
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        raise InvalidImage from error
    if kind == "JPEG" and upright.mode not in {"RGB", "L"}:
        upright = upright.convert("RGB")
    clean = Image.new(upright.mode, upright.size)
    clean.paste(upright)
    buffer = io.BytesIO()
    clean.save(buffer, format=kind)
    return ContentFile(buffer.getvalue(), name=f"{uuid7()}.{_FORMATS[kind]}")


def file_link(name: str | None) -> str | None:
    """A link to a stored file that works for an hour without signing in; None for no file."""
    if not name:
        return None
    expires = int((clock.now() + LIFE).timestamp())
    return f"{settings.PUBLIC_BASE_URL}/api/v1/files/{signing.dumps([name, expires], salt=_SALT, compress=True)}"


def file_view(request: HttpRequest, token: str) -> HttpResponseBase:
    """GET files/{token}: the file behind a link. 404 for a forged link, 410 after its hour."""
    try:
        name, expires = signing.loads(token, salt=_SALT)
    except signing.BadSignature:
        return failure_response(request, NotFound())
    if clock.now().timestamp() > expires:
        return failure_response(request, Gone())
    if not default_storage.exists(name):
        return failure_response(request, NotFound())
    response = FileResponse(default_storage.open(name), filename=PurePosixPath(name).name)
    response["Cache-Control"] = "private, max-age=3600"
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return response
