"""The frame of a screen: its name, perhaps a way back, and content that scrolls."""

from typing import Any

from kivy.properties import ObjectProperty, StringProperty
from kivy.uix.screenmanager import Screen


class Page(Screen):
    """A screen. Children added in kv go into the scrolled body; ``refresh`` fills what comes from the store."""

    heading = StringProperty("")
    back_to = StringProperty("")
    body: Any = ObjectProperty(None, allownone=True)

    def add_widget(self, widget: Any, *args: Any, **kwargs: Any) -> None:
        """Into the body once the frame stands."""
        if self.body is None:
            super().add_widget(widget, *args, **kwargs)
        else:
            self.body.add_widget(widget, *args, **kwargs)

    def refresh(self) -> None:
        """Show what the store says now. Called when the page opens, and when data, language or looks change."""
