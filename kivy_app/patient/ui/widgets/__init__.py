"""The design system: a handful of widgets that know the theme, the text scale and the language.

Importing it loads ``widgets.kv``, which says how they look; the classes here say what they are.
"""

from pathlib import Path

from kivy.lang import Builder

from patient.ui.widgets.basic import Band, Card, Field, Gap, Icon, Pair, Ring, Row, Text
from patient.ui.widgets.buttons import (
    Choice,
    IconButton,
    MainButton,
    NavButton,
    Notice,
    QuietButton,
    Tappable,
    Toggle,
    WarnButton,
)
from patient.ui.widgets.overlays import Dialog, Sheet, Toast
from patient.ui.widgets.page import Page

Builder.load_file(str(Path(__file__).with_name("widgets.kv")))

__all__ = [
    "Band",
    "Card",
    "Choice",
    "Dialog",
    "Field",
    "Gap",
    "Icon",
    "IconButton",
    "MainButton",
    "NavButton",
    "Notice",
    "Page",
    "Pair",
    "QuietButton",
    "Ring",
    "Row",
    "Sheet",
    "Tappable",
    "Text",
    "Toast",
    "Toggle",
    "WarnButton",
]  # fmt: skip
