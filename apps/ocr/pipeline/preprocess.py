"""The first room: an upright photo becomes a flat page, and what a camera did to it is measured."""

import math
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from apps.ocr.pipeline.engines.base import Image
from apps.ocr.pipeline.types import Notice, Quality, WarningCode

A4_LONG_INCHES = 11.69
BLURRED, DARK, GLARE, LOW_DPI, SKEWED = 100.0, 40.0, 220.0, 100, 0.5
SMALL = 500  # the paper is looked for in a picture of this size
LONG_SIDE = 1754  # of every page: A4 at 150 dots an inch, so that lengths mean the same on all of them

Corners = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Page:
    """The flat page. ``grey`` has the light of the photo evened out: paper near 255 everywhere, ink dark.

    ``colour`` is BGR; ``to_page`` takes points of the photo to the page.
    """

    colour: Image
    grey: Image
    to_page: NDArray[np.float64]
    paper_found: bool
    skew_degrees: float = 0.0


def flatten(photo: Image) -> Page:
    """The paper cut out of the photo and made rectangular; the whole photo where no paper stands out."""
    corners = find_paper(photo)
    if corners is None:
        return unflattened(photo)
    width, height = _size(corners)
    target = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
    to_page = cv2.getPerspectiveTransform(corners, target)
    colour = np.asarray(
        cv2.warpPerspective(photo, to_page, (width, height), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE),
        np.uint8,
    )
    top = corners[1] - corners[0]
    return Page(colour, even_light(colour), to_page, True, math.degrees(math.atan2(float(top[1]), float(top[0]))))


def unflattened(photo: Image) -> Page:
    """The whole photo as the page, in the usual size."""
    scale = LONG_SIDE / max(photo.shape[:2])
    size = (max(8, round(photo.shape[1] * scale)), max(8, round(photo.shape[0] * scale)))
    how = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    colour = np.asarray(cv2.resize(photo, size, interpolation=how), np.uint8)
    return Page(colour, even_light(colour), np.diag(np.array([scale, scale, 1.0], np.float64)), paper_found=False)


def flatten_around(page: Page, points: Corners) -> Page | None:
    """A second try, for paper that does not stand out by its brightness alone: ``points`` are the corners of its lines.

    What looks like the area of the text belongs to the sheet, what looks like the rim of the photo does not. Where that
    gives no sheet either, the page is cut down to its text. None when there is nothing to gain.
    """
    corners = _sheet_around(page.colour, points)
    if corners is not None:
        width, height = _size(corners)
        target = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
        change = np.asarray(cv2.getPerspectiveTransform(corners, target), np.float64)
        flat = reshape(page, change, (width, height))
        return Page(flat.colour, flat.grey, flat.to_page, True, page.skew_degrees)
    height, width = page.colour.shape[:2]
    left, top = points.min(axis=0) - 0.05 * width
    right, bottom = points.max(axis=0) + 0.05 * width
    if (right - left) * (bottom - top) > 0.6 * width * height:
        return None
    scale = LONG_SIDE / max(right - left, bottom - top)
    change = np.array([[scale, 0, -left * scale], [0, scale, -top * scale], [0, 0, 1]], np.float64)
    return reshape(page, change, (round((right - left) * scale), round((bottom - top) * scale)))


def _sheet_around(picture: Image, points: Corners) -> Corners | None:
    scale = SMALL / 2 / max(picture.shape[:2])
    small = cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    mask = np.full(small.shape[:2], cv2.GC_PR_BGD, np.uint8)
    hull = cv2.convexHull((points * scale).astype(np.int32))
    cv2.fillConvexPoly(mask, hull, cv2.GC_PR_FGD)
    inner = cv2.erode((mask == cv2.GC_PR_FGD).astype(np.uint8), np.ones((9, 9), np.uint8))
    mask[inner > 0] = cv2.GC_FGD
    rim = 3
    for edge in (mask[:rim], mask[-rim:], mask[:, :rim], mask[:, -rim:]):
        edge[edge != cv2.GC_FGD] = cv2.GC_BGD
    try:
        cv2.grabCut(small, mask, None, np.zeros((1, 65)), np.zeros((1, 65)), 4, cv2.GC_INIT_WITH_MASK)
    except cv2.error:
        return None
    sheet = np.isin(mask, (cv2.GC_FGD, cv2.GC_PR_FGD)).astype(np.uint8) * 255
    sheet = cv2.morphologyEx(sheet, cv2.MORPH_CLOSE, np.ones((9, 9), np.uint8))
    sheet = cv2.morphologyEx(sheet, cv2.MORPH_OPEN, np.ones((9, 9), np.uint8))
    contours, _ = cv2.findContours(sheet, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    if not contours:
        return None
    cv2.drawContours(sheet, [max(contours, key=cv2.contourArea)], -1, 255, cv2.FILLED)
    found = _sheet(np.asarray(sheet, np.uint8))
    return None if found is None else (found[1] / scale).astype(np.float32)


def turn(page: Page, degrees: float) -> Page:
    """The page turned about its middle (counter-clockwise), nothing cut off."""
    height, width = page.colour.shape[:2]
    turning = np.vstack([cv2.getRotationMatrix2D((width / 2, height / 2), degrees, 1.0), [0, 0, 1]])
    cos, sin = abs(turning[0, 0]), abs(turning[0, 1])
    size = (round(height * sin + width * cos), round(height * cos + width * sin))
    turning[0, 2] += (size[0] - width) / 2
    turning[1, 2] += (size[1] - height) / 2
    colour = np.asarray(
        cv2.warpPerspective(page.colour, turning, size, flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE),
        np.uint8,
    )
    return Page(colour, even_light(colour), turning @ page.to_page, page.paper_found, page.skew_degrees - degrees)


def reshape(page: Page, change: NDArray[np.float64], size: tuple[int, int]) -> Page:
    """The page under a further homography, in a picture of ``size`` (width, height)."""
    colour = np.asarray(
        cv2.warpPerspective(page.colour, change, size, flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE),
        np.uint8,
    )
    return Page(colour, even_light(colour), change @ page.to_page, page.paper_found, page.skew_degrees)


def even_light(picture: Image) -> Image:
    """Grey with shadows and tinted paper taken out: every pixel against the brightest of its surroundings."""
    grey = cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY) if picture.ndim == 3 else picture
    small = cv2.resize(grey, None, fx=0.25, fy=0.25, interpolation=cv2.INTER_AREA)
    paper = cv2.dilate(small, np.ones((9, 9), np.uint8))
    paper = cv2.GaussianBlur(cv2.medianBlur(paper, 15), (0, 0), 5)
    paper = cv2.resize(paper, (grey.shape[1], grey.shape[0]), interpolation=cv2.INTER_LINEAR)
    return np.asarray(cv2.divide(grey, np.maximum(paper, 1), scale=255), np.uint8)


def find_paper(photo: Image) -> Corners | None:
    """The corners of the sheet (top left, top right, bottom right, bottom left), or None where none stands out."""
    scale = SMALL / max(photo.shape[:2])
    small = cv2.resize(photo, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    lab = cv2.cvtColor(small, cv2.COLOR_BGR2LAB)
    light = cv2.morphologyEx(cv2.GaussianBlur(lab[:, :, 0], (5, 5), 0), cv2.MORPH_CLOSE, np.ones((9, 9), np.uint8))
    otsu, _ = cv2.threshold(light, 0, 255, cv2.THRESH_BINARY + cv2.THRESH_OTSU)
    best: tuple[float, Corners] | None = None
    for level in (otsu, otsu * 0.9, otsu * 1.1, otsu * 0.8):
        mask = (light > level).astype(np.uint8) * 255
        mask = cv2.morphologyEx(mask, cv2.MORPH_OPEN, np.ones((5, 5), np.uint8))
        found = _sheet(mask)
        if found is not None and (best is None or found[0] > best[0]):
            best = found
    return None if best is None else (best[1] / scale).astype(np.float32)


def _sheet(mask: Image) -> tuple[float, Corners] | None:
    """How well the largest bright part is a four-sided sheet, and its corners."""
    contours, _ = cv2.findContours(mask, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    if not contours:
        return None
    contour = max(contours, key=cv2.contourArea)
    whole = float(mask.shape[0] * mask.shape[1])
    area = cv2.contourArea(contour)
    if not 0.2 * whole < area < 0.985 * whole:
        return None
    hull = cv2.convexHull(contour)
    length = cv2.arcLength(hull, True)
    corners = None
    for share in (0.02, 0.03, 0.04, 0.06, 0.08):
        rough = cv2.approxPolyDP(hull, share * length, True)
        if len(rough) == 4:
            corners = _ordered(rough.reshape(4, 2).astype(np.float32))
            break
    if corners is None:
        return None
    corners = _fitted(corners, contour.reshape(-1, 2).astype(np.float32))
    quad = cv2.contourArea(corners)
    fill = area / max(quad, 1.0)
    if not 0.93 < fill < 1.05 or not _plausible(corners):
        return None
    return min(fill, 1 / fill), corners


def _fitted(corners: Corners, contour: NDArray[np.float32]) -> Corners:
    """Each side fitted to the edge along its middle part, so that a torn or hidden corner does not matter."""
    lines = []
    for i in range(4):
        a, b = corners[i], corners[(i + 1) % 4]
        along = (b - a) / max(float(np.linalg.norm(b - a)), 1.0)
        offset = contour - a
        position = offset @ along
        distance = np.abs(offset[:, 0] * along[1] - offset[:, 1] * along[0])
        span = float(np.linalg.norm(b - a))
        near = contour[(distance < 8) & (position > 0.06 * span) & (position < 0.94 * span)]
        if len(near) < 20:
            lines.append((a, along))
            continue
        vx, vy, x, y = cv2.fitLine(near, cv2.DIST_HUBER, 0, 0.01, 0.01).ravel()
        lines.append((np.array([x, y], np.float32), np.array([vx, vy], np.float32)))
    fitted = []
    for i in range(4):
        (p, u), (q, v) = lines[i - 1], lines[i]
        cross = float(u[0] * v[1] - u[1] * v[0])
        if abs(cross) < 0.2:
            return corners
        t = float((q[0] - p[0]) * v[1] - (q[1] - p[1]) * v[0]) / cross
        fitted.append(p + t * u)
    return np.array(fitted, np.float32)


def _ordered(points: Corners) -> Corners:
    """Top left first, clockwise."""
    middle = points.mean(axis=0)
    angles = np.arctan2(points[:, 1] - middle[1], points[:, 0] - middle[0])
    around = points[np.argsort(angles)]
    start = int(np.argmin(around.sum(axis=1)))
    return np.asarray(np.roll(around, -start, axis=0), np.float32)


def _plausible(corners: Corners) -> bool:
    sides = [float(np.linalg.norm(corners[(i + 1) % 4] - corners[i])) for i in range(4)]
    if min(sides) < 0.3 * max(sides):
        return False
    for i in range(4):
        a, b = corners[i - 1] - corners[i], corners[(i + 1) % 4] - corners[i]
        cosine = float(a @ b) / (float(np.linalg.norm(a)) * float(np.linalg.norm(b)) + 1e-6)
        if abs(cosine) > 0.5:
            return False
    return True


def _size(corners: Corners) -> tuple[int, int]:
    top, right, bottom, left = (float(np.linalg.norm(corners[(i + 1) % 4] - corners[i])) for i in range(4))
    width, height = max(top, bottom), max(left, right)
    scale = LONG_SIDE / max(width, height)
    return max(8, round(width * scale)), max(8, round(height * scale))


def _paper_side(page: Page) -> float:
    """How many pixels of the photo the long side of the page spans."""
    height, width = page.colour.shape[:2]
    corners = np.array([[[0, 0], [width, 0], [width, height], [0, height]]], np.float64)
    taken = cv2.perspectiveTransform(corners, np.linalg.inv(page.to_page))[0]
    return max(float(np.linalg.norm(taken[(i + 1) % 4] - taken[i])) for i in range(4))


def measure(photo: Image, page: Page, rotated: int = 0) -> tuple[Quality, list[Notice]]:
    """What a person should know about the photo: its size, sharpness, light and tilt, with the warnings they give."""
    grey = np.asarray(cv2.cvtColor(page.colour, cv2.COLOR_BGR2GRAY), np.uint8)
    sharpness = float(cv2.Laplacian(grey, cv2.CV_64F).var())
    brightness = float(grey.mean())
    dpi = round(_paper_side(page) / A4_LONG_INCHES)
    height, width = photo.shape[:2]
    quality = Quality(width, height, dpi, sharpness, brightness, page.skew_degrees, rotated)
    told = (
        (sharpness < BLURRED, WarningCode.BLURRY),
        (brightness < DARK, WarningCode.DARK),
        (brightness > GLARE and float((grey > 250).mean()) > 0.6, WarningCode.GLARE),
        (dpi < LOW_DPI, WarningCode.LOW_DPI),
        (abs(page.skew_degrees) > SKEWED, WarningCode.SKEWED),
        (rotated != 0, WarningCode.ROTATED),
    )
    return quality, [Notice(code) for holds, code in told if holds]
