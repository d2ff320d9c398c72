"""Lines and small parts that most screens are made of."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from kivy.properties import BooleanProperty, ListProperty, NumericProperty, ObjectProperty, StringProperty
from kivy.uix.boxlayout import BoxLayout
from kivy.uix.widget import Widget

from patient.ui.widgets.basic import Card, Row, Text
from patient.ui.widgets.buttons import Choice, MainButton, QuietButton, Tappable, Toggle


class Stack(BoxLayout):
    """Things below each other, as high as they are together."""


class Fold(Stack):
    """A part of a page that is there or not; what was typed into it stays. Folded away its widgets are gone from the
    page: hidden ones would go on catching touches."""

    shown = BooleanProperty(True)
    _kept: list[Widget] | None = None

    def on_kv_post(self, _base: object) -> None:
        """Remember the parts once they are all there."""
        self._kept = list(reversed(self.children))
        self.on_shown(self, self.shown)

    def on_shown(self, _widget: object, shown: bool) -> None:
        """Put the parts in, or take them out."""
        if self._kept is None:
            return
        self.clear_widgets()
        for part in self._kept if shown else ():
            self.add_widget(part)


class Heading(Text):
    """The name of a group on a page."""


class Note(Text):
    """A remark under something."""


class Entry(Tappable):
    """A touchable line that leads somewhere: icon, name, what it says now."""

    icon = StringProperty("")
    tone = StringProperty("muted")
    text = StringProperty("")
    detail = StringProperty("")
    leads = BooleanProperty(True)


class Fact(Row):
    """A name and its value, side by side; below each other when the text is big."""

    text = StringProperty("")
    detail = StringProperty("")
    tone = StringProperty("text")


class Meter(Widget):
    """How much of something is used, 0–1."""

    share = NumericProperty(0)
    tone = StringProperty("primary")


class Empty(BoxLayout):
    """Nothing here yet, in words, with an icon."""

    icon = StringProperty("info")
    text = StringProperty("")


class Stepper(BoxLayout):
    """A number changed by big steps: no keyboard."""

    text = StringProperty("")
    value = NumericProperty(0)
    least = NumericProperty(0)
    most = NumericProperty(100)
    step = NumericProperty(1)
    shown = StringProperty("")
    show = ObjectProperty(lambda value: f"{value:g}")

    def on_kv_post(self, _base: object) -> None:
        """Write the number once everything is set."""
        self.shown = self.show(self.value)

    def on_value(self, _widget: object, value: float) -> None:
        """Write the number."""
        self.shown = self.show(value)

    def turn(self, steps: int) -> None:
        """Change by steps, within what is allowed."""
        self.value = max(self.least, min(self.most, self.value + steps * self.step))


class Segments(BoxLayout):
    """A few choices of which one stands: side by side, below each other when the text is big."""

    values = ListProperty()
    value = StringProperty("")

    def fill(self, choices: Sequence[tuple[str, str]], chosen: Callable[[str], object]) -> "Segments":
        """``choices`` are (value, words)."""
        self.clear_widgets()
        for value, words in choices:
            button = Segment(text=words, current=value == self.value)
            button.bind(on_release=lambda _, value=value: self._choose(value, chosen))
            self.add_widget(button)
        return self

    def _choose(self, value: str, chosen: Callable[[str], object]) -> None:
        self.value = value
        for button, place in zip(reversed(self.children), range(len(self.children)), strict=True):
            button.current = place == self._place(value)
        chosen(value)

    def _place(self, value: str) -> int:
        return list(self.values).index(value)


class Segment(Tappable):
    """One of the choices."""

    text = StringProperty("")
    current = BooleanProperty(False)


def segments(choices: Sequence[tuple[str, str]], value: str, chosen: Callable[[str], object]) -> Segments:
    """A ready row of choices."""
    made = Segments(values=[name for name, _ in choices], value=value)
    return made.fill(choices, chosen)


def card(*parts: Widget, **properties: Any) -> Card:
    """A card with these parts."""
    made = Card(**properties)
    for part in parts:
        made.add_widget(part)
    return made


def stack(parts: Iterable[Widget], **properties: Any) -> Stack:
    """Parts below each other."""
    made = Stack(**properties)
    for part in parts:
        made.add_widget(part)
    return made


def line(
    text: str, act: Callable[[], object] | None, *, icon: str = "", detail: str = "", tone: str = "muted"
) -> Entry:
    """A line that does ``act`` when touched."""
    made = Entry(text=text, icon=icon, detail=detail, tone=tone, leads=act is not None, disabled=act is None)
    if act is not None:
        made.bind(on_release=lambda _: act())
    return made


def main(text: str, act: Callable[[], object], *, icon: str = "", disabled: bool = False) -> MainButton:
    """The thing a screen is for."""
    return MainButton(text=text, icon=icon, disabled=disabled, on_release=lambda _: act())


def quiet(text: str, act: Callable[[], object], *, icon: str = "", tone: str = "text", disabled: bool = False) -> Any:
    """Another thing one may do."""
    return QuietButton(text=text, icon=icon, tone=tone, disabled=disabled, on_release=lambda _: act())


def toggle(text: str, on: bool, act: Callable[[bool], object]) -> Toggle:
    """A switch; ``act`` is told the new state."""
    made = Toggle(text=text, on=on)

    def turn(_: object) -> None:
        made.on = not made.on
        act(made.on)

    made.bind(on_release=turn)
    return made


def choices(options: Sequence[tuple[str, str]], value: str, chosen: Callable[[str], object]) -> list[Choice]:
    """One below the other, of which one stands; ``options`` are (value, words)."""
    made = [Choice(text=words, value=name, chosen=name == value) for name, words in options]

    def choose(touched: Choice) -> None:
        for each in made:
            each.chosen = each is touched
        chosen(touched.value)

    for each in made:
        each.bind(on_release=choose)
    return made
