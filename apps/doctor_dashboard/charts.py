"""Charts as SVG made on the server: classes and attributes only, so that a strict policy lets them through.

Numbers inside SVG are formatted here, never localised: the Khmer locale writes 12,5. Every state has a colour and
a mark.
"""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta

from django.utils.dateformat import format as date_format
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from apps.adherence.rules import level
from apps.doctor_dashboard.selectors.chart import CalendarDay
from apps.doses.choices import DoseSource
from apps.doses.rules.figures import Figures

CELL, GAP, LEFT, TOP = 28, 4, 64, 22


def sparkline(days: Mapping[date, Figures], today: date, count: int = 14) -> SafeString:
    """A bar a day: its height is what was taken; a day with nothing planned stays empty."""
    figures = [days.get(today - timedelta(days=back), Figures()) for back in range(count - 1, -1, -1)]
    bars = []
    for place, day in enumerate(figures):
        taken = day.percentage
        if taken is None:
            continue
        height = max(2, round(taken * 22 / 100))
        bars.append((place * 6, 24 - height, height, (level(taken) or "none").lower()))
    told = [str(day.percentage) if day.percentage is not None else "–" for day in figures]
    label = _("Taken each day of two weeks, in percent: %(days)s") % {"days": " ".join(told)}
    return format_html(
        '<svg class="spark" viewBox="0 0 84 24" width="84" height="24" role="img" aria-label="{}">{}</svg>',
        label,
        format_html_join("", '<rect x="{}" y="{}" width="4" height="{}" class="bar {}"/>', bars),
    )


def day_state(figures: Figures) -> str:
    """full, part, missed, open (still due) or none."""
    if not figures.total:
        return "none"
    if figures.closed <= 0:
        return "open" if figures.due else "none"
    if figures.taken >= figures.closed:
        return "full"
    return "part" if figures.taken else "missed"


MARKS = {"full": "•", "part": "–", "missed": "×", "open": "", "none": ""}


def state_words() -> dict[str, str]:
    """What the states are called under the calendar."""
    return {
        "full": _("all taken"), "part": _("some taken"), "missed": _("none taken"), "open": _("not closed yet"),
    }  # fmt: skip


def _told(cell: CalendarDay, state: str) -> str:
    figures = cell.day.figures
    words = [date_format(cell.day.date, "j F")]
    if state == "none":
        return ", ".join([*words, _("no dose planned")])
    words.append(_("%(taken)d of %(total)d taken") % {"taken": figures.taken, "total": figures.total})
    if figures.taken:
        words.append(_("%(count)d on time") % {"count": figures.on_time})
    words += [f"{DoseSource(source).label}: {count}" for source, count in cell.sources.items()]
    return ", ".join(words)


def calendar_svg(days: Sequence[CalendarDay], today: date, chosen: date | None) -> SafeString:
    """A row a week, a column a weekday, a link a day; a corner says that somebody else or a phone offline recorded."""
    rows, cells = [], []
    for place, cell in enumerate(days):
        week, weekday = divmod(place, 7)
        x, y = LEFT + weekday * (CELL + GAP), TOP + week * (CELL + GAP)
        if weekday == 0:
            rows.append((0, y + 19, date_format(cell.day.date, "j M")))
        if cell.day.date > today:
            continue
        state = day_state(cell.day.figures)
        others = any(cell.sources.get(source) for source in (DoseSource.CAREGIVER, DoseSource.OFFLINE))
        corner = format_html('<path d="M{} {}h9v9z" class="corner"/>', x + CELL - 9, y) if others else ""
        told = _told(cell, state)
        cells.append(
            (
                cell.day.date.isoformat(), told, f"day {state}{' chosen' if cell.day.date == chosen else ''}", told,
                x, y, CELL, CELL, x + CELL // 2, y + 19, MARKS[state], corner,
            )
        )  # fmt: skip
    width, height = LEFT + 7 * (CELL + GAP), TOP + len(days) // 7 * (CELL + GAP)
    heads = [(LEFT + n * (CELL + GAP) + CELL // 2, 14, str(name)) for n, name in enumerate(weekday_names())]
    return format_html(
        '<svg class="calendar" viewBox="0 0 {} {}" width="{}" height="{}" role="group" aria-label="{}">{}{}{}</svg>',
        width, height, width, height, _("Adherence of thirteen weeks"),
        format_html_join("", '<text x="{}" y="{}" class="head">{}</text>', heads),
        format_html_join("", '<text x="{}" y="{}" class="week">{}</text>', rows),
        format_html_join(
            "",
            '<a href="?day={}#day" aria-label="{}" class="{}"><title>{}</title>'
            '<rect x="{}" y="{}" width="{}" height="{}" rx="5"/><text x="{}" y="{}">{}</text>{}</a>',
            cells,
        ),
    )  # fmt: skip


def weekday_names() -> list[str]:
    """Monday first, in the active language."""
    return [_("Mon"), _("Tue"), _("Wed"), _("Thu"), _("Fri"), _("Sat"), _("Sun")]
