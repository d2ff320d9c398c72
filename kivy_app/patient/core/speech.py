"""A reminder for people who read little: spoken from recorded clips, in explicit words (domain.md §7.6).

Each clip has its place in ``assets/clips/<language>/<name>.wav``. Until a speaker has recorded them all, the same
sentence is given to the device's own voice; that voice alone adds the names of medicines, which no clip holds.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

from patient.core.i18n import Catalogue
from patient.core.models import Dose
from patient.core.prn import decimal
from patient.core.regimen import meal_of
from patient.core.words import MEAL, PERIOD

CLIPS = Path(__file__).resolve().parents[2] / "assets" / "clips"
_FRACTIONS = {Decimal("0.25"): "quarter", Decimal("0.5"): "half", Decimal("0.75"): "three-quarters"}
_MOST = 10


@dataclass(frozen=True, slots=True)
class Spoken:
    """What is to be heard: ``clips`` by name, and the same as a text for a machine's voice."""

    clips: tuple[str, ...]
    text: str

    def files(self, language: str) -> list[Path]:
        """The recordings; empty when one of them is not there yet: half a sentence is worse than none."""
        found = [CLIPS / language / f"{name}.wav" for name in self.clips]
        return found if found and all(path.exists() for path in found) else []


def catalogue_of_clips() -> list[str]:
    """Every clip a speaker has to record, for one language."""
    numbers = [f"number-{count}" for count in range(1, _MOST + 1)]
    units = ["TABLET", "CAPSULE", "ML", "DROP", "UNIT", "PUFF", "SACHET", "SUPPOSITORY", "PATCH", "APPLICATION"]
    units += ["SPOON_5ML", "SPOON_15ML", "MG", "OTHER"]
    return [
        "time-for-medicine", "and",
        *(f"period-{period.lower()}" for period in PERIOD),
        *numbers, *(f"number-{name}" for name in _FRACTIONS.values()),
        *(f"unit-{unit.lower().replace('_', '-')}" for unit in units),
        *(f"meal-{meal.lower()}" for meal in MEAL),
    ]  # fmt: skip


def spoken(doses: Sequence[Dose], t: Catalogue) -> Spoken:
    """The reminder of these doses: time of day, then amount and meal of each."""
    clips, lines = ["time-for-medicine"], [t("Time for your medicine.")]
    if doses:
        clips.append(f"period-{doses[0].period.lower()}")
        lines.append(t(PERIOD.get(doses[0].period, PERIOD["MORNING"])) + ".")
    for place, dose in enumerate(doses):
        clips += (["and"] if place else []) + _amount(dose)
        meal = meal_of(dose.body.get("timing"))
        if meal:
            clips.append(f"meal-{meal.lower()}")
        first, _ = dose.names(t.language)
        parts = (first, dose.amount(t.language), t(MEAL[meal]) if meal else "")
        lines.append(", ".join(part for part in parts if part) + ".")
    return Spoken(tuple(clips), " ".join(lines))


def _amount(dose: Dose) -> list[str]:
    amount = decimal(dose.body.get("amount"))
    unit = str(dose.body.get("unit") or "OTHER").lower().replace("_", "-")
    if amount is None or amount > _MOST:
        return [f"unit-{unit}"]
    whole, part = divmod(amount, 1)
    said = [f"number-{int(whole)}"] if whole else []
    if part:
        said.append(f"number-{_FRACTIONS.get(part, 'half')}")
    return [*said, f"unit-{unit}"]
