"""How many caregivers and doctors the patient's plan allows (domain.md §1.6, §2.10)."""

from collections.abc import Iterable
from uuid import UUID

from apps.connections.models import Connection
from apps.connections.rules import Grant, Side
from apps.subscriptions.selectors import plan_of
from apps.subscriptions.services import plan_limit_require


def caregivers_max(patient_id: UUID) -> int | None:
    """The limit of the patient's plan; None for no limit."""
    return plan_of(patient_id).caregivers


def caregivers_require(patient_id: UUID, count: int) -> None:
    """Raises PlanLimit when ``count`` caregivers fill the patient's plan."""
    plan_limit_require(caregivers_max(patient_id), count)


def caregivers_within_plan(patient_id: UUID, grants: Iterable[Grant]) -> list[Grant]:
    """Of ``grants`` over a patient those of caregivers: the oldest links within the plan's limit (domain.md §2.10)."""
    by_link = {grant.connection_id: grant for grant in grants if grant.side is Side.CAREGIVER}
    oldest = Connection.objects.filter(pk__in=[link for link in by_link if link]).order_by("accepted_at", "id")
    kept = list(oldest.values_list("id", flat=True))[: caregivers_max(patient_id)]
    return [by_link[link] for link in kept]


def doctors_require(patient_id: UUID, count: int) -> None:
    """Raises PlanLimit when ``count`` doctors fill the patient's plan; the free plan has one."""
    plan_limit_require(plan_of(patient_id).doctors, count)
