"""Every screen in both languages, both themes and at 100 and 200 %: nothing cut, nothing too small to touch or to read,
and it looks as its golden picture does. Pictures that differ land in ``var/screens`` for people to look at.
"""

from itertools import combinations
from pathlib import Path

import pytest
from kivy.uix.label import Label
from patient.ui import theme
from patient.ui.widgets import Field, Tappable
from PIL import Image

from tests.kivy_app.ui.album import (
    GOLDEN,
    MOST_DIFFERENT,
    ROOT,
    VARIANTS,
    difference,
    name_of,
    opened,
    small,
    walk,
)
from tests.kivy_app.ui.driver import Driver

NEW = ROOT / "var" / "screens"


@pytest.mark.parametrize(("language", "look", "scale"), VARIANTS)
def test_every_screen_fits_and_looks_as_it_did(language: str, look: str, scale: float, tmp_path: Path) -> None:
    drive, album = opened(language, look, scale)
    different = []
    try:
        drive.until(lambda: not drive.app.state.busy)
        for shot in walk(drive, album):
            check(drive)
            name = name_of(shot, language, look, scale)
            picture, golden = drive.shot(), GOLDEN / name
            share = difference(Image.open(golden), small(picture)) if golden.exists() else 1.0
            if share > MOST_DIFFERENT:
                NEW.mkdir(parents=True, exist_ok=True)
                picture.save(NEW / name)
                different.append(f"{name}: {share:.1%}")
    finally:
        drive.close()
    assert not different, f"see {NEW}; when it is meant, `make screens`: {different}"


def test_a_picture_of_other_words_is_noticed() -> None:
    shown = Image.open(GOLDEN / name_of("today", "km", "LIGHT", 1.0))
    other = Image.open(GOLDEN / name_of("today", "en", "LIGHT", 1.0))
    assert difference(shown, shown) == 0
    assert difference(shown, other) > MOST_DIFFERENT


def check(drive: Driver) -> None:
    """Words fit their place; what is touched is big enough and lies within the window."""
    width = drive.app.root.width
    for widget in drive.widgets():
        if isinstance(widget, Label) and widget.text:
            assert widget.texture_size[0] <= widget.width + 1, (widget.text, widget.texture_size, widget.size)
            if widget.text_size[0]:
                assert widget.texture_size[1] <= widget.height + 1, (widget.text, widget.texture_size, widget.size)
        if isinstance(widget, Tappable | Field) and not widget.disabled:
            left, _ = widget.to_window(widget.x, widget.y)
            assert left >= -1, widget
            assert left + widget.width <= width + 1, widget
        if isinstance(widget, Tappable) and not widget.disabled:
            assert min(widget.size) >= 48, (widget, getattr(widget, "text", ""), widget.size)


def brightness(colour: theme.Colour) -> float:
    """Relative luminance (WCAG 2.2)."""
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in colour[:3])
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: theme.Colour, other: theme.Colour) -> float:
    """Contrast of two colours."""
    darker, lighter = sorted((brightness(one), brightness(other)))
    return (lighter + 0.05) / (darker + 0.05)


@pytest.mark.parametrize("look", [theme.LIGHT, theme.DARK], ids=lambda look: look.name)
def test_words_stand_out_from_what_is_behind_them(look: theme.Look) -> None:
    for tone in ("text", "muted", "primary", "ok", "warning", "danger"):
        for behind in ("surface", "background"):
            assert contrast(look.tone(tone), look.tone(behind)) >= 4.5, (tone, behind)
    for tone, behind in (
        ("on_primary", "primary"), ("on_danger", "danger"), ("ok", "ok_soft"), ("warning", "warning_soft"),
        ("danger", "danger_soft"), ("muted", "raised"), ("primary", "raised"), ("background", "text"),
    ):  # fmt: skip
        assert contrast(look.tone(tone), look.tone(behind)) >= 4.5, (tone, behind)


@pytest.mark.parametrize("look", [theme.LIGHT, theme.DARK], ids=lambda look: look.name)
def test_times_of_day_differ_from_each_other_and_from_statuses(look: theme.Look) -> None:
    periods = {look.tone(tone) for _, tone in theme.PERIODS.values()}
    assert len(periods) == 4
    assert not periods & {look.tone(tone) for _, tone in theme.STATUSES.values()}
    assert all(one[0] != other[0] for one, other in combinations(theme.PERIODS.values(), 2))
