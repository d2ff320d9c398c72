"""The engines of this process: each is loaded once, at the first scan; one that cannot be loaded is simply absent."""

import math
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from apps.ocr.pipeline.engines.base import Detector, EngineUnavailable, Image, Reading, Recogniser
from apps.ocr.pipeline.engines.khmer import KhmerRecogniser
from apps.ocr.pipeline.engines.paddle import PaddleDetector, PaddleRecogniser
from apps.ocr.pipeline.engines.tesseract import TesseractRecogniser

PORTION = 24  # lines between two looks at the clock


class StageTooSlow(Exception):
    """A stage has used up its time."""


@dataclass(slots=True)
class Engines:
    """What can read here. ``missing`` says which engines could not be loaded, and why."""

    detector: Detector | None = None
    latin: Recogniser | None = None
    khmer: Recogniser | None = None
    second: Recogniser | None = None
    missing: dict[str, str] = field(default_factory=dict)
    until: float = math.inf  # of time.monotonic(): a stage that goes on past it is broken off

    @property
    def names(self) -> tuple[str, ...]:
        """The engines that are ready."""
        ready = [engine.name for engine in (self.latin, self.khmer, self.second) if engine is not None]
        return tuple(dict.fromkeys(ready))

    @property
    def ready(self) -> bool:
        """Whether anything here can read."""
        return bool(self.names)

    def read_latin(self, lines: Sequence[Image]) -> list[Reading]:
        """Latin text and numbers, by the best engine there is."""
        return self._read(lines, "latin", "second")

    def read_khmer(self, lines: Sequence[Image]) -> list[Reading]:
        """Khmer text, by the best engine there is."""
        return self._read(lines, "khmer", "second")

    def read_carefully(self, lines: Sequence[Image]) -> list[Reading]:
        """Khmer text once more, by the slower and better way where the engine has one."""
        if isinstance(self.khmer, KhmerRecogniser) and lines:
            self.check_time()
            try:
                return self.khmer.read_carefully(lines)
            except EngineUnavailable as error:
                self.missing[self.khmer.name] = str(error)
        return self.read_second(lines) if self.khmer is None else [Reading() for _ in lines]

    def read_second(self, lines: Sequence[Image]) -> list[Reading]:
        """The second opinion; empty readings where Tesseract is absent."""
        return self._read(lines, "second")

    def _in_portions(self, engine: Recogniser, lines: Sequence[Image]) -> list[Reading]:
        readings: list[Reading] = []
        for start in range(0, len(lines), PORTION):
            self.check_time()
            readings += engine.read(lines[start : start + PORTION])
        return readings

    def check_time(self) -> None:
        """Raises StageTooSlow once the time of the stage is used up."""
        if time.monotonic() > self.until:
            raise StageTooSlow

    def _read(self, lines: Sequence[Image], *wanted: str) -> list[Reading]:
        for name in wanted:
            engine: Recogniser | None = getattr(self, name)
            if engine is None or not lines:
                continue
            try:
                return self._in_portions(engine, lines)
            except EngineUnavailable as error:
                self.missing[engine.name] = str(error)
        return [Reading() for _ in lines]


_loaded: Engines | None = None
_lock = threading.Lock()


def load_engines() -> Engines:
    """The engines of this process, loaded at the first call and kept. Never raises: see ``Engines.missing``."""
    global _loaded
    with _lock:
        if _loaded is None:
            _loaded = _load()
        # what failed in one scan is told in that scan alone
        return Engines(_loaded.detector, _loaded.latin, _loaded.khmer, _loaded.second, dict(_loaded.missing))


def _load() -> Engines:
    engines = Engines()
    makers: tuple[tuple[str, str, Callable[[], object]], ...] = (
        ("detector", "paddle", PaddleDetector),
        ("latin", "paddle", PaddleRecogniser),
        ("khmer", "khmer", KhmerRecogniser),
        ("second", "tesseract", TesseractRecogniser),
    )
    for place, name, make in makers:
        try:
            setattr(engines, place, make())
        except EngineUnavailable as error:
            engines.missing[name] = str(error)
    return engines


__all__ = ["Engines", "Image", "Reading", "load_engines"]
