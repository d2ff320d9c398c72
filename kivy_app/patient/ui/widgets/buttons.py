"""What is touched. At least 48 dp high, named by words; an icon alone only for going back."""

from kivy.properties import BooleanProperty, StringProperty
from kivy.uix.behaviors import ButtonBehavior
from kivy.uix.boxlayout import BoxLayout


class Tappable(ButtonBehavior, BoxLayout):
    """Any content that may be touched as a whole."""


class WordButton(Tappable):
    """A button with words and perhaps an icon; ``fill``, ``outline`` and ``tone`` name parts of the theme."""

    text = StringProperty("")
    icon = StringProperty("")
    fill = StringProperty("surface")
    outline = StringProperty("line")
    tone = StringProperty("text")


class MainButton(WordButton):
    """The one thing a screen is for."""

    fill = StringProperty("primary")
    outline = StringProperty("primary")
    tone = StringProperty("on_primary")


class BigButton(MainButton):
    """The one thing a screen is for, for hands that tremble."""


class QuietButton(WordButton):
    """Another thing one may do: outlined."""


class WarnButton(WordButton):
    """What cannot be taken back."""

    outline = StringProperty("danger")
    tone = StringProperty("danger")


class Notice(Tappable):
    """Something to look at, that leads there."""

    text = StringProperty("")
    icon = StringProperty("attention")
    tone = StringProperty("warning")
    soft = StringProperty("warning_soft")


class IconButton(Tappable):
    """A touchable icon; ``text`` says aloud what it does."""

    icon = StringProperty("close")
    tone = StringProperty("text")
    text = StringProperty("")


class NavButton(Tappable):
    """One place of the bar at the bottom."""

    icon = StringProperty("home")
    text = StringProperty("")
    target = StringProperty("")
    current = BooleanProperty(False)


class Choice(Tappable):
    """One of several; the chosen one is marked by a filled dot."""

    text = StringProperty("")
    value = StringProperty("")
    chosen = BooleanProperty(False)


class Toggle(Tappable):
    """Something that is on or off."""

    text = StringProperty("")
    on = BooleanProperty(False)
