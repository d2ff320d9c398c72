"""Recognition on what is no good photo: refused with its code, or read as far as it goes; no inventions."""

import io
import struct
import zlib
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image, ImageDraw

from apps.ocr.pipeline import formatter, orchestrator
from apps.ocr.pipeline.engines import Engines, load_engines
from apps.ocr.pipeline.engines.base import EngineUnavailable
from apps.ocr.pipeline.engines.khmer import KhmerRecogniser
from apps.ocr.pipeline.engines.tesseract import TesseractRecogniser
from apps.ocr.pipeline.intake import LONG_SIDE, open_image
from apps.ocr.pipeline.orchestrator import scan
from apps.ocr.pipeline.types import EnginesUnavailable, ImageRefused, Refusal, ScanResult, Stage, WarningCode

GOLDEN = Path(__file__).resolve().parents[1] / "golden" / "ocr"
SAMPLE = GOLDEN / "10_list_km_easy.jpg"  # the quickest of them


def saved(picture: Image.Image, kind: str = "JPEG", **options: object) -> bytes:
    out = io.BytesIO()
    picture.save(out, kind, **options)
    return out.getvalue()


def sample() -> Image.Image:
    return Image.open(SAMPLE).convert("RGB")


def codes(result: ScanResult) -> set[WarningCode]:
    return {notice.code for notice in result.warnings}


def bomb(width: int, height: int) -> bytes:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(b"\0")) + chunk(b"IEND", b"")


@pytest.mark.parametrize(
    ("content", "refusal"),
    [
        (b"", Refusal.EMPTY_FILE),
        (b"\xff\xd8" + b"\0" * (11 * 1024 * 1024), Refusal.FILE_TOO_LARGE),
        (b"take one tablet in the morning", Refusal.UNSUPPORTED_FORMAT),
        (saved(Image.new("P", (40, 40)), "GIF"), Refusal.UNSUPPORTED_FORMAT),
        (bomb(9000, 5000), Refusal.INVALID_IMAGE),
        (bomb(60_000, 60_000), Refusal.INVALID_IMAGE),
        (SAMPLE.read_bytes()[:20_000], Refusal.INVALID_IMAGE),
    ],
    ids=["empty", "11 MB", "text called jpg", "gif", "45 megapixels", "3600 megapixels", "truncated"],
)
def test_s084_what_is_no_photo_is_refused(content: bytes, refusal: Refusal) -> None:
    with pytest.raises(ImageRefused) as refused:
        open_image(content)
    assert refused.value.refusal is refusal


def test_a_large_photo_is_reduced_before_anything_looks_at_it() -> None:
    large = sample().resize((3000, 4200))
    assert max(open_image(saved(large)).shape) == LONG_SIDE


@pytest.mark.parametrize("kind", ["cmyk", "16 bit", "grey", "alpha", "webp"])
def test_every_kind_of_picture_becomes_the_same_page(kind: str) -> None:
    picture = sample().resize((600, 850))
    whole = np.asarray(picture.convert("L"), np.float32)
    made = {
        "cmyk": lambda: saved(picture.convert("CMYK")),
        "16 bit": lambda: saved(Image.fromarray(whole.astype(np.uint16) * 257), "PNG"),
        "grey": lambda: saved(picture.convert("L"), "PNG"),
        "alpha": lambda: saved(picture.convert("RGBA"), "PNG"),
        "webp": lambda: saved(picture, "WEBP", save_all=True, append_images=[Image.new("RGB", picture.size)]),
    }[kind]()
    opened = cv2.cvtColor(open_image(made), cv2.COLOR_BGR2GRAY).astype(np.float32)
    assert opened.shape == whole.shape
    assert float(np.abs(opened - whole).mean()) < 12


def test_exif_orientation_is_honoured() -> None:
    turned = sample().rotate(90, expand=True)
    exif = Image.Exif()
    exif[0x0112] = 6
    opened = open_image(saved(turned, exif=exif))
    assert opened.shape[0] > opened.shape[1]


def test_a_page_on_its_head_is_turned_and_read() -> None:
    result = scan(saved(sample().rotate(180)))
    assert WarningCode.ROTATED in codes(result)
    assert [row.name.value for row in result.medications] == ["Cefixime"]


def test_a_page_on_its_side_is_turned_and_read() -> None:
    result = scan(saved(sample().rotate(90, expand=True)))
    assert WarningCode.ROTATED in codes(result)
    assert [row.name.value for row in result.medications] == ["Cefixime"]


def cat() -> Image.Image:
    picture = Image.new("RGB", (900, 700), (200, 190, 170))
    pen = ImageDraw.Draw(picture)
    pen.ellipse((250, 200, 650, 600), fill=(90, 70, 60))
    pen.polygon([(280, 260), (330, 120), (420, 230)], fill=(90, 70, 60))
    pen.polygon([(480, 230), (570, 120), (620, 260)], fill=(90, 70, 60))
    for x in (370, 520):
        pen.ellipse((x - 30, 330, x + 30, 390), fill=(230, 220, 90))
    for y in (450, 470, 490):
        pen.line((300, y, 150, y - 20), fill="white", width=3)
    return picture


def post() -> Image.Image:
    """A screenshot of a social network that talks of medicines without prescribing any."""
    picture = Image.new("RGB", (1080, 1500), "white")
    pen = ImageDraw.Draw(picture)
    pen.rectangle((0, 0, 1080, 110), fill=(24, 119, 242))
    words = (
        "facebook", "Sokha Chan  2 h", "Does anybody know a good pharmacy", "near the market? They were out of",
        "everything today.",
        "34 likes   12 comments   3 shares", "Like   Comment   Share",
    )  # fmt: skip
    for place, line in enumerate(words):
        pen.text((60, 30 + 180 * place), line, fill="black" if place else "white", font_size=46)
    return picture


@pytest.mark.parametrize(
    "picture", [Image.new("RGB", (1000, 1400), "white"), cat(), post()], ids=["a blank page", "a cat", "a screenshot"]
)
def test_no_medicine_is_seen_where_none_is_printed(picture: Image.Image) -> None:
    result = scan(saved(picture))
    assert result.medications == ()
    assert WarningCode.NO_TABLE in codes(result)
    assert formatter.summary(result)["needs_review"]


def test_two_prescriptions_on_one_photo_are_noticed() -> None:
    left, right = sample(), Image.open(GOLDEN / "12_list_km_hard.jpg").convert("RGB")
    right = right.resize((round(right.width * left.height / right.height), left.height))
    both = Image.new("RGB", (left.width + right.width, left.height))
    both.paste(left, (0, 0))
    both.paste(right, (left.width, 0))
    result = scan(saved(both))
    assert {row.name.value for row in result.medications} <= {"Cefixime", "Cefalexin", "Prednisolone"}
    assert WarningCode.MULTIPLE_FORMS in codes(result) or len(result.medications) <= 1


def test_s084_a_blurred_photo_is_read_with_a_warning_and_needs_review() -> None:
    blurred = cv2.GaussianBlur(np.asarray(sample()), (0, 0), 4)
    result = scan(saved(Image.fromarray(blurred)))
    assert WarningCode.BLURRY in codes(result)
    assert formatter.summary(result)["needs_review"]


def test_a_dark_photo_is_read_with_a_warning() -> None:
    dark = (np.asarray(sample()).astype(np.float32) * 0.14).astype(np.uint8)
    assert WarningCode.DARK in codes(scan(saved(Image.fromarray(dark), "PNG")))


def test_s086_without_tesseract_the_page_is_still_read_and_the_warning_given(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    with pytest.raises(EngineUnavailable):
        TesseractRecogniser()
    ready = load_engines()
    engines = Engines(ready.detector, ready.latin, ready.khmer, None, {"tesseract": "tesseract: not installed"})
    result = scan(SAMPLE.read_bytes(), engines=engines)
    assert [row.name.value for row in result.medications] == ["Cefixime"]
    assert WarningCode.ENGINE_UNAVAILABLE in codes(result)


def test_without_its_model_the_khmer_engine_is_absent(tmp_path: Path) -> None:
    with pytest.raises(EngineUnavailable):
        KhmerRecogniser(tmp_path)


def test_without_any_engine_manual_entry_is_all_there_is() -> None:
    with pytest.raises(EnginesUnavailable):
        scan(SAMPLE.read_bytes(), engines=Engines(missing={"paddle": "no model"}))


def test_a_stage_that_fails_costs_its_own_part_only(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("broken")

    monkeypatch.setattr(orchestrator, "_fields", broken)
    result = scan(SAMPLE.read_bytes())
    assert [row.name.value for row in result.medications] == ["Cefixime"]
    assert "STAGE_FAILED:postprocess" in [str(notice) for notice in result.warnings]


def test_progress_names_every_stage_in_order() -> None:
    told: list[tuple[Stage, float]] = []
    scan(SAMPLE.read_bytes(), progress=lambda stage, share: told.append((stage, share)))
    assert [stage for stage, _ in told] == list(Stage)
    assert [share for _, share in told] == sorted(share for _, share in told)


def test_a_stage_that_takes_too_long_is_broken_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(orchestrator, "LIMIT", -1.0)
    result = scan(SAMPLE.read_bytes())
    assert result.medications == ()
    assert "STAGE_FAILED:recognition" in [str(notice) for notice in result.warnings]
