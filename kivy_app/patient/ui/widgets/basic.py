"""What lies still: texts, icons, rows, cards, input fields, the ring of the day."""

from kivy.properties import BooleanProperty, ColorProperty, NumericProperty, StringProperty
from kivy.uix.boxlayout import BoxLayout
from kivy.uix.label import Label
from kivy.uix.textinput import TextInput
from kivy.uix.widget import Widget

from patient.core import khmer


class Text(Label):
    """Text as wide as its place and as high as it needs. ``tone`` names a colour, ``size_name`` a size."""

    tone = StringProperty("text")
    size_name = StringProperty("body")


class Icon(Label):
    """One pictogram by its name in ``icons``."""

    icon = StringProperty("due")
    tone = StringProperty("text")
    size_name = StringProperty("icon")


class Gap(Widget):
    """Room that takes what is left over."""


class Row(BoxLayout):
    """Side by side, as high as the highest."""


class Pair(Row):
    """Two things side by side, below each other when the text is big."""


class Card(BoxLayout):
    """A surface with things below each other. ``edge`` is a colour down its left side."""

    edge = ColorProperty((0, 0, 0, 0))
    tone = StringProperty("surface")


class Band(Row):
    """A coloured line with an icon and words: how things stand."""

    icon = StringProperty("synced")
    tone = StringProperty("muted")
    soft = StringProperty("raised")
    text = StringProperty("")


class Ring(Widget):
    """How much of the day is done, 0–1, with a text in the middle."""

    progress = NumericProperty(0)
    text = StringProperty("")


class Input(TextInput):
    """A text input whose lines break between clusters, never inside one."""

    def _tokenize(self, text: str | None):  # type: ignore[no-untyped-def]
        for token in super()._tokenize(text):
            yield from khmer.clusters(token) if khmer.is_khmer(token) else (token,)


class Field(BoxLayout):
    """A named input, with what is wrong with it below."""

    label = StringProperty("")
    text = StringProperty("")
    error = StringProperty("")
    secret = BooleanProperty(False)
    shown = BooleanProperty(False)
    multiline = BooleanProperty(False)
    input_type = StringProperty("text")
