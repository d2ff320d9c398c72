"""Drawn on the canvas: QR codes, bars, curves, the month. Numbers inside pictures are never the only way to learn
something: a sentence with the same content stands beside each."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

import segno
from kivy.app import App
from kivy.clock import Clock
from kivy.core.text import Label as CoreLabel
from kivy.graphics import Color, Line, Mesh, Rectangle, RoundedRectangle
from kivy.graphics.texture import Texture
from kivy.metrics import dp
from kivy.properties import ListProperty, NumericProperty, ObjectProperty, StringProperty
from kivy.uix.gridlayout import GridLayout
from kivy.uix.widget import Widget

from patient.ui.widgets.buttons import Tappable


class QrCode(Widget):
    """A QR code drawn as large as the widget; always dark on white, whatever the theme."""

    content = StringProperty("")
    picture = ObjectProperty(None, allownone=True)

    def on_content(self, _widget: object, content: str) -> None:
        """Draw it anew."""
        self.picture = _qr(content) if content else None


def _qr(content: str) -> Texture:
    rows = [
        bytearray(0 if dark else 255 for dark in row) for row in segno.make(content, error="m").matrix_iter(border=4)
    ]
    texture = Texture.create(size=(len(rows[0]), len(rows)), colorfmt="luminance")
    texture.mag_filter = "nearest"  # sharp modules
    texture.blit_buffer(b"".join(rows), colorfmt="luminance", bufferfmt="ubyte")
    texture.flip_vertical()
    return texture


class Chart(Widget):
    """What charts share: they are drawn anew when their place, their content or the theme changes. ``look`` and
    ``sizes`` come from kv, which holds no widget: a binding to the app would keep every chart that was ever shown."""

    look = ObjectProperty(None, allownone=True)
    sizes = ObjectProperty(None, allownone=True)
    rows = ListProperty()
    floor = NumericProperty(0)
    ceiling = NumericProperty(100)

    def __init__(self, **properties: Any) -> None:
        self._draw = Clock.create_trigger(self._redraw, -1)
        super().__init__(**properties)
        for name in ("pos", "size", "rows", "floor", "ceiling", "look", "sizes"):
            self.fbind(name, self._draw)

    def _redraw(self, _: object) -> None:
        app = App.get_running_app()
        self.canvas.clear()
        if app is None or self.width < dp(40) or not self.rows:
            return
        with self.canvas:
            self.draw(app)

    def draw(self, app: Any) -> None:
        """Fill the canvas."""
        raise NotImplementedError

    def level(self, value: float) -> float:
        """Where a value lies."""
        share = (value - self.floor) / max(1e-6, self.ceiling - self.floor)
        return float(self.y + self.foot + max(0.0, min(1.0, share)) * (self.height - self.foot - dp(6)))

    @property
    def foot(self) -> float:
        """Room for the words below."""
        return float(App.get_running_app().sizes.small * 1.7)


def write(app: Any, text: str, x: float, y: float, *, centred: bool = True, tone: str = "muted") -> None:
    """A few letters on the canvas of a chart, at most as big as small text at 125 %."""
    label = CoreLabel(text=text, font_size=min(app.sizes.small, dp(17)))
    label.refresh()
    texture = label.texture
    Color(*app.look.tone(tone))
    Rectangle(texture=texture, size=texture.size, pos=(x - texture.width / 2 if centred else x, y))


class BarChart(Chart):
    """A bar a day: rows are (words below, value or None, tone). No value is drawn as a dot, never as nothing done."""

    def draw(self, app: Any) -> None:
        """Bars, a line at the top, and as many words as there is room for."""
        step = self.width / len(self.rows)
        Color(*app.look.line)
        for mark in (0.0, 0.5, 1.0):
            height = self.level(self.floor + mark * (self.ceiling - self.floor))
            Line(points=[self.x, height, self.right, height], width=1)
        every = max(1, round(len(self.rows) * app.sizes.small * 2.6 / max(1.0, self.width)))
        for place, (words, value, tone) in enumerate(self.rows):
            middle = self.x + (place + 0.5) * step
            Color(*app.look.tone(tone))
            if value is None:
                RoundedRectangle(pos=(middle - dp(2), self.level(self.floor)), size=(dp(4), dp(4)), radius=[dp(2)])
            else:
                base, wide = self.level(self.floor), min(dp(26), step * 0.7)
                RoundedRectangle(
                    pos=(middle - wide / 2, base), size=(wide, max(dp(3), self.level(value) - base)), radius=[dp(3)]
                )
            if words and place % every == 0:
                write(app, words, middle, self.y)


class CurveChart(Chart):
    """Readings over time with the band that is normal: rows are (place 0–1, value, second value or None, words)."""

    low = ObjectProperty(None, allownone=True)
    high = ObjectProperty(None, allownone=True)

    def draw(self, app: Any) -> None:
        """The band, the curve (two for a blood pressure), a dot each."""
        if self.low is not None or self.high is not None:
            bottom = self.level(self.floor if self.low is None else float(self.low))
            top = self.level(self.ceiling if self.high is None else float(self.high))
            Color(*app.look.ok_soft)
            corners = ((self.x, bottom), (self.right, bottom), (self.right, top), (self.x, top))
            Mesh(
                vertices=[part for x, y in corners for part in (x, y, 0, 0)], indices=[0, 1, 2, 3], mode="triangle_fan"
            )
        Color(*app.look.line)
        for mark in (0.0, 0.5, 1.0):
            value = self.floor + mark * (self.ceiling - self.floor)
            Line(points=[self.x, self.level(value), self.right, self.level(value)], width=1)
        for mark in (0.0, 1.0):
            value = self.floor + mark * (self.ceiling - self.floor)
            write(app, f"{value:g}", self.x, self.level(value) - (dp(22) if mark else -dp(1)), centred=False)
        for column, tone in ((1, "primary"), (2, "evening")):
            points = [(self._across(row[0]), self.level(row[column])) for row in self.rows if row[column] is not None]
            if not points:
                continue
            Color(*app.look.tone(tone))
            if len(points) > 1:
                Line(points=[part for point in points for part in point], width=dp(1.3))
            for x, y in points:
                RoundedRectangle(pos=(x - dp(4), y - dp(4)), size=(dp(8), dp(8)), radius=[dp(4)])
        for row in (self.rows[0], self.rows[-1])[: 1 if len(self.rows) == 1 else 2]:
            if row[3]:
                half = app.sizes.small * 1.6
                write(app, row[3], max(self.x + half, min(self.right - half, self._across(row[0]))), self.y)

    def _across(self, place: float) -> float:
        return float(self.x + dp(14) + place * (self.width - dp(28)))


class DayCell(Tappable):
    """One day of the month: its number, and a mark in a colour and a shape."""

    text = StringProperty("")
    icon = StringProperty("")
    tone = StringProperty("muted")
    soft = StringProperty("surface")


class Month(GridLayout):
    """A month by weeks from Monday. ``marks``: day → (icon, tone, soft)."""

    def show(self, app: Any, first: date, marks: dict[date, tuple[str, str, str]], touched: Any) -> "Month":
        """Fill the weeks; a day without a mark cannot be touched."""
        self.clear_widgets()
        for _ in range(first.weekday()):
            self.add_widget(Widget(size_hint_y=None, height=1))
        day = first
        while day.month == first.month:
            icon, tone, soft = marks.get(day, ("", "muted", "surface"))
            cell = DayCell(text=app.number(day.day), icon=icon, tone=tone, soft=soft, disabled=day not in marks)
            cell.bind(on_release=lambda _, day=day: touched(day))
            self.add_widget(cell)
            day += timedelta(days=1)
        return self


def spread(moments: Sequence[float]) -> list[float]:
    """Places 0–1 of moments on their own span; one alone lies in the middle."""
    least, most = min(moments), max(moments)
    return [(moment - least) / (most - least) if most > least else 0.5 for moment in moments]
