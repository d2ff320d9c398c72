"""Done, later, a remark: what a doctor decides about a row of the worklist."""

from datetime import timedelta

from django.db import transaction

from apps.doctor_dashboard.choices import MarkState
from apps.doctor_dashboard.models import WorklistMark
from apps.doctor_dashboard.selectors.sight import doctor_grants
from apps.doctor_dashboard.selectors.worklist import worklist_items
from dastern.core import clock
from dastern.core.actor import Actor
from dastern.core.errors import NotFound

SNOOZE_DAYS = (1, 3, 7)


@transaction.atomic
def worklist_mark(
    *, actor: Actor, key: str, state: str | None = None, days: int | None = None, remark: str | None = None
) -> WorklistMark:
    """Decide about one row. ``state`` or ``remark`` None keeps what stands; ``days`` says how long "later" is.

    Raises NotFound for a row that is not on this doctor's worklist (any more).
    """
    now = clock.now()
    item = next(
        (item for item in worklist_items(actor, doctor_grants(actor, now=now), now=now) if item.key == key), None
    )
    if item is None:
        raise NotFound
    mark = WorklistMark.objects.select_for_update().filter(doctor_id=actor.user_id, key=key).first()
    mark = mark or WorklistMark(doctor_id=actor.user_id, key=key, patient_id=item.patient_id, kind=item.kind)
    if state is not None:
        mark.state = MarkState(state)
        mark.until = now + timedelta(days=days or SNOOZE_DAYS[0]) if state == MarkState.SNOOZED else None
    if remark is not None:
        mark.remark = remark
    mark.marked_by_id, mark.marked_at = actor.user_id, now
    mark.save()
    return mark
