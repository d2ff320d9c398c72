"""A caregiver reminds gently of one dose (domain.md §2.3, scenarios 27 and 28)."""

from datetime import datetime
from uuid import UUID

from django.db import connection, transaction

from apps.connections.access import access_denied, access_grant, access_seen
from apps.connections.choices import Ability
from apps.connections.rules import Grant, Side, may
from apps.connections.services.nudges import nudge_answer, nudge_create, nudges_remaining
from apps.doses.errors import DoseClosed
from apps.doses.rules.windows import CLOSES
from apps.notifications.choices import NotificationType
from apps.notifications.services import notification_send
from apps.users.models import User
from dastern.core import clock, localtime
from dastern.core.actor import Actor
from dastern.core.errors import Forbidden, NotFound
from dastern.sync.feed import feed_lock

_DOSE = """
SELECT d.prescription_id, d.scheduled_time, d.status, m.private
FROM doses_doseevent d JOIN medications_medication m ON m.id = d.medication_id
WHERE d.id = %s AND d.patient_id = %s
"""


def dose_nudge(*, actor: Actor, patient_id: UUID, dose_id: UUID, now: datetime | None = None) -> int:
    """Remind the patient of a dose that is open: due or missed, its time come, not older than a day.

    Returns how many nudges this caregiver has left for it. Raises NotFound (stranger, or not visible), Forbidden (the
    level does not allow it), DoseClosed, NudgeLimit.
    """
    moment = now or clock.now()
    grant = access_grant(actor.user_id, patient_id, now=moment)
    dose = _visible(actor, grant, dose_id)
    if dose is None:
        access_denied(actor, patient_id, resource_type="dose", resource_id=dose_id, ability=Ability.NUDGE)
        raise NotFound if grant.side in {Side.NONE, Side.SELF} or may(grant, Ability.NUDGE) else Forbidden
    scheduled, status = dose
    with transaction.atomic():
        feed_lock([patient_id])
        if status not in {"DUE", "MISSED"} or not scheduled <= moment <= scheduled + CLOSES:
            raise DoseClosed
        assert grant.connection_id is not None
        nudge = nudge_create(grant.connection_id, dose_id, moment)
        people = User.objects.in_bulk([actor.user_id, patient_id])
        here = localtime.local_time(scheduled, people[patient_id].timezone)
        notification_send(
            recipient_id=patient_id,
            type=NotificationType.FAMILY_ALERT,
            template="doses.nudge",
            context={"name": people[actor.user_id].full_name, "time": f"{here:%H:%M}"},
            data={
                "patientId": str(patient_id),
                "doseId": str(dose_id),
                "caregiverId": str(actor.user_id),
                "nudgeId": str(nudge.id),
            },
            actor=actor,
        )
    access_seen(actor, patient_id, resource_type="dose", resource_id=dose_id, ability=Ability.NUDGE, now=moment)
    assert grant.connection_id is not None
    return nudges_remaining(grant.connection_id, dose_id)


def _visible(actor: Actor, grant: Grant, dose_id: UUID) -> tuple[datetime, str] | None:
    if grant.side is Side.SELF or not may(grant, Ability.NUDGE):
        return None
    with connection.cursor() as cursor:
        cursor.execute(_DOSE, [dose_id, grant.patient_id])
        row = cursor.fetchone()
    if row is None or row[3] or not may(grant, Ability.NUDGE, prescription_id=row[0]):
        return None
    return row[1], row[2]


__all__ = ["dose_nudge", "nudge_answer"]
