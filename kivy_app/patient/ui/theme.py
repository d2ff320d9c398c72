"""Colours and sizes. The only place that knows a colour's number; everything else names its part."""

from dataclasses import dataclass, fields
from typing import Any

from kivy.metrics import dp, sp

from patient.core import dose_rules as rules

Colour = tuple[float, float, float, float]
SCALES = (1.0, 1.25, 1.5, 1.75, 2.0)


def colour(text: str) -> Colour:
    """``#RRGGBB`` or ``#RRGGBBAA`` as Kivy wants it."""
    digits = text.lstrip("#").ljust(8, "F")
    red, green, blue, alpha = (int(digits[place : place + 2], 16) / 255 for place in (0, 2, 4, 6))
    return red, green, blue, alpha


@dataclass(frozen=True, slots=True)
class Look:
    """The colours of one theme. Text on ``surface`` or ``background`` has a contrast of 4.5 or more (WCAG 2.2 AA)."""

    name: str
    background: Colour
    surface: Colour
    raised: Colour
    line: Colour
    text: Colour
    muted: Colour
    primary: Colour
    on_primary: Colour
    ok: Colour
    danger: Colour
    on_danger: Colour
    warning: Colour
    ok_soft: Colour
    warning_soft: Colour
    danger_soft: Colour
    morning: Colour
    noon: Colour
    evening: Colour
    night: Colour
    veil: Colour

    def tone(self, name: str) -> Colour:
        """A colour by its part's name."""
        found: Colour = getattr(self, name)
        return found


def _look(name: str, **parts: str) -> Look:
    return Look(name, **{part.name: colour(parts[part.name]) for part in fields(Look) if part.name != "name"})


LIGHT = _look(
    "LIGHT", background="#F5F5F5", surface="#FFFFFF", raised="#EEF1F8", line="#D5DAE5", text="#1A2744", muted="#55607A",
    primary="#2D5BFF", on_primary="#FFFFFF", ok="#2A742E", danger="#C62828", on_danger="#FFFFFF", warning="#8A5100",
    ok_soft="#E4F3E5", warning_soft="#FFF1DC", danger_soft="#FCE6E6",
    morning="#FFC107", noon="#FF6B35", evening="#C2457A", night="#6B4AA3", veil="#1A274499",
)  # fmt: skip
DARK = _look(
    "DARK", background="#0E1526", surface="#1A2744", raised="#26355A", line="#3A4A70", text="#F4F6FB", muted="#B4BFD6",
    primary="#8FA9FF", on_primary="#0B1430", ok="#81C784", danger="#FF8A80", on_danger="#2B0808", warning="#FFB74D",
    ok_soft="#1D3B33", warning_soft="#40331F", danger_soft="#472532",
    morning="#FFD54F", noon="#FF8A5B", evening="#F08BB4", night="#B39DDB", veil="#000000B3",
)  # fmt: skip
LOOKS = {look.name: look for look in (LIGHT, DARK)}

# period → (icon, tone); status → (icon, tone). The words are in ``patient.core.words``.
PERIODS = {
    "MORNING": ("morning", "morning"),
    "NOON": ("noon", "noon"),
    "EVENING": ("evening", "evening"),
    "NIGHT": ("night", "night"),
}
STATUSES = {
    rules.DUE: ("due", "muted"),
    rules.ON_TIME: ("taken", "ok"),
    rules.LATE: ("late", "ok"),
    rules.MISSED: ("missed", "warning"),
    rules.SKIPPED: ("skipped", "muted"),
}


@dataclass(frozen=True, slots=True)
class Sizes:
    """Type sizes and touch sizes at a text scale of 1 to 2; nothing a person must touch is under 48 dp."""

    scale: float = 1.0

    def _text(self, size: float) -> float:
        return float(sp(size * self.scale))

    @property
    def big(self) -> bool:
        """Whether two things no longer fit side by side."""
        return self.scale > 1.4

    @property
    def title(self) -> float:
        """A screen's name."""
        return self._text(21)

    @property
    def heading(self) -> float:
        """A card's name, a medicine's name."""
        return self._text(18)

    @property
    def body(self) -> float:
        """Running text."""
        return self._text(16)

    @property
    def small(self) -> float:
        """Remarks."""
        return self._text(14)

    @property
    def icon(self) -> float:
        """An icon beside running text."""
        return self._text(24)

    @property
    def touch(self) -> float:
        """The least height of what is touched."""
        return float(max(dp(52), self._text(16) * 1.6 + dp(24)))

    def of(self, name: str) -> float:
        """A size by its name."""
        found: float = getattr(self, name)
        return found


def look_named(name: Any, *, dark: bool = False) -> Look:
    """A theme by its kept name; SYSTEM, or a name that is unknown here, as the device shows itself."""
    return LOOKS.get(str(name), DARK if dark else LIGHT)
