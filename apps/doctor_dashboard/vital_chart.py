"""The line of a vital sign as SVG: classes and attributes only; numbers inside are never localised."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from apps.health_monitoring.rules.severity import Range
from apps.health_monitoring.selectors.vitals import TrendPoint

WIDTH, HEIGHT, LEFT, TOP = 640, 220, 44, 12


def trend_svg(points: Sequence[TrendPoint], usual: Sequence[Range], label: str) -> SafeString:
    """Averages as a line (two for blood pressure) over the band of what is usual; empty for no reading.

    The same figures stand in a table beneath, so the picture carries nothing of its own.
    """
    if not points:
        return SafeString("")
    lines = [[point.average for point in points]]
    if points[0].average_secondary is not None:
        lines.append([point.average_secondary or Decimal() for point in points])
    numbers = [*(value for line in lines for value in line), *(point.low for point in points)]
    numbers += [point.high for point in points]
    numbers += [bound for one in usual for bound in (one.low, one.high) if bound is not None]
    low, high = min(numbers), max(numbers)
    span = high - low or Decimal(1)
    first, days = points[0].date, max((points[-1].date - points[0].date).days, 1)

    def x(day: date) -> float:
        return LEFT + (WIDTH - LEFT - 12) * (day - first).days / days

    def y(value: Decimal) -> float:
        return round(TOP + float((high - value) / span) * (HEIGHT - 2 * TOP), 1)

    bands = [
        (LEFT, y(one.high), WIDTH - LEFT - 12, round(y(one.low) - y(one.high), 1))
        for one in usual
        if one.low is not None and one.high is not None
    ]
    dots = [(round(x(point.date), 1), y(value)) for line in lines for point, value in zip(points, line, strict=True)]
    paths = [
        (" ".join(f"{x(point.date):.1f},{y(value)}" for point, value in zip(points, line, strict=True)),)
        for line in lines
    ]
    scale = [(y(value) + 4, f"{value:.0f}") for value in sorted({low, high})]
    return format_html(
        '<svg class="trend" viewBox="0 0 {} {}" width="{}" height="{}" role="img" aria-label="{}">{}{}{}{}</svg>',
        WIDTH,
        HEIGHT,
        WIDTH,
        HEIGHT,
        label,
        format_html_join("", '<rect x="{}" y="{}" width="{}" height="{}" class="band"/>', bands),
        format_html_join("", '<polyline points="{}" class="line"/>', paths),
        format_html_join("", '<circle cx="{}" cy="{}" r="3" class="dot"/>', dots),
        format_html_join("", f'<text x="{LEFT - 6}" y="{{}}" class="scale">{{}}</text>', scale),
    )
