"""Findings of the safety check in words (domain.md §7.5)."""

from collections.abc import Sequence
from typing import Any

from django.utils.translation import gettext_lazy as _

from apps.medications.models import Medication
from apps.medications.rules import safety
from apps.medications.selectors import checked_of

_WORDS = {
    "NOT_CHECKED": _("%(name)s is not in the catalogue: allergies and duplicates were not checked."),
    "ALLERGIES_NOT_CHECKED": _("Allergies were not checked: none are recorded for this patient."),
    "ALLERGY": _("The patient is allergic to %(substance)s, which is in %(name)s."),
    "ALLERGY_NOT_CHECKED": _("The allergy to %(allergy)s was not checked: the catalogue does not know it."),
    "WEEKLY_ONLY": _("%(name)s is taken once a week. More often can kill."),
    "HIGH_ALERT": _("%(name)s is a high-alert medicine: check amount and times again."),
    "DUPLICATE_THERAPY": _("%(name)s and %(other)s both contain %(substance)s."),
    "AMOUNT_UNUSUAL": _("%(amount)s at one time is more than usual for %(name)s (%(limit)s). Is it right?"),
}


def medication_warnings(
    new: Sequence[Medication],
    standing: Sequence[Medication] = (),
    allergies: Sequence[safety.Allergen] | None = None,
) -> list[dict[str, Any]]:
    """Findings about ``new`` beside what is taken already, worst first: tier, code, keys (medicine ids), message.

    ``allergies`` as the health profile has them; None: nobody knows.
    """
    return [
        {
            "tier": finding.tier,
            "code": finding.code,
            "keys": list(finding.keys),
            "message": str(_WORDS[finding.code]) % finding.params,
        }
        for finding in safety.check(checked_of(new), checked_of(standing), allergies)
    ]


def allergies_unknown() -> str:
    """What stands where a patient's allergies would: nobody recorded any, so nothing is checked against them."""
    return str(_WORDS["ALLERGIES_NOT_CHECKED"])
