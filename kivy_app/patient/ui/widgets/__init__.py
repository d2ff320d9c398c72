"""The design system: a handful of widgets that know the theme, the text scale and the language.

Importing it loads ``widgets.kv``, which says how they look; the classes here say what they are.
"""

from pathlib import Path

from kivy.lang import Builder

from patient.ui.widgets.basic import Band, Card, Field, Gap, Icon, Pair, Ring, Row, Text
from patient.ui.widgets.buttons import (
    BigButton,
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
from patient.ui.widgets.fields import DateField, ErrorBand, HoldButton, TimePicker
from patient.ui.widgets.lines import Empty, Entry, Fact, Fold, Heading, Meter, Note, Segments, Stack, Stepper
from patient.ui.widgets.overlays import Dialog, Sheet, Toast
from patient.ui.widgets.page import FilledPage, OnlinePage, Page
from patient.ui.widgets.pictures import BarChart, CurveChart, DayCell, Month, QrCode

Builder.load_file(str(Path(__file__).with_name("widgets.kv")))

__all__ = [
    "Band",
    "BarChart",
    "BigButton",
    "Card",
    "Choice",
    "CurveChart",
    "DateField",
    "DayCell",
    "Dialog",
    "Empty",
    "Entry",
    "ErrorBand",
    "Fact",
    "Field",
    "FilledPage",
    "Fold",
    "Gap",
    "Heading",
    "HoldButton",
    "Icon",
    "IconButton",
    "MainButton",
    "Meter",
    "Month",
    "NavButton",
    "Note",
    "Notice",
    "OnlinePage",
    "Page",
    "Pair",
    "QrCode",
    "QuietButton",
    "Ring",
    "Row",
    "Segments",
    "Sheet",
    "Stack",
    "Stepper",
    "Tappable",
    "Text",
    "TimePicker",
    "Toast",
    "Toggle",
    "WarnButton",
]  # fmt: skip
