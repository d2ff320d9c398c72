"""What is unsafe or unusual about a list of medicines: findings in three tiers (domain.md §7.5).

STOP needs a typed reason, WARN a reason by one tap, INFO stands inline. A medicine that is not in the catalogue
answers NOT_CHECKED, so that silence is never mistaken for safety.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import combinations

TIERS = ("STOP", "WARN", "INFO")
# Above these amounts a slot is asked again; insulin counts in units.
SLOT_LIMITS: Mapping[str, Decimal] = {
    "TABLET": Decimal(4), "CAPSULE": Decimal(4), "ML": Decimal(30), "UNIT": Decimal(50),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Checked:
    """What the checks need of one medicine. ``substances`` is None when the catalogue does not know it."""

    key: str
    name: str
    substances: frozenset[str] | None
    flags: frozenset[str] = frozenset()
    unit: str = ""
    slot_amounts: tuple[Decimal, ...] = ()
    intakes_a_week: int = 7
    is_prn: bool = False


@dataclass(frozen=True, slots=True)
class Finding:
    """One finding about ``keys``; ``params`` fill the sentence that belongs to ``code``."""

    tier: str
    code: str
    keys: tuple[str, ...]
    params: Mapping[str, str] = field(default_factory=dict)


def check(
    new: Sequence[Checked], standing: Sequence[Checked] = (), allergies: Iterable[str] | None = None
) -> list[Finding]:
    """Findings about ``new`` medicines beside those that the patient takes already, worst first.

    ``allergies`` None: nobody knows them, and that is said.
    """
    known_allergies = {allergy.casefold() for allergy in allergies or ()}
    found: list[Finding] = []
    unasked = tuple(medicine.key for medicine in new if medicine.substances is not None)
    if allergies is None and unasked:
        found.append(Finding("INFO", "ALLERGIES_NOT_CHECKED", unasked))
    for medicine in new:
        found += _of_one(medicine, known_allergies)
    for one, other in [*combinations(new, 2), *((a, b) for a in new for b in standing)]:
        if one.substances and other.substances and (shared := one.substances & other.substances):
            found.append(
                Finding(
                    "WARN", "DUPLICATE_THERAPY", (one.key, other.key),
                    {"name": one.name, "other": other.name, "substance": ", ".join(sorted(shared))},
                )
            )  # fmt: skip
    return sorted(found, key=lambda finding: TIERS.index(finding.tier))


def _of_one(medicine: Checked, allergies: set[str]) -> list[Finding]:
    about = {"name": medicine.name}
    if medicine.substances is None:
        return [Finding("INFO", "NOT_CHECKED", (medicine.key,), about), *_amounts(medicine)]
    found = [
        Finding("STOP", "ALLERGY", (medicine.key,), about | {"substance": substance})
        for substance in sorted(medicine.substances)
        if substance.casefold() in allergies
    ]
    if "weeklyOnly" in medicine.flags and (medicine.is_prn or medicine.intakes_a_week > 1):
        found.append(Finding("STOP", "WEEKLY_ONLY", (medicine.key,), about))
    if "highAlert" in medicine.flags:
        found.append(Finding("INFO", "HIGH_ALERT", (medicine.key,), about))
    return [*found, *_amounts(medicine)]


def _amounts(medicine: Checked) -> list[Finding]:
    limit = SLOT_LIMITS.get(medicine.unit)
    most = max(medicine.slot_amounts, default=Decimal())
    if limit is None or most <= limit:
        return []
    params = {"name": medicine.name, "amount": str(most), "limit": str(limit)}
    return [Finding("WARN", "AMOUNT_UNUSUAL", (medicine.key,), params)]
