"""The reliability plot of docs/: of the values given with a confidence, how many were right."""

from itertools import pairwise
from pathlib import Path

TARGET = Path(__file__).resolve().parents[2] / "docs" / "recognition-calibration.svg"
EDGES = (0.0, 0.2, 0.4, 0.6, 0.7, 0.8, 0.85, 0.9, 0.95, 0.98, 1.0001)
_SIDE, _MARGIN = 360, 60


def bins(claims: list[tuple[float, bool]]) -> list[tuple[float, float, int]]:
    """(mean confidence, right share, number) of each bin that holds something."""
    found = []
    for low, high in pairwise(EDGES):
        inside = [claim for claim in claims if low <= claim[0] < high]
        if inside:
            share = sum(right for _, right in inside) / len(inside)
            found.append((sum(confidence for confidence, _ in inside) / len(inside), share, len(inside)))
    return found


def calibration_error(claims: list[tuple[float, bool]]) -> float:
    """The expected calibration error: the mean distance of confidence and right share, weighted by number."""
    return sum(abs(mean - share) * number for mean, share, number in bins(claims)) / max(len(claims), 1)


def svg(claims: list[tuple[float, bool]], title: str) -> str:
    """The plot: dots as large as their bins, the diagonal of perfect honesty, the line of .85 above which errors count
    as silent."""
    points = bins(claims)
    most = max((number for *_, number in points), default=1)
    total = _SIDE + 2 * _MARGIN

    def x(value: float) -> float:
        return round(_MARGIN + value * _SIDE, 1)

    def y(value: float) -> float:
        return round(_MARGIN + (1 - value) * _SIDE, 1)

    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {total} {total}" width="{total}" height="{total}" font-family="sans-serif" font-size="12">',
        f"<title>{title}</title>",
        f'<rect width="{total}" height="{total}" fill="#fff"/>',
        f'<text x="{total / 2}" y="24" text-anchor="middle" font-size="14">{title}</text>',
        f'<text x="{total / 2}" y="42" text-anchor="middle" fill="#555">{len(claims)} values, calibration error {calibration_error(claims):.3f}</text>',
        f'<rect x="{x(0)}" y="{y(1)}" width="{_SIDE}" height="{_SIDE}" fill="none" stroke="#999"/>',
        f'<line x1="{x(0)}" y1="{y(0)}" x2="{x(1)}" y2="{y(1)}" stroke="#999" stroke-dasharray="4 4"/>',
        f'<line x1="{x(0.85)}" y1="{y(0)}" x2="{x(0.85)}" y2="{y(1)}" stroke="#c33" stroke-dasharray="2 3"/>',
    ]
    for tick in (0, 0.2, 0.4, 0.6, 0.8, 1):
        parts.append(f'<text x="{x(tick)}" y="{y(0) + 18}" text-anchor="middle">{tick:g}</text>')
        parts.append(f'<text x="{x(0) - 8}" y="{y(tick) + 4}" text-anchor="end">{tick:g}</text>')
    parts.append(f'<text x="{total / 2}" y="{total - 14}" text-anchor="middle">confidence</text>')
    parts.append(
        f'<text x="16" y="{total / 2}" text-anchor="middle" transform="rotate(-90 16 {total / 2})">share that is right</text>'
    )
    if points:
        path = " ".join(f"{x(mean)},{y(share)}" for mean, share, _ in points)
        parts.append(f'<polyline points="{path}" fill="none" stroke="#176b87"/>')
    for mean, share, number in points:
        radius = round(3 + 7 * (number / most) ** 0.5, 1)
        parts.append(
            f'<circle cx="{x(mean)}" cy="{y(share)}" r="{radius}" fill="#176b87"><title>{number}</title></circle>'
        )
    return "\n".join([*parts, "</svg>", ""])
