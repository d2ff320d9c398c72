"""Nudges: a caregiver's gentle reminder about one dose, two a dose."""

from datetime import datetime
from uuid import UUID

from django.db import IntegrityError, transaction

from apps.connections.errors import NoSuchNudge, NudgeLimit
from apps.connections.models import Connection, Nudge
from apps.notifications.choices import NotificationType
from apps.notifications.services import notification_send
from apps.users.models import User
from dastern.core.actor import Actor

MOST_NUDGES = 2


def nudges_remaining(connection_id: UUID, dose_id: UUID) -> int:
    """How many nudges the caregiver of this link has left for this dose."""
    return MOST_NUDGES - Nudge.objects.filter(connection_id=connection_id, dose_event_id=dose_id).count()


@transaction.atomic
def nudge_create(connection: Connection | UUID, dose_id: UUID, now: datetime) -> Nudge:
    """Write the next nudge of this link for this dose; numbers are unique, so that counting cannot race.

    Whether the caregiver may nudge and the dose is open is the caller's question. Raises NudgeLimit at the third.
    """
    connection_id = connection if isinstance(connection, UUID) else connection.id
    while (number := MOST_NUDGES - nudges_remaining(connection_id, dose_id) + 1) <= MOST_NUDGES:
        try:
            with transaction.atomic():
                return Nudge.objects.create(
                    connection_id=connection_id, dose_event_id=dose_id, number=number, sent_at=now
                )
        except IntegrityError:  # the same person nudged from another screen at this moment
            continue
    raise NudgeLimit


@transaction.atomic
def nudge_answer(*, actor: Actor, caregiver_id: UUID, dose_id: UUID, response: str, now: datetime) -> Nudge:
    """The patient answers the newest nudge of this caregiver about this dose; the caregiver is told, once a nudge.

    Answering again changes the words only. Raises NoSuchNudge when this caregiver never nudged about this dose.
    """
    nudges = Nudge.objects.select_for_update(of=("self",)).filter(
        connection__patient_id=actor.user_id, connection__status="ACCEPTED", dose_event_id=dose_id
    )
    sides = nudges.filter(connection__initiator_id=caregiver_id) | nudges.filter(connection__recipient_id=caregiver_id)
    nudge = sides.order_by("-number").first() if caregiver_id != actor.user_id else None
    if nudge is None:
        raise NoSuchNudge
    nudge.response, nudge.responded_at = response[:200], now
    nudge.save(update_fields=["response", "responded_at"])
    notification_send(
        recipient_id=caregiver_id,
        type=NotificationType.FAMILY_ALERT,
        template="connections.nudge_reply",
        context={"name": User.objects.get(pk=actor.user_id).full_name, "response": nudge.response},
        data={"patientId": str(actor.user_id), "doseId": str(dose_id), "nudgeId": str(nudge.id)},
        dedupe_key=f"nudge-reply:{nudge.id}",
        actor=actor,
    )
    return nudge
