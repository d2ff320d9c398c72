"""All pages, and the bar that leads to the main ones."""

from pathlib import Path
from typing import Any

from kivy.app import App
from kivy.core.window import Window
from kivy.lang import Builder
from kivy.properties import BooleanProperty, StringProperty
from kivy.uix.boxlayout import BoxLayout
from kivy.uix.modalview import ModalView

from patient.ui.screens.attention import AttentionPage
from patient.ui.screens.family import FamilyPage
from patient.ui.screens.medicines import MedicinesPage, PrescriptionPage
from patient.ui.screens.settings import SettingsPage
from patient.ui.screens.sign_in import SignInPage
from patient.ui.screens.today import TodayPage

Builder.load_file(str(Path(__file__).with_suffix(".kv")))

PAGES = {
    "sign_in": SignInPage,
    "today": TodayPage,
    "medicines": MedicinesPage,
    "prescription": PrescriptionPage,
    "family": FamilyPage,
    "attention": AttentionPage,
    "settings": SettingsPage,
}


class Root(BoxLayout):
    """The window's content. Pages are made when first opened."""

    current = StringProperty("today")
    with_bar = BooleanProperty(False)

    def show(self, name: str, **what: Any) -> None:
        """Open a page."""
        pages = self.ids.pages
        if not pages.has_screen(name):
            pages.add_widget(PAGES[name](name=name))
        page = pages.get_screen(name)
        for key, value in what.items():
            setattr(page, key, value)
        pages.current = name
        self.current = name
        self.refresh()

    def refresh(self) -> None:
        """Let the open page show what is true now."""
        session = App.get_running_app().session
        self.with_bar = session.user is not None and self.current != "sign_in"
        page = self.ids.pages.current_screen
        if page is not None:
            page.refresh()

    def step_back(self) -> bool:
        """The back key: close what lies on top, else go up one page. False when there is nowhere to go."""
        for child in Window.children:
            if isinstance(child, ModalView):
                child.dismiss()
                return True
        target = self.ids.pages.current_screen.back_to
        if target:
            App.get_running_app().go(target)
        return bool(target)
