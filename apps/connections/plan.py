"""How many caregivers the patient's plan allows (domain.md §1.6)."""

from uuid import UUID

from apps.subscriptions.selectors import plan_of
from apps.subscriptions.services import plan_limit_require


def caregivers_max(patient_id: UUID) -> int | None:
    """The limit of the patient's plan; None for no limit."""
    return plan_of(patient_id).caregivers


def caregivers_require(patient_id: UUID, count: int) -> None:
    """Raises PlanLimit when ``count`` caregivers fill the patient's plan."""
    plan_limit_require(caregivers_max(patient_id), count)
