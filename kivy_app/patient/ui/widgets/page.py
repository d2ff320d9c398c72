"""The frame of a screen: its name, perhaps a way back, and content that scrolls."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from kivy.app import App
from kivy.properties import BooleanProperty, ObjectProperty, StringProperty
from kivy.uix.screenmanager import Screen
from kivy.uix.widget import Widget

from patient.core import words
from patient.core.online import Seen
from patient.ui.widgets.basic import Band
from patient.ui.widgets.lines import Empty, Note
from patient.ui.widgets.overlays import Toast


class Page(Screen):
    """A screen. Children added in kv go into the scrolled body; ``refresh`` fills what comes from the store."""

    heading = StringProperty("")
    back_to = StringProperty("")
    busy = BooleanProperty(False)
    body: Any = ObjectProperty(None, allownone=True)
    scroll: Any = ObjectProperty(None, allownone=True)

    def add_widget(self, widget: Any, *args: Any, **kwargs: Any) -> None:
        """Into the body once the frame stands."""
        if self.body is None:
            super().add_widget(widget, *args, **kwargs)
        else:
            self.body.add_widget(widget, *args, **kwargs)

    def opened(self) -> None:
        """The person came here (``refresh`` follows)."""

    def refresh(self) -> None:
        """Show what the store says now. Called when the page opens, and when data, language or looks change."""

    def back(self) -> None:
        """The person leaves by the way back."""
        App.get_running_app().root.back()

    def send(self, task: Callable[[], Any], done: str | Callable[[Any], object]) -> None:
        """Do ``task`` on the network's thread; then say ``done``, or do it with the result. A failure is told."""
        app = App.get_running_app()
        self.busy = True
        self.refresh()

        def ended(result: Any) -> None:
            self.busy = False
            app.state.refresh()
            self.refresh()
            if isinstance(done, str):
                Toast.show(done)
            else:
                done(result)

        def failed(problem: Exception) -> None:
            self.busy = False
            self.refresh()
            Toast.show(words.problem(problem, app.t))

        app.state.work(task, done=ended, failed=failed)


class FilledPage(Page):
    """A page made by ``parts``, made anew whenever what it says has changed: ``said`` names all of that."""

    for_anybody = False  # whether it may be seen by somebody who is not signed in
    _said: object = None

    def said(self, app: Any) -> object:
        """What decides the contents."""
        raise NotImplementedError

    def parts(self, app: Any) -> Iterable[Widget]:
        """The contents, from top to bottom."""
        raise NotImplementedError

    def named(self, app: Any) -> str:
        """The page's name."""
        raise NotImplementedError

    def opened(self) -> None:
        """From the top."""
        if self.scroll is not None:
            self.scroll.scroll_y = 1

    def refresh(self) -> None:
        """Fill the page when something is to be said anew."""
        app = App.get_running_app()
        if app.session.user is None and not self.for_anybody:
            return
        said = (self.said(app), app.writing, app.sizes.big, self.busy)
        if said == self._said:
            return
        self._said = said
        self.heading = self.named(app)
        self.body.clear_widgets()
        for part in self.parts(app):
            self.body.add_widget(part)

    def changed(self) -> None:
        """Something on this page was chosen: say it."""
        self._said = None
        self.refresh()


class OnlinePage(FilledPage):
    """A page about something only the server knows. What was last seen is shown at once, with its age; then asked."""

    problem = StringProperty("")

    def wants(self, app: Any) -> tuple[str, Mapping[str, Any]] | None:
        """Path and query; None: nothing is to be asked now."""
        raise NotImplementedError

    def rows(self, app: Any, seen: Seen) -> Iterable[Widget]:
        """The contents from an answer."""
        raise NotImplementedError

    def before(self, app: Any) -> Iterable[Widget]:
        """What stands above the answer."""
        return ()

    def after(self, app: Any) -> Iterable[Widget]:
        """What stands below it."""
        return ()

    def opened(self) -> None:
        """Ask anew."""
        super().opened()
        self.ask()

    def ask(self) -> None:
        """Ask the server; the answer fills the page."""
        app = App.get_running_app()
        wanted = self.wants(app)
        if app.session.user is None or wanted is None:
            return
        online, (path, query) = app.session.online, wanted

        def failed(problem: Exception) -> None:
            self.problem = words.problem(problem, app.t)
            self.refresh()

        def done(_: object) -> None:
            self.problem = ""
            self.refresh()

        app.state.work(lambda: online.fetch(path, query), done=done, failed=failed)

    def seen(self, app: Any) -> Seen | None:
        """What was last answered."""
        wanted = self.wants(app)
        return None if wanted is None else app.session.online.recall(*wanted)

    def said(self, app: Any) -> object:
        """The answer, and whether it is fresh."""
        seen = self.seen(app)
        return self.wants(app), seen.data if seen else None, self.problem, self.more(app)

    def more(self, app: Any) -> object:
        """What else decides the contents."""
        return None

    def parts(self, app: Any) -> Iterable[Widget]:
        """Above, how old it is when it could not be asked, the answer, below."""
        yield from self.before(app)
        seen = self.seen(app)
        if self.problem:
            yield Band(icon="offline", tone="warning", soft="warning_soft", text=self.problem)
            if seen is not None:
                yield Note(text=app.t("As of {time}", time=app.moment_text(seen.at)))
        if seen is not None:
            yield from self.rows(app, seen)
        elif not self.problem and self.wants(app) is not None:
            yield Empty(icon="syncing", text=app.t("One moment…"))
        yield from self.after(app)
