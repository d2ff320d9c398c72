"""A person at the app's window: looks for words, touches them, types. No screen is needed.

Kivy has one window a process; each driver puts another app into it.
"""

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from kivy.app import App
from kivy.base import EventLoop
from kivy.core.window import Window
from kivy.input.motionevent import MotionEvent
from kivy.uix.modalview import ModalView
from kivy.uix.scrollview import ScrollView
from kivy.uix.widget import Widget
from patient.core import khmer
from patient.ui.app import PatientApp
from patient.ui.widgets import Toast


class _Finger(MotionEvent):
    """One touch."""

    def __init__(self, x: float, y: float) -> None:
        super().__init__("test", 1, {"x": x / Window.width, "y": y / Window.height})
        self.is_touch = True
        self.profile = ["pos"]
        self.scale_for_screen(Window.width, Window.height)

    def depack(self, args: dict[str, float]) -> None:
        """Positions are given as parts of the window."""
        self.sx, self.sy = args["x"], args["y"]
        super().depack(args)


class Driver:
    """The person."""

    def __init__(self, app: PatientApp) -> None:
        self.app = app
        EventLoop.window = Window
        app._run_prepare()
        EventLoop.status = "started"
        self.frames(3)

    # ── time

    def frames(self, count: int = 1) -> None:
        """Let the window draw."""
        for _ in range(count):
            EventLoop.idle()

    def until(self, holds: Callable[[], Any], seconds: float = 5.0) -> Any:
        """Draw until something holds; fails when it never does."""
        end = time.monotonic() + seconds
        while not (found := holds()):
            assert time.monotonic() < end, f"never happened; on screen: {self.texts()}"
            self.frames()
            time.sleep(0.002)
        return found

    # ── looking

    def widgets(self) -> Iterator[Widget]:
        """Everything that can be seen or scrolled to; only the uppermost sheet when one is open."""
        tops = [child for child in Window.children if isinstance(child, ModalView | Toast)]
        for top in tops or [self.app.root]:
            yield from _shown(top)
            if isinstance(top, ModalView):
                return
        if tops:
            yield from _shown(self.app.root)

    def texts(self) -> list[str]:
        """The words on screen, without break marks."""
        return [said for widget in self.widgets() if (said := _said(widget))]

    def sees(self, words: str) -> bool:
        """Whether these words are somewhere."""
        return any(words in said for said in self.texts())

    def find(self, words: str, kind: type[Widget] = Widget) -> Widget:
        """The widget that says exactly this (else one that contains it), innermost first."""
        exact = [widget for widget in self.widgets() if isinstance(widget, kind) and _said(widget) == words]
        near = [widget for widget in self.widgets() if isinstance(widget, kind) and words in (_said(widget) or "")]
        found = exact or near
        assert found, f"{words!r} is not among {self.texts()}"
        return found[-1]

    # ── doing

    def tap(self, what: str | Widget) -> None:
        """Touch the middle of a widget, scrolled to first when needed."""
        if isinstance(what, str):
            self.until(lambda: self.sees(what))
            self.frames(2)
            what = self.find(what)
        self._scroll_to(what)
        x, y = self._resting_place(what)
        finger = _Finger(x, y)
        EventLoop.post_dispatch_input("begin", finger)
        self.frames(2)
        EventLoop.post_dispatch_input("end", finger)
        self.wait(0.12)  # a button stays pressed for a moment before it acts

    def wait(self, seconds: float) -> None:
        """Real time for animations and delayed touches."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self.frames()

    def type(self, label: str, content: str) -> None:
        """Write into the field of this name, over what stood there."""
        from patient.ui.widgets import Field

        field = next(w for w in self.widgets() if isinstance(w, Field) and khmer.strip_breaks(w.label) == label)
        self.tap(field.ids.input)
        self.until(lambda: field.ids.input.focus)
        field.ids.input.select_all()
        for character in content:
            Window.dispatch("on_textinput", character)
        self.frames(2)

    def back(self) -> None:
        """The back key."""
        Window.dispatch("on_keyboard", 27, 0, None, [])
        self.frames(3)

    def _resting_place(self, widget: Widget) -> tuple[float, float]:
        """Where the middle of a widget is once the page has stopped moving."""
        place, still = widget.to_window(*widget.center), 0
        for _ in range(120):
            self.frames()
            now = widget.to_window(*widget.center)
            place, still = now, still + 1 if now == place else 0
            if still == 3:
                break
        else:
            raise AssertionError(f"{_said(widget)!r} never comes to rest: {place} {widget.size}")
        return float(place[0]), float(place[1])

    def _scroll_to(self, widget: Widget) -> None:
        parent = widget.parent
        while parent is not None and parent is not parent.parent:
            if isinstance(parent, ScrollView) and parent.children and parent.children[0].height > parent.height:
                parent.scroll_to(widget, animate=False)
                self.frames(2)
            parent = parent.parent

    def shot(self) -> Any:
        """What the window shows, as a Pillow image."""
        from kivy.graphics.opengl import GL_RGB, GL_UNSIGNED_BYTE, glReadPixels
        from PIL import Image

        Window.dispatch("on_draw")
        width, height = Window.size
        pixels = glReadPixels(0, 0, width, height, GL_RGB, GL_UNSIGNED_BYTE)
        return Image.frombytes("RGB", (width, height), bytes(pixels)).transpose(Image.Transpose.FLIP_TOP_BOTTOM)

    def picture(self, path: Path) -> Path:
        """What the window shows, as a PNG."""
        self.wait(0.3)
        path.parent.mkdir(parents=True, exist_ok=True)
        self.shot().save(path)
        return path

    def close(self) -> None:
        """Leave; the window stays for the next one."""
        for child in list(Window.children):
            if isinstance(child, ModalView):
                child.dismiss(animation=False)
        if Toast._standing is not None:
            Toast._standing.leave()
        Window.remove_widget(self.app.root)
        self.app.dispatch("on_stop")
        App._running_app = None


def _shown(widget: Widget) -> Iterator[Widget]:
    if widget.opacity == 0:
        return
    yield widget
    for child in reversed(widget.children):
        yield from _shown(child)


def _said(widget: Widget) -> str:
    said = getattr(widget, "text", "")
    return khmer.strip_breaks(said) if isinstance(said, str) else ""
