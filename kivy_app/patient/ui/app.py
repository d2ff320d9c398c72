"""The app: one window, its pages, and the properties that kv binds to (texts, looks, sizes)."""

from datetime import datetime
from typing import Any

from kivy.app import App
from kivy.clock import Clock
from kivy.core.window import Window
from kivy.properties import ObjectProperty, StringProperty

from patient.core import khmer
from patient.core.i18n import catalogue
from patient.core.session import PatientSession
from patient.platform.base import Platform
from patient.ui import theme
from patient.ui.screens.root import Root
from patient.ui.state import AppState

HOME = "today"
SIGN_IN = "sign_in"
_ESCAPE = 27  # also Android's back key


class PatientApp(App):
    """Das Tern for patients."""

    title = "ដាស់តឿន · Das Tern"
    t = ObjectProperty(catalogue("km"))
    look = ObjectProperty(theme.LIGHT, rebind=True)
    sizes = ObjectProperty(theme.Sizes(), rebind=True)
    state: AppState = ObjectProperty(None, rebind=True)
    page = StringProperty(HOME)

    def __init__(self, session: PatientSession, platform: Platform, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.session = session
        self.platform = platform
        self._fill = Clock.create_trigger(lambda _: self.root.refresh())

    # ── life

    def build(self) -> Root:
        """The pages, on the one that fits: who is signed in never waits for the network."""
        self._apply_choices()
        self.state = AppState(self.session, self.platform)
        root = Root()
        self.bind(t=self._refill, look=self._refill, sizes=self._refill)
        self.state.bind(changes=self._refill)
        Window.bind(on_keyboard=self._on_key)
        Window.clearcolor = self.look.background
        return root

    def on_start(self) -> None:
        """Open the first page and fetch what is new."""
        self.go(HOME if self.session.user else SIGN_IN)
        self.state.sync()

    def on_pause(self) -> bool:
        """The phone may put us to sleep at any moment: everything done is on disk already."""
        return True

    def on_resume(self) -> None:
        """Hours may have passed."""
        self.state.refresh()
        self.state.sync()

    def on_stop(self) -> None:
        """Let a running exchange end, then close the store."""
        Window.unbind(on_keyboard=self._on_key)
        self.state.close()

    # ── moving about

    def go(self, page: str, **what: Any) -> None:
        """Open a page; ``what`` are properties it needs (``prescription_id``)."""
        self.page = page
        self.root.show(page, **what)

    def _on_key(self, _window: object, key: int, *_: object) -> bool:
        return key == _ESCAPE and self.root.step_back()

    def _refill(self, *_: object) -> None:
        if self.root is not None:
            self._fill()

    # ── what the person chose

    def choose_language(self, language: str) -> None:
        """Switch at once; kept on this phone."""
        self.session.choose_language(language)
        self.t = self.session.t
        self.state.acted()

    def choose_look(self, name: str) -> None:
        """LIGHT or DARK."""
        self.session.change_appearance(theme=name)
        self._apply_choices()

    def choose_scale(self, scale: float) -> None:
        """Text from 1 to 2 times its size."""
        self.session.change_appearance(scale=scale)
        self._apply_choices()

    def step_scale(self, steps: int) -> None:
        """Text one step bigger or smaller."""
        place = theme.SCALES.index(min(theme.SCALES, key=lambda scale: abs(scale - self.sizes.scale)))
        self.choose_scale(theme.SCALES[max(0, min(place + steps, len(theme.SCALES) - 1))])

    def _apply_choices(self) -> None:
        chosen = self.session.appearance()
        self.t = self.session.t
        self.look = theme.look_named(chosen["theme"])
        self.sizes = theme.Sizes(float(chosen["scale"]))
        Window.clearcolor = self.look.background

    # ── how things are written

    def clock_text(self, moment: datetime) -> str:
        """A time of day in the patient's zone."""
        local = moment.astimezone(self.session.repo.zone())
        return khmer.clock_text(local, khmer=self._khmer_digits)

    def moment_text(self, moment: datetime) -> str:
        """A time of day, with its date unless that is today."""
        zone = self.session.repo.zone()
        same_day = moment.astimezone(zone).date() == self.session.now().astimezone(zone).date()
        clock = self.clock_text(moment)
        return clock if same_day else f"{self.date_text(moment)} {clock}"

    def date_text(self, moment: datetime) -> str:
        """A date in the patient's zone."""
        local = moment.astimezone(self.session.repo.zone())
        return khmer.date_text(local.date(), self.t.language, digits=self._khmer_digits)

    def number(self, value: int) -> str:
        """A count; never for strengths and amounts, which keep the figures of the box."""
        return khmer.khmer_digits(str(value)) if self._khmer_digits else str(value)

    @property
    def writing(self) -> tuple[str, bool]:
        """What decides how texts come out: texts made in one writing must be made anew in another."""
        return self.t.language, self._khmer_digits

    @property
    def _khmer_digits(self) -> bool:
        return self.t.language == "km" and self.session.preferences().khmer_digits
