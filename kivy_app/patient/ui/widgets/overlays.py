"""What comes over a screen: sheets, questions, short notices."""

from collections.abc import Callable, Sequence
from typing import Any

from kivy.clock import Clock
from kivy.core.window import Window
from kivy.factory import Factory
from kivy.properties import ObjectProperty, StringProperty
from kivy.uix.boxlayout import BoxLayout
from kivy.uix.modalview import ModalView

NOTICE_SECONDS = 6.0


class Sheet(ModalView):
    """A panel from the bottom edge that scrolls when it is higher than the screen. Touching beside it closes it."""

    body: Any = ObjectProperty(None)
    heading = StringProperty("")

    def fill(self, *widgets: Any) -> None:
        """Show these instead of what was there."""
        self.body.clear_widgets()
        for widget in widgets:
            self.body.add_widget(widget)

    def leave(self, act: Callable[[], object] | None) -> None:
        """Close, then act."""
        self.dismiss(animation=False)
        if act is not None:
            act()


class Dialog(Sheet):
    """A question with answers; the first answer is the recommended one and stands out."""

    @classmethod
    def ask(
        cls, heading: str, text: str, answers: Sequence[tuple[str, Callable[[], object] | None]], *, tone: str = "text"
    ) -> "Dialog":
        """Open a question. Each answer closes it, then does its part."""
        dialog = cls(heading=heading)
        parts = [Factory.Text(text=text, tone=tone)]
        for place, (words, act) in enumerate(answers):
            button = Factory.MainButton(text=words) if place == 0 else Factory.QuietButton(text=words)
            button.bind(on_release=lambda _button, act=act: dialog.leave(act))
            parts.append(button)
        dialog.fill(*parts)
        dialog.open()
        return dialog


class Toast(BoxLayout):
    """A notice at the bottom edge that leaves by itself, perhaps with one thing to do."""

    text = StringProperty("")
    action = StringProperty("")
    _standing: "Toast | None" = None

    def __init__(self, act: Callable[[], object] | None = None, **properties: Any) -> None:
        super().__init__(**properties)
        self._act = act

    @classmethod
    def show(cls, text: str, *, action: str = "", act: Callable[[], object] | None = None) -> "Toast":
        """Show a notice instead of the one that stands."""
        if cls._standing is not None:
            cls._standing.leave()
        toast = cls(act, text=text, action=action)
        cls._standing = toast
        Window.add_widget(toast)
        Clock.schedule_once(toast.leave, NOTICE_SECONDS)
        return toast

    def do(self) -> None:
        """The person touched the action."""
        self.leave()
        if self._act is not None:
            self._act()

    def leave(self, *_: object) -> None:
        """Go away."""
        Clock.unschedule(self.leave)
        if self.parent is not None:
            Window.remove_widget(self)
        if Toast._standing is self:
            Toast._standing = None
