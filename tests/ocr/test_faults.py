"""Real photos that go wrong, through the API and the whole pipeline: a code or a partial result, never an invention."""

import copy
import io
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageFilter

from apps.prescriptions.models import Prescription
from apps.users.models import User
from bench.ocr.cases import make_case
from bench.ocr.forms import draw
from bench.ocr.score import name_key, strength_key
from tests.support.ocr import page

pytestmark = pytest.mark.django_db


def as_jpeg(picture: Image.Image, **options: Any) -> bytes:
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=90, **options)
    return out.getvalue()


def photo() -> Image.Image:
    """An easy photo of the generator."""
    return Image.open(io.BytesIO(page()[0]))


def codes(body: dict[str, Any]) -> set[str]:
    return {warning["code"] for warning in body["extraction_summary"]["warnings"]}


def names(body: dict[str, Any]) -> set[str]:
    rows = body["data"]["medications"]
    return {name_key(row["name"]["value"] or row["name"].get("raw") or "") for row in rows} - {""}


def printed() -> set[str]:
    return {name_key(row["name"]) for row in page()[1]["medications"]}


def test_s084_a_blurred_photo_is_partly_read_and_says_so(payer: User, send: Callable[..., Any]) -> None:
    answer = send(payer, as_jpeg(photo().filter(ImageFilter.GaussianBlur(7))))
    assert answer.status_code == 200
    assert "BLURRY" in codes(answer.json())
    assert answer.json()["extraction_summary"]["needs_review"] is True


def test_s085_a_misspelt_name_is_corrected_its_raw_text_kept_its_strength_untouched(
    payer: User, send: Callable[..., Any]
) -> None:
    case = make_case("dev", 0, "heqip8", "easy")
    case.truth = copy.deepcopy(case.truth)
    case.truth["medications"] = [
        case.truth["medications"][0] | {"name": "Amoxici11in", "strength": "500mg", "no": 1, "dose_unit": None}
    ]
    answer = send(payer, as_jpeg(draw(case)))
    assert answer.status_code == 200
    [row] = answer.json()["data"]["medications"]
    assert name_key(row["name"]["value"]) == "amoxicillin"
    assert "11" in row["name"]["raw"]
    assert strength_key(row["strength"]["value"]) == "500mg"
    assert not Prescription.objects.exists()


@pytest.mark.parametrize("turn", ["exif", "upside down"])
def test_turned_photos_are_read_as_upright_ones(payer: User, send: Callable[..., Any], turn: str) -> None:
    if turn == "exif":
        exif = Image.Exif()
        exif[0x0112] = 8
        content = as_jpeg(photo().rotate(-90, expand=True), exif=exif)
    else:
        content = as_jpeg(photo().rotate(180))
    body = send(payer, content).json()
    assert names(body) <= printed()
    if turn == "upside down":
        assert "ROTATED" in codes(body)


def noise() -> Image.Image:
    """Soft coloured shapes: as little a prescription as a cat."""
    dice = np.random.default_rng(5)
    small = Image.fromarray(dice.integers(0, 255, (24, 18, 3), dtype=np.uint8))
    return small.resize((1080, 1440), Image.Resampling.BICUBIC)


@pytest.mark.parametrize("picture", [Image.new("RGB", (1000, 1400), "white"), noise()], ids=["blank", "no paper"])
def test_what_is_no_prescription_gives_no_medicine(payer: User, send: Callable[..., Any], picture: Image.Image) -> None:
    answer = send(payer, as_jpeg(picture))
    assert answer.status_code == 200
    assert answer.json()["data"]["medications"] == []
    assert answer.json()["extraction_summary"]["needs_review"] is True
    assert "NO_TABLE" in codes(answer.json())


def test_two_prescriptions_on_one_photo_hold_nothing_that_is_not_printed(payer: User, send: Callable[..., Any]) -> None:
    other, truth = page("heqip8", "easy", 6)
    left, right = photo(), Image.open(io.BytesIO(other))
    height = min(left.height, right.height)
    both = Image.new("RGB", (left.width + right.width, height))
    both.paste(left.crop((0, 0, left.width, height)), (0, 0))
    both.paste(right.crop((0, 0, right.width, height)), (left.width, 0))
    body = send(payer, as_jpeg(both)).json()
    assert body["extraction_summary"]["needs_review"] is True
    there = printed() | {name_key(row["name"]) for row in truth["medications"]}
    accepted = {name_key(row["name"]["value"]) for row in body["data"]["medications"] if row["name"]["value"]}
    assert accepted <= there


def test_handwritten_doses_stay_unread(payer: User, send: Callable[..., Any]) -> None:
    content, truth = page("handwritten", "easy", 8)
    body = send(payer, content).json()
    rows = body["data"]["medications"]
    assert all(leaf["value"] is None for row in rows for leaf in row["doses"].values())
    assert {name_key(row["name"]["value"] or "") for row in rows} & {
        name_key(row["name"]) for row in truth["medications"]
    }
    assert "HANDWRITTEN" in codes(body)
