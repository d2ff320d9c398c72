"""The door of the API: every kind of bad file gets its code, every real photo is stored upright, small and bare."""

import io
import struct
import subprocess
import sys
import zlib
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageDraw

from apps.audit.choices import AuditAction
from apps.audit.models import AuditLog
from apps.ocr.models import Scan
from apps.users.models import User
from tests.support.ocr import jpeg

pytestmark = pytest.mark.django_db


def bomb() -> bytes:
    """A PNG of a few bytes that says it holds 50 megapixels."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", 10_000, 5_000, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(b"\0" * 1000)) + chunk(b"IEND", b"")
    )


def saved(picture: Image.Image, kind: str, **options: Any) -> bytes:
    out = io.BytesIO()
    picture.save(out, kind, **options)
    return out.getvalue()


@pytest.mark.parametrize(
    ("content", "name", "kind", "status", "code"),
    [
        (b"", "photo.jpg", "image/jpeg", 400, "EMPTY_FILE"),
        (jpeg() + b"\0" * (11 * 1024 * 1024), "photo.jpg", "image/jpeg", 413, "FILE_TOO_LARGE"),
        (jpeg() + b"\0" * (10 * 1024 * 1024), "photo.jpg", "image/jpeg", 413, "FILE_TOO_LARGE"),
        (b"this is no picture", "photo.jpg", "image/jpeg", 422, "INVALID_IMAGE"),
        (b"this is no picture", "notes.txt", "text/plain", 415, "UNSUPPORTED_FORMAT"),
        (b"%PDF-1.7 ...", "photo.jpg", "application/pdf", 415, "UNSUPPORTED_FORMAT"),
        (saved(Image.new("P", (40, 40)), "GIF"), "photo.gif", "image/gif", 415, "UNSUPPORTED_FORMAT"),
        (saved(Image.new("RGB", (40, 40)), "TIFF"), "photo.jpg", "image/jpeg", 415, "UNSUPPORTED_FORMAT"),
        (bomb(), "photo.png", "image/png", 422, "INVALID_IMAGE"),
        (jpeg()[:400], "photo.jpg", "image/jpeg", 422, "INVALID_IMAGE"),
        (saved(Image.new("RGB", (300, 300), "red"), "PNG")[:120], "photo.png", "image/png", 422, "INVALID_IMAGE"),
    ],
    ids=["empty", "11 MB", "just over", "text as jpg", "text", "pdf", "gif", "tiff", "bomb", "cut jpeg", "cut png"],
)  # fmt: skip
def test_s084_bad_files_get_their_code_and_store_nothing(
    payer: User, send: Callable[..., Any], content: bytes, name: str, kind: str, status: int, code: str, media: Any
) -> None:
    answer = send(payer, content, name, kind=kind)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer.json()["message"]
    khmer = send(payer, content, name, kind=kind, language="km").json()["message"]
    assert any("\u1780" <= letter <= "\u17ff" for letter in khmer)
    assert not Scan.objects.exists()
    assert not list(media.rglob("*.*")) if media.exists() else True
    assert not AuditLog.objects.filter(action_type=AuditAction.OCR_SCAN).exists()


def test_no_file_at_all_is_an_empty_one(payer: User, api: Callable[..., Any]) -> None:
    client = api(payer)
    answer = client.client.post("/api/v1/ocr/scan", {"patientId": str(payer.id)}, headers=client.headers)
    assert answer.json()["code"] == "EMPTY_FILE"
    answer = client.client.post("/api/v1/ocr/scan", {"odd": "1"}, headers=client.headers)
    assert answer.json()["errors"][0].startswith("odd: ")


def portrait() -> Image.Image:
    """A page that is dark at its top."""
    picture = Image.new("RGB", (300, 500), "white")
    ImageDraw.Draw(picture).rectangle([0, 0, 300, 100], fill="black")
    return picture


def turned() -> bytes:
    exif = Image.Exif()
    exif[0x0112] = 6  # shown turned by a quarter
    exif[0x010F] = "a phone that must not be told"
    return saved(portrait().rotate(90, expand=True), "JPEG", exif=exif)


def deep() -> bytes:
    levels = np.linspace(0, 65535, 300 * 500, dtype=np.uint16).reshape(500, 300)
    return saved(Image.fromarray(levels), "PNG")


@pytest.mark.parametrize(
    "content",
    [
        saved(portrait().convert("CMYK"), "JPEG"),
        deep(),
        saved(portrait().convert("L"), "JPEG"),
        saved(portrait().convert("RGBA"), "PNG"),
        saved(portrait().convert("P"), "PNG"),
        saved(portrait(), "WEBP", save_all=True, append_images=[Image.new("RGB", (300, 500), "red")], duration=100),
        turned(),
        saved(Image.new("RGB", (3000, 5000), "white"), "PNG"),
    ],
    ids=["cmyk", "16 bit", "grey", "alpha", "palette", "animated webp", "exif", "large"],
)
def test_real_photos_are_stored_upright_small_and_bare(payer: User, send: Callable[..., Any], content: bytes) -> None:
    answer = send(payer, content)
    assert answer.status_code == 200, answer.content
    scan = Scan.objects.get()
    with scan.image.open("rb") as file, Image.open(file) as kept:
        kept.load()
        assert (kept.format, kept.mode) == ("JPEG", "RGB")
        assert max(kept.size) <= 2000
        assert kept.height > kept.width
        assert not kept.getexif()
        assert "phone" not in str(kept.info)
        if kept.size == (300, 500) and content != deep():
            assert kept.convert("L").getpixel((150, 30)) < 60  # type: ignore[operator]
    assert AuditLog.objects.filter(action_type=AuditAction.OCR_SCAN, resource_id=str(scan.pk)).count() == 1


def test_the_web_process_loads_no_engine() -> None:
    """Models and OpenCV cost hundreds of megabytes: they belong to the worker of the queue alone."""
    code = (
        "import sys, dastern.wsgi; from django.urls import get_resolver; list(get_resolver().url_patterns); "
        "from apps.ocr.api import views; from apps.ocr import services; "
        "print(sorted({'cv2', 'numpy', 'onnxruntime', 'paddleocr', 'paddlex', 'rapidfuzz'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip().endswith("[]")
