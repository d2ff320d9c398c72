"""From the clean page to a photo: paper, light, lens, hand and file."""

import io
import random
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

Picture = NDArray[np.uint8]
Floats = NDArray[np.float32]

NAMES = (
    "perspective",
    "rotate",
    "blur",
    "motion",
    "shadow",
    "low_light",
    "glare",
    "noise",
    "jpeg",
    "crumple",
    "fold",
    "low_res",
)
_COUNT = {"easy": (0, 1), "medium": (2, 3), "hard": (4, 5)}
_STRENGTH = {"easy": 0.35, "medium": 0.65, "hard": 1.0}


def degrade(clean: Image.Image, *, level: str, seed: int) -> tuple[bytes, list[str]]:
    """The JPEG of a photo of ``clean``, and what happened to it."""
    rng = random.Random(seed * 31 + 7)
    dice = np.random.default_rng(seed)
    chosen = rng.sample(NAMES, rng.randint(*_COUNT[level]))
    force = _STRENGTH[level]
    page = _paper(np.asarray(clean, dtype=np.float32), rng, dice)
    if "crumple" in chosen:
        page = _crumple(page, dice, force)
    if "fold" in chosen:
        page = _fold(page, rng, force)
    photo = _lay(
        page,
        rng,
        dice,
        tilt=4 + 8 * force if "rotate" in chosen else 2 * force,
        skew=force if "perspective" in chosen else 0.25 * force,
    )
    for name in ("shadow", "low_light", "glare"):
        if name in chosen:
            photo = _LIGHT[name](photo, rng, force)
    side = rng.randint(1000, 1250) if "low_res" in chosen else rng.randint(1500, 2000)
    scale = side / max(photo.shape[:2])
    photo = cv2.resize(photo, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA).astype(np.float32)
    if "blur" in chosen:
        photo = cv2.GaussianBlur(photo, (0, 0), side / 1600 * (0.6 + 0.9 * force)).astype(np.float32)
    if "motion" in chosen:
        photo = _motion(photo, rng, side / 1600 * (2 + 3 * force))
    photo = photo + dice.normal(0, 2 + (9 * force if "noise" in chosen else 0), photo.shape).astype(np.float32)
    quality = rng.randint(28, 45) if "jpeg" in chosen else rng.randint(80, 92)
    out = io.BytesIO()
    Image.fromarray(np.clip(photo, 0, 255).astype(np.uint8)).save(out, "JPEG", quality=quality)
    return out.getvalue(), sorted(chosen)


def _paper(page: Floats, rng: random.Random, dice: np.random.Generator) -> Floats:
    tint = np.array(
        rng.choice([(255, 255, 252), (250, 246, 232), (238, 247, 240), (250, 236, 234), (236, 240, 250)]),
        dtype=np.float32,
    )
    grain = cv2.resize(dice.normal(0, 2.5, (220, 160)).astype(np.float32), (page.shape[1], page.shape[0]))[..., None]
    return page / 255 * (tint + grain)


def _crumple(page: Floats, dice: np.random.Generator, force: float) -> Floats:
    height, width = page.shape[:2]
    bumps = cv2.resize(dice.normal(0, 1, (9, 7)).astype(np.float32), (width, height), interpolation=cv2.INTER_CUBIC)
    across, down = np.gradient(bumps)[1], np.gradient(bumps)[0]
    x, y = np.meshgrid(np.arange(width, dtype=np.float32), np.arange(height, dtype=np.float32))
    moved = cv2.remap(
        page, x + across * 350 * force, y + down * 350 * force, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
    )
    shade = 1 - np.clip((across + down) * 18 * force, -0.18, 0.18)
    return (moved * shade[..., None]).astype(np.float32)


def _fold(page: Floats, rng: random.Random, force: float) -> Floats:
    out = page.copy()
    height, width = page.shape[:2]
    for _ in range(rng.randint(1, 2)):
        at = rng.uniform(0.2, 0.8)
        if rng.random() < 0.5:
            distance = np.abs(np.arange(height) - at * height)[:, None, None]
        else:
            distance = np.abs(np.arange(width) - at * width)[None, :, None]
        out = out * (1 - 0.3 * force * np.exp(-((distance / 6) ** 2))).astype(np.float32)
    return out.astype(np.float32)


def _table_top(height: int, width: int, rng: random.Random, dice: np.random.Generator) -> Floats:
    base = np.array(
        rng.choice([(60, 65, 75), (140, 135, 140), (120, 85, 55), (200, 195, 190), (90, 105, 95)]), dtype=np.float32
    )
    grain = cv2.resize(
        dice.normal(0, 12, (height // 8, 3)).astype(np.float32), (width, height), interpolation=cv2.INTER_LINEAR
    )
    return (base + grain[..., None]).astype(np.float32)


def _lay(page: Floats, rng: random.Random, dice: np.random.Generator, *, tilt: float, skew: float) -> Floats:
    """The page on a table, seen from above and a little aside."""
    height, width = page.shape[:2]
    margin = rng.uniform(0.03, 0.09)
    out_width, out_height = int(width * (1 + 2 * margin)), int(height * (1 + 2 * margin))
    corners = np.array([(0, 0), (width, 0), (width, height), (0, height)], dtype=np.float32)
    angle = np.deg2rad(rng.uniform(-tilt, tilt))
    turn = np.array([(np.cos(angle), -np.sin(angle)), (np.sin(angle), np.cos(angle))])
    middle = np.array([width / 2, height / 2])
    shrink = 1 / (1 + 0.6 * abs(np.sin(angle)))
    target = (corners - middle) @ turn.T * shrink + np.array([out_width / 2, out_height / 2])
    target += np.array([(rng.uniform(-1, 1), rng.uniform(-1, 1)) for _ in range(4)]) * skew * 0.045 * width
    matrix = cv2.getPerspectiveTransform(corners, target.astype(np.float32))
    top = _table_top(out_height, out_width, rng, dice)
    mask = cv2.warpPerspective(np.ones((height, width), np.float32), matrix, (out_width, out_height))[..., None]
    laid = cv2.warpPerspective(page, matrix, (out_width, out_height), flags=cv2.INTER_AREA)
    return (top * (1 - mask) + laid * mask).astype(np.float32)


def _shadow(photo: Floats, rng: random.Random, force: float) -> Floats:
    height, width = photo.shape[:2]
    mask = np.zeros((height, width), np.float32)
    centre = (int(rng.uniform(0.1, 0.9) * width), int(rng.uniform(0.2, 0.95) * height))
    cv2.ellipse(
        mask,
        centre,
        (int(width * rng.uniform(0.25, 0.45)), int(height * rng.uniform(0.2, 0.35))),
        rng.uniform(0, 90),
        0,
        360,
        1.0,
        -1,
    )
    soft = cv2.GaussianBlur(mask, (0, 0), rng.uniform(15, 60))
    return (photo * (1 - (0.25 + 0.25 * force) * soft[..., None])).astype(np.float32)


def _low_light(photo: Floats, rng: random.Random, force: float) -> Floats:
    warm = np.array([1.0, 0.96, 0.88], dtype=np.float32)
    return (photo * (0.72 - 0.38 * force * rng.uniform(0.7, 1)) * warm).astype(np.float32)


def _glare(photo: Floats, rng: random.Random, force: float) -> Floats:
    height, width = photo.shape[:2]
    x, y = np.meshgrid(np.arange(width), np.arange(height))
    spot = np.exp(
        -(
            ((x - rng.uniform(0.1, 0.9) * width) / (0.22 * width)) ** 2
            + ((y - rng.uniform(0.05, 0.35) * height) / (0.12 * height)) ** 2
        )
    )
    return (photo + 120 * force * spot[..., None]).astype(np.float32)


def _motion(photo: Floats, rng: random.Random, length: float) -> Floats:
    size = max(3, int(length) | 1)
    kernel = np.zeros((size, size), np.float32)
    kernel[size // 2] = 1
    turn = cv2.getRotationMatrix2D((size / 2 - 0.5, size / 2 - 0.5), rng.uniform(0, 180), 1)
    kernel = cv2.warpAffine(kernel, turn, (size, size)).astype(np.float32)
    return cv2.filter2D(photo, -1, kernel / max(kernel.sum(), 1e-6)).astype(np.float32)


_LIGHT: dict[str, Any] = {"shadow": _shadow, "low_light": _low_light, "glare": _glare}
