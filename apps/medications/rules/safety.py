"""What is unsafe or unusual about a list of medicines: findings in three tiers (domain.md §7.5).

STOP needs a typed reason, WARN a reason by one tap, INFO stands inline. A medicine that is not in the catalogue
answers NOT_CHECKED, so that silence is never mistaken for safety.
"""

from collections.abc import Mapping, Sequence
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
    atc: str = ""
    flags: frozenset[str] = frozenset()
    unit: str = ""
    slot_amounts: tuple[Decimal, ...] = ()
    intakes_a_week: int = 7
    is_prn: bool = False


@dataclass(frozen=True, slots=True)
class Allergen:
    """An allergy to compare with: what the person called it, and what the catalogue knows it as.

    ``atc_groups`` are ATC prefixes for an allergy to a whole class ("penicillin"). With neither nothing can be
    compared, and that is said.
    """

    name: str
    substances: frozenset[str] = frozenset()
    atc_groups: tuple[str, ...] = ()
    reaction: str = ""

    @property
    def is_known(self) -> bool:
        """Whether medicines can be compared with it."""
        return bool(self.substances or self.atc_groups)

    def meets(self, medicine: "Checked") -> str | None:
        """What of the medicine the person is allergic to; None for nothing."""
        shared = {substance.casefold() for substance in self.substances} & (medicine.substances or frozenset())
        if shared:
            return ", ".join(sorted(shared))
        return self.name if medicine.atc and medicine.atc.startswith(self.atc_groups) else None


# Allergies to a class and the ATC groups that are the class itself, drops and creams included. Relatives of a class
# (a cephalosporin for a penicillin) are for the doctor to judge. A draft until a pharmacist signs.
_CLASSES: tuple[tuple[tuple[str, ...], tuple[str, ...]], ...] = (
    (("penicillin", "penicillins", "ប៉េនីស៊ីលីន"), ("J01C",)),
    (("cephalosporin", "cephalosporins", "សេផាឡូស្ពរីន"), ("J01DB", "J01DC", "J01DD", "J01DE")),
    (("sulfa", "sulfonamide", "sulfonamides", "ស៊ុលហ្វា"), ("J01E", "D06BA", "S01AB", "A07EC01")),
    (
        ("nsaid", "nsaids"),
        ("M01AA", "M01AB", "M01AC", "M01AE", "M01AG", "M01AH", "M02AA", "S01BC", "N02BA", "B01AC06"),
    ),
    (("quinolone", "quinolones", "fluoroquinolone", "fluoroquinolones"), ("J01M", "S01AE", "S02AA15", "S02AA16")),
    (("macrolide", "macrolides"), ("J01FA", "S01AA17", "D10AF02")),
    (("tetracycline", "tetracyclines"), ("J01AA", "S01AA09", "D06AA")),
)
ALLERGY_CLASSES: Mapping[str, tuple[str, ...]] = {name: groups for names, groups in _CLASSES for name in names}


@dataclass(frozen=True, slots=True)
class Finding:
    """One finding about ``keys``; ``params`` fill the sentence that belongs to ``code``."""

    tier: str
    code: str
    keys: tuple[str, ...]
    params: Mapping[str, str] = field(default_factory=dict)


def check(
    new: Sequence[Checked], standing: Sequence[Checked] = (), allergies: Sequence[Allergen] | None = None
) -> list[Finding]:
    """Findings about ``new`` medicines beside those that the patient takes already, worst first.

    ``allergies`` None: nobody knows them, and that is said; empty: the person has none.
    """
    found: list[Finding] = []
    unasked = tuple(medicine.key for medicine in new if medicine.substances is not None)
    if allergies is None and unasked:
        found.append(Finding("INFO", "ALLERGIES_NOT_CHECKED", unasked))
    for allergy in allergies or ():
        if not allergy.is_known and new:
            keys = tuple(medicine.key for medicine in new)
            found.append(Finding("INFO", "ALLERGY_NOT_CHECKED", keys, {"allergy": allergy.name}))
    for medicine in new:
        found += _of_one(medicine, allergies or ())
    for one, other in [*combinations(new, 2), *((a, b) for a in new for b in standing)]:
        if one.substances and other.substances and (shared := one.substances & other.substances):
            found.append(
                Finding(
                    "WARN", "DUPLICATE_THERAPY", (one.key, other.key),
                    {"name": one.name, "other": other.name, "substance": ", ".join(sorted(shared))},
                )
            )  # fmt: skip
    return sorted(found, key=lambda finding: TIERS.index(finding.tier))


def _of_one(medicine: Checked, allergies: Sequence[Allergen]) -> list[Finding]:
    about = {"name": medicine.name}
    if medicine.substances is None:
        return [Finding("INFO", "NOT_CHECKED", (medicine.key,), about), *_amounts(medicine)]
    found = [
        Finding("STOP", "ALLERGY", (medicine.key,), about | {"substance": met, "allergy": allergy.name})
        for allergy in allergies
        if (met := allergy.meets(medicine))
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
