"""The app: one window, its pages, and the properties that kv binds to (texts, looks, sizes)."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from kivy.app import App
from kivy.clock import Clock
from kivy.core.window import Window
from kivy.properties import ObjectProperty, StringProperty

from patient.core import khmer, speech
from patient.core.i18n import catalogue
from patient.core.logbook import Logbook
from patient.core.models import Dose
from patient.core.reminders import Reminder
from patient.core.session import PatientSession
from patient.platform.base import Platform
from patient.ui import theme
from patient.ui.screens.root import Root
from patient.ui.state import AppState

SIGN_IN = "sign_in"
_ESCAPE = 27  # also Android's back key


class PatientApp(App):
    """Das Tern for patients."""

    title = "ដាស់តឿន · Das Tern"
    t = ObjectProperty(catalogue("km"))
    look = ObjectProperty(theme.LIGHT, rebind=True)
    chosen_look = StringProperty("SYSTEM")  # what was chosen; ``look`` is what came of it
    sizes = ObjectProperty(theme.Sizes(), rebind=True)
    state: AppState = ObjectProperty(None, rebind=True)

    def __init__(
        self, session: PatientSession, platform: Platform, logbook: Logbook | None = None, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.session = session
        self.platform = platform
        self.logbook = logbook
        self._fill = Clock.create_trigger(lambda _: self.root.refresh())

    # ── life

    def build(self) -> Root:
        """The pages, on the one that fits: who is signed in never waits for the network."""
        self._apply_choices()
        self.state = AppState(self.session, self.platform)
        self.state.speak_by(self._say_reminder)
        root = Root()
        self.bind(t=self._refill, look=self._refill, sizes=self._refill)
        self.state.bind(changes=self._refill)
        Window.bind(on_keyboard=self._on_key)
        Window.clearcolor = self.look.background
        return root

    def on_start(self) -> None:
        """Open the first page and fetch what is new."""
        self.go(self.home)
        self.state.sync()

    def on_pause(self) -> bool:
        """The phone may put us to sleep at any moment: everything done is on disk already."""
        return True

    def on_resume(self) -> None:
        """Hours may have passed, and the device may show itself dark now."""
        self._apply_choices()
        self.state.refresh()
        self.state.sync()

    def on_stop(self) -> None:
        """Let a running exchange end, then close the store."""
        Window.unbind(on_keyboard=self._on_key)
        self.state.close()

    # ── moving about

    @property
    def home(self) -> str:
        """The first page: of somebody with medicines, of a caregiver, of a doctor, of nobody yet."""
        user = self.session.user
        if user is None:
            return SIGN_IN
        if user.role != "PATIENT":
            return "people"
        return "pictures" if self.session.preferences().pictures else "today"

    def go(self, page: str, **what: Any) -> None:
        """Open a page; ``what`` are properties it needs (``prescription_id``)."""
        self.root.show(page, **what)

    def admitted(self) -> None:
        """Somebody signed in, or another person of this phone is shown."""
        self.t = self.session.t
        self.state.acted()

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
        """SYSTEM, LIGHT or DARK."""
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
        self.chosen_look = str(chosen["theme"])
        self.look = theme.look_named(
            self.chosen_look, dark=self.chosen_look == "SYSTEM" and self.platform.device.prefers_dark()
        )
        self.sizes = theme.Sizes(float(chosen["scale"]))
        Window.clearcolor = self.look.background

    def read_aloud(self, doses: Sequence[Dose]) -> bool:
        """Speak a reminder: from the recorded clips, else by the device's voice."""
        said, device = speech.spoken(doses, self.t), self.platform.device
        files = said.files(self.t.language)
        return bool(files and device.play(files)) or device.say(khmer.strip_breaks(said.text), self.t.language)

    def _say_reminder(self, reminder: Reminder) -> None:
        held = [dose for name in reminder.dose_ids if (dose := self.session.repo.dose(name)) is not None]
        self.read_aloud(held)

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
        return self.day_text(moment.astimezone(self.session.repo.zone()).date())

    def day_text(self, day: date) -> str:
        """A local day."""
        return khmer.date_text(day, self.t.language, digits=self._khmer_digits, buddhist=self._buddhist)

    def month_text(self, day: date) -> str:
        """A month and its year."""
        return self.figures(khmer.month_text(day, self.t.language, buddhist=self._buddhist))

    def number(self, value: int) -> str:
        """A count; never for strengths and amounts, which keep the figures of the box."""
        return self.figures(str(value))

    def figures(self, text: str) -> str:
        """A text with the figures the person chose."""
        return khmer.khmer_digits(text) if self._khmer_digits else text

    @property
    def writing(self) -> tuple[str, bool, bool]:
        """What decides how texts come out: texts made in one writing must be made anew in another."""
        return self.t.language, self._khmer_digits, self._buddhist

    @property
    def _buddhist(self) -> bool:
        return self.t.language == "km" and self.session.preferences().buddhist_years

    @property
    def _khmer_digits(self) -> bool:
        return self.t.language == "km" and self.session.preferences().khmer_digits
