"""Ways in: a new account, its code, a forgotten password, the first questions."""

from collections.abc import Callable, Iterable
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from kivy.app import App
from kivy.clock import Clock
from kivy.lang import Builder
from kivy.properties import BooleanProperty, NumericProperty, StringProperty
from kivy.uix.widget import Widget

from patient.core import khmer, words
from patient.core.gate import CODE_LENGTH, RESET, CodeSent
from patient.core.models import User
from patient.ui.widgets import FilledPage, Note, Page, Stepper, Text, Toast
from patient.ui.widgets.fields import required
from patient.ui.widgets.lines import card, choices, main, quiet

Builder.load_file(str(Path(__file__).with_suffix(".kv")))

YOUNGEST = 13
_SHORTEST_PASSWORD = 8
_MEALS = (("morningMeal", "MORNING", 7), ("afternoonMeal", "NOON", 12), ("nightMeal", "EVENING", 18))


class GatePage(Page):
    """A page with something to send and a place for what went wrong."""

    problem = StringProperty("")

    def post(self, task: Callable[[], Any], done: Callable[[Any], object]) -> None:
        """Ask the server; a refusal is written on the page."""
        app = App.get_running_app()
        if self.busy:
            return
        self.busy, self.problem = True, ""

        def ended(result: Any) -> None:
            self.busy = False
            done(result)

        def failed(problem: Exception) -> None:
            self.busy = False
            self.problem = words.problem(problem, app.t)

        app.state.work(task, done=ended, failed=failed)


class RegisterPage(GatePage):
    """Who are you: for own medicines, or to help somebody. Then names; then how to reach you."""

    kind = StringProperty("")
    step = NumericProperty(0)
    gender = StringProperty("")
    agreed = BooleanProperty(False)

    def opened(self) -> None:
        """From the beginning."""
        self.step, self.problem, self.agreed = 0, "", False

    def choose(self, kind: str) -> None:
        """``patient`` or ``caregiver``."""
        self.kind, self.step = kind, 1

    def back(self) -> None:
        """One step back, else to the door."""
        if self.step:
            self.step -= 1
        else:
            super().back()

    def names_given(self) -> None:
        """The second step, when the first is filled."""
        t = App.get_running_app().t
        fine = [
            required(self.ids.first_name, t("Please write your first name.")),
            required(self.ids.last_name, t("Please write your last name.")),
        ]
        if self.kind == "patient":
            fine.append(self._born_rightly(t))
            self.problem = "" if self.gender else t("Please choose: woman, man or other.")
            fine.append(bool(self.gender))
        if all(fine):
            self.problem, self.step = "", 2

    def _born_rightly(self, t: Any) -> bool:
        born, field = self.ids.born.value(), self.ids.born
        today = date.today()  # noqa: DTZ011 (an age in years; the server decides)
        if born is None or born > today:
            field.error = t("Please write the day, month and year.")
        elif born > today - timedelta(days=round(YOUNGEST * 365.25)):
            field.error = t("You must be at least {n} years old.", n=YOUNGEST)
        else:
            field.error = ""
        return not field.error

    def register(self) -> None:
        """Make the account."""
        app = App.get_running_app()
        t, ids = app.t, self.ids
        fine = [
            required(ids.email, t("Please write your e-mail address."), holds=lambda text: "@" in text),
            required(
                ids.password,
                t("At least {n} characters.", n=_SHORTEST_PASSWORD),
                holds=lambda text: len(text) >= _SHORTEST_PASSWORD,
            ),
        ]
        if not self.agreed:
            self.problem = t("Please read and agree first.")
        if not all(fine) or not self.agreed:
            return
        fields: dict[str, Any] = {
            "firstName": ids.first_name.text.strip(),
            "lastName": ids.last_name.text.strip(),
            "email": ids.email.text.strip(),
            "password": ids.password.text,
            "phoneNumber": phone_of(ids.phone.text),
            "language": "ENGLISH" if t.language == "en" else "KHMER",
        }
        if self.kind == "patient":
            fields |= {"gender": self.gender, "dateOfBirth": ids.born.value().isoformat()}
        gate, kind = app.session.gate, self.kind
        self.post(lambda: gate.register(kind, fields), lambda sent: self._sent(fields["email"], sent))

    def _sent(self, email: str, sent: CodeSent) -> None:
        App.get_running_app().go("code", identifier=email, wait=sent.resend_after)


def phone_of(text: str) -> str:
    """A phone number for the wire: Khmer figures become ASCII ones, a Cambodian 0… becomes +855…"""
    digits = "".join(part for part in khmer.ascii_digits(text) if part.isdigit() or part == "+")
    return "+855" + digits[1:] if digits.startswith("0") else digits


class CodePage(GatePage):
    """Six figures from the e-mail."""

    identifier = StringProperty("")
    wait = NumericProperty(60)
    left = NumericProperty(0)
    _timer: Any = None

    def opened(self) -> None:
        """Begin to count down."""
        self.problem, self.ids.code.text = "", ""
        self._count(int(self.wait))

    def _count(self, seconds: int) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self.left = seconds
        self._timer = Clock.schedule_interval(self._tick, 1.0)

    def _tick(self, _: float) -> bool:
        self.left = max(0, self.left - 1)
        return bool(self.left)

    def typed(self, text: str) -> None:
        """Sent by itself when the sixth figure is there; also when pasted, also in Khmer figures."""
        if len(_figures(text)) == CODE_LENGTH and not self.busy and self.parent is not None:
            self.verify()

    def verify(self) -> None:
        """Open the account."""
        app = App.get_running_app()
        code = _figures(self.ids.code.text)
        if len(code) != CODE_LENGTH:
            self.problem = app.t("The code has six figures.")
            return
        gate, identifier = app.session.gate, self.identifier
        self.post(lambda: gate.verify(identifier, code), self._opened)

    def _opened(self, _: User) -> None:
        app = App.get_running_app()
        app.admitted()
        app.go("onboarding" if app.session.user.role == "PATIENT" else app.home)

    def again(self) -> None:
        """Another code."""
        app = App.get_running_app()
        gate, identifier = app.session.gate, self.identifier
        self.post(lambda: gate.send_code(identifier), self._again)

    def _again(self, sent: CodeSent) -> None:
        self._count(sent.resend_after)
        Toast.show(App.get_running_app().t("A new code was sent."))


def _figures(text: str) -> str:
    return "".join(part for part in khmer.ascii_digits(text) if part.isdigit())


class ForgotPage(GatePage):
    """A new password: the e-mail address, then the code that was sent there."""

    sent = BooleanProperty(False)

    def opened(self) -> None:
        """From the beginning."""
        self.sent, self.problem = False, ""

    def ask(self) -> None:
        """Send a code. The answer is the same whether the account exists or not."""
        app = App.get_running_app()
        field = self.ids.identifier
        if required(field, app.t("Please write your e-mail or phone number.")):
            gate, identifier = app.session.gate, field.text.strip()
            self.post(lambda: gate.send_code(identifier, RESET), lambda _: setattr(self, "sent", True))

    def reset(self) -> None:
        """Set the new password."""
        app = App.get_running_app()
        ids, t = self.ids, app.t
        code = _figures(ids.code.text)
        fine = [
            required(ids.code, t("The code has six figures."), holds=lambda _: len(code) == CODE_LENGTH),
            required(
                ids.password,
                t("At least {n} characters.", n=_SHORTEST_PASSWORD),
                holds=lambda text: len(text) >= _SHORTEST_PASSWORD,
            ),
        ]
        if all(fine):
            gate, identifier, password = app.session.gate, ids.identifier.text.strip(), ids.password.text
            self.post(lambda: gate.reset_password(identifier, code, password), self._done)

    def _done(self, _: object) -> None:
        app = App.get_running_app()
        app.go("sign_in")
        Toast.show(app.t("The password was changed. Please sign in."))


class OnboardingPage(FilledPage):
    """The first questions: when are your meals? Answers are kept on this phone and follow to the account."""

    def said(self, app: Any) -> object:
        """It says the same always."""
        return True

    def named(self, app: Any) -> str:
        """The page's name."""
        return str(app.t("When do you eat?"))

    def parts(self, app: Any) -> Iterable[Widget]:
        """A clock for each meal, then the question about notifications."""
        t = app.t
        yield Text(text=t("Medicines are planned around your meals. You can change this later."), tone="muted")
        held = app.session.repo.profile().get("mealTimes") or {}
        steppers = {}
        for field, period, usual in _MEALS:
            hour = _hour(held.get(field), usual)
            steppers[field] = Stepper(
                text=t(words.PERIOD[period]), value=hour, least=0, most=23.5, step=0.5, show=_clock(app)
            )
            yield card(steppers[field])

        def keep() -> None:
            times = {field: clock_of(stepper.value) for field, stepper in steppers.items()}
            app.session.change_settings(mealTimes=times)
            app.state.acted()
            app.go("reminders", first=True)

        yield main(t("Next"), keep, icon="next")
        yield quiet(t("Not now"), lambda: app.go(app.home))


def _hour(held: object, usual: float) -> float:
    try:
        moment = datetime.strptime(str(held), "%H:%M")  # noqa: DTZ007 (a time of day)
    except ValueError:
        return usual
    return moment.hour + moment.minute / 60


def clock_of(hours: float) -> str:
    """``07:30`` of 7.5."""
    return f"{int(hours):02d}:{round(hours % 1 * 60):02d}"


def _clock(app: Any) -> Callable[[float], str]:
    return lambda value: app.figures(clock_of(value))


class MealTimesPage(OnboardingPage):
    """The same questions, from the settings."""

    def parts(self, app: Any) -> Iterable[Widget]:
        """A clock for each meal."""
        settings = app.session.repo.settings()
        held = (settings.body.get("mealTimes") if settings else None) or {}
        steppers = {
            field: Stepper(
                text=app.t(words.PERIOD[period]),
                value=_hour(held.get(field), usual),
                least=0,
                most=23.5,
                step=0.5,
                show=_clock(app),
            )
            for field, period, usual in _MEALS
        }
        for stepper in steppers.values():
            yield card(stepper)
        yield Note(text=app.t("Doses that are planned already keep their time; new ones follow."))

        def keep() -> None:
            app.session.change_settings(mealTimes={name: clock_of(one.value) for name, one in steppers.items()})
            app.state.acted()
            Toast.show(app.t("Kept"))
            self.back()

        yield main(app.t("Keep it"), keep, icon="save")


class GracePage(FilledPage):
    """How long after its time a dose still counts as on time."""

    def said(self, app: Any) -> object:
        """The choice that stands."""
        return app.session.repo.profile().get("gracePeriodMinutes")

    def named(self, app: Any) -> str:
        """The page's name."""
        return str(app.t("On time means"))

    def parts(self, app: Any) -> Iterable[Widget]:
        """Four choices."""
        yield Text(text=app.t("A dose taken within this time after the alarm counts as taken on time."), tone="muted")
        settings = app.session.repo.settings()
        held = (settings.body if settings else {}).get("gracePeriodMinutes") or self.said(app) or 30
        options = [(str(minutes), app.t("{n} minutes", n=app.number(minutes))) for minutes in (10, 20, 30, 60)]

        def choose(value: str) -> None:
            app.session.change_settings(gracePeriodMinutes=int(value))
            app.state.acted()
            Toast.show(app.t("Kept"))

        yield card(*choices(options, str(held), choose))
