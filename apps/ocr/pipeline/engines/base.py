"""What every engine looks like to the pipeline."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Image = NDArray[np.uint8]


class EngineUnavailable(Exception):
    """A model, a program or a library is not there (or broken); the others go on without it."""


@dataclass(frozen=True, slots=True)
class Reading:
    """A line as one engine reads it. ``score`` is the engine's own number (0 to 1), not yet a confidence.

    ``places`` says, where an engine knows, at which share of the line's width each character begins: so a value can be
    cut out from behind its label and read by another engine.
    """

    text: str = ""
    score: float = 0.0
    engine: str = ""
    places: tuple[float, ...] = ()


class Recogniser(Protocol):
    """Reads single lines."""

    name: str

    def read(self, lines: Sequence[Image]) -> list[Reading]:
        """One reading for each line (BGR or grey), in order. Raises EngineUnavailable."""
        ...


class Detector(Protocol):
    """Finds the lines of a page."""

    name: str

    def find(self, page: Image) -> list[NDArray[np.float32]]:
        """The four corners of each line, in pixels. Raises EngineUnavailable."""
        ...
