"""All pages, and the bar that leads to the main ones."""

from pathlib import Path
from typing import Any

from kivy.app import App
from kivy.core.window import Window
from kivy.lang import Builder
from kivy.properties import BooleanProperty, StringProperty
from kivy.uix.boxlayout import BoxLayout
from kivy.uix.modalview import ModalView

from patient.ui.screens.account import MyDataPage, NotificationSettingsPage, ProfilePage, SessionsPage
from patient.ui.screens.add_medicine import AddMedicinePage
from patient.ui.screens.attention import AttentionPage
from patient.ui.screens.batches import BatchesPage, BatchPage
from patient.ui.screens.family import FamilyPage
from patient.ui.screens.health import HealthPage, HealthProfilePage, RangesPage, RecordPage, TrendPage
from patient.ui.screens.inbox import InboxPage
from patient.ui.screens.linking import ConnectPage, FindDoctorPage, LinkHistoryPage, LinkPage
from patient.ui.screens.medicine import MedicinePage
from patient.ui.screens.medicines import AllMedicinesPage, MedicinesPage
from patient.ui.screens.person import MembersPage, PeoplePage, PersonPage
from patient.ui.screens.pictures import PicturesPage
from patient.ui.screens.plans import PaymentsPage, PayPage, PlansPage, SeatsPage
from patient.ui.screens.prescription import ChangesPage, PrescriptionPage, VersionsPage
from patient.ui.screens.progress import DayPage, HistoryPage, ProgressPage
from patient.ui.screens.reminders import RemindersPage
from patient.ui.screens.scan import ScanCheckPage, ScanPage, ScanRowPage
from patient.ui.screens.settings import SettingsPage
from patient.ui.screens.sign_in import SignInPage
from patient.ui.screens.sos import SosPage
from patient.ui.screens.support import GalleryPage, LogPage
from patient.ui.screens.today import TodayPage
from patient.ui.screens.welcome import CodePage, ForgotPage, GracePage, MealTimesPage, OnboardingPage, RegisterPage

Builder.load_file(str(Path(__file__).with_suffix(".kv")))

PAGES = {
    "sign_in": SignInPage,
    "register": RegisterPage,
    "code": CodePage,
    "forgot": ForgotPage,
    "onboarding": OnboardingPage,
    "today": TodayPage,
    "pictures": PicturesPage,
    "people": PeoplePage,
    "medicines": MedicinesPage,
    "all_medicines": AllMedicinesPage,
    "medicine": MedicinePage,
    "add_medicine": AddMedicinePage,
    "prescription": PrescriptionPage,
    "versions": VersionsPage,
    "changes": ChangesPage,
    "progress": ProgressPage,
    "history": HistoryPage,
    "day": DayPage,
    "family": FamilyPage,
    "person": PersonPage,
    "connect": ConnectPage,
    "link": LinkPage,
    "link_history": LinkHistoryPage,
    "find_doctor": FindDoctorPage,
    "inbox": InboxPage,
    "health": HealthPage,
    "record": RecordPage,
    "trend": TrendPage,
    "ranges": RangesPage,
    "health_profile": HealthProfilePage,
    "sos": SosPage,
    "scan": ScanPage,
    "scan_row": ScanRowPage,
    "scan_check": ScanCheckPage,
    "plans": PlansPage,
    "pay": PayPage,
    "payments": PaymentsPage,
    "seats": SeatsPage,
    "batches": BatchesPage,
    "batch": BatchPage,
    "attention": AttentionPage,
    "settings": SettingsPage,
    "profile": ProfilePage,
    "sessions": SessionsPage,
    "my_data": MyDataPage,
    "messages": NotificationSettingsPage,
    "meal_times": MealTimesPage,
    "grace": GracePage,
    "members": MembersPage,
    "reminders": RemindersPage,
    "log": LogPage,
    "gallery": GalleryPage,
}
GATE = {"sign_in", "register", "code", "forgot", "onboarding"}
MAIN = {"today", "pictures", "people", "medicines", "family", "settings"}


class Root(BoxLayout):
    """The window's content. Pages are made when first opened."""

    current = StringProperty("today")
    with_bar = BooleanProperty(False)
    patient = BooleanProperty(True)  # whether the person has medicines of their own

    def __init__(self, **properties: Any) -> None:
        self._way: list[tuple[str, dict[str, Any]]] = []
        super().__init__(**properties)
        self._bar = self.ids.bar.__self__  # a strong hold: it is not always in the window
        self.remove_widget(self._bar)

    def on_with_bar(self, _widget: object, shown: bool) -> None:
        """There or not: a hidden bar would go on catching touches."""
        if shown:
            self.add_widget(self._bar)
        else:
            self.remove_widget(self._bar)

    def show(self, name: str, **what: Any) -> None:
        """Open a page; the one before is where "back" leads, unless this is one of the main ones."""
        made = PAGES[name]
        if name in MAIN or name in GATE:
            self._way.clear()
        elif self._way and self._way[-1] == (name, what):
            self._way.pop()
        self._way = [place for place in self._way if place[0] != name]
        self._way.append((name, what))
        pages = self.ids.pages
        if not pages.has_screen(name):
            pages.add_widget(made(name=name))
        page = pages.get_screen(name)
        for key, value in what.items():
            setattr(page, key, value)
        pages.current = name
        self.current = name
        page.opened()
        self.refresh()

    def refresh(self) -> None:
        """Let the open page show what is true now."""
        session = App.get_running_app().session
        self.with_bar = session.user is not None and self.current not in GATE
        self.patient = session.user is None or session.user.role == "PATIENT"
        page = self.ids.pages.current_screen
        if page is not None:
            page.refresh()

    def back(self) -> bool:
        """To the page before this one, else to its parent. False when there is nowhere to go."""
        page = self.ids.pages.current_screen
        if not page.back_to:
            return False
        if len(self._way) > 1:
            self._way.pop()
            name, what = self._way.pop()
            self.show(name, **what)
        else:
            self.show(page.back_to)
        return True

    def step_back(self) -> bool:
        """The back key: close what lies on top, else go back."""
        for child in Window.children:
            if isinstance(child, ModalView):
                child.dismiss()
                return True
        page = self.ids.pages.current_screen
        if page.back_to:
            page.back()
        return bool(page.back_to)
