"""Outbox handlers: who is told of readings and calls for help.

Each asks again what stands now: a resolved alert is not told, a grant that ended gets nothing. No text carries a
number, a medicine or a diagnosis (domain.md §7.6): the reading is seen in the app.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from apps.connections.access import access_grants_over_patients
from apps.connections.choices import Ability
from apps.connections.plan import caregivers_within_plan
from apps.connections.rules import Side, may
from apps.health_monitoring import topics
from apps.health_monitoring.choices import AlertSeverity, AlertType, ProposalState, VitalType
from apps.health_monitoring.models import HealthAlert, ThresholdProposal
from apps.health_monitoring.services.emergency import recipients_of_call
from apps.health_monitoring.wire import URGENT
from apps.notifications.choices import NotificationType
from apps.notifications.models import Notification, NotifiedSubject
from apps.notifications.services import notification_send
from apps.users.choices import AccountStatus
from apps.users.models import User
from dastern.core import clock, localtime
from dastern.outbox import registry
from dastern.outbox.models import OutboxMessage
from dastern.sync.feed import feed_lock

MEDIUM_AGAIN: Final = timedelta(hours=24)
ARRIVED_LATE: Final = timedelta(minutes=15)


def _alerts(messages: Sequence[OutboxMessage]) -> list[HealthAlert]:
    """The alerts that these messages name and that are still what was announced, oldest first."""
    wanted = {UUID(message.payload["alertId"]): message.payload.get("severity") for message in messages}
    rows = HealthAlert.objects.filter(pk__in=wanted).select_related("patient", "vital").order_by("occurred_at", "id")
    living = rows.exclude(patient__account_status=AccountStatus.DELETION_PENDING)
    return [alert for alert in living if wanted[alert.pk] in {None, alert.severity}]


def _context(alert: HealthAlert, now: datetime) -> dict[str, Any]:
    patient = alert.patient
    zone = patient.timezone
    here = localtime.local_time(alert.last_at, zone)
    at = f"{here:%H:%M}"
    if localtime.local_date(alert.last_at, zone) != localtime.local_date(now, zone):
        at = f"{localtime.local_date(alert.last_at, zone):%d/%m} {at}"
    return {
        "name": patient.full_name,
        "time": at,
        "what": VitalType(alert.vital_type).label if alert.vital_type else "",
        "level": AlertSeverity(alert.severity).label,
    }


def _data(alert: HealthAlert, **more: Any) -> dict[str, Any]:
    return {
        "patientId": str(alert.patient_id),
        "alertId": str(alert.pk),
        "severity": alert.severity,
        **({"vitalType": alert.vital_type} if alert.vital_type else {}),
        **({"critical": True} if alert.severity in URGENT else {}),
        **more,
    }


def _tell(
    recipient_id: UUID,
    alert: HealthAlert,
    template: str,
    about: str,
    now: datetime,
    type: NotificationType = NotificationType.VITAL_ANOMALY,  # noqa: A002  (the field's own name)
    **data: Any,
) -> None:
    notification_send(
        recipient_id=recipient_id,
        type=type,
        template=template,
        context=_context(alert, now),
        data=_data(alert, **data),
        subjects=[f"{about}:{alert.pk}"],
    )


def links_to_alert(patient_id: UUID, now: datetime) -> list[UUID]:
    """Doctors and, within the plan's limit, caregivers who see vitals and whose alerts are on."""
    grants = access_grants_over_patients([patient_id], now=now)
    entitled = [grant for grant in grants if grant.side is Side.DOCTOR]
    entitled += caregivers_within_plan(patient_id, grants)
    return sorted({grant.viewer_id for grant in entitled if may(grant, Ability.RECEIVE_VITAL_ALERTS)})


def alert_tell(messages: Sequence[OutboxMessage]) -> None:
    """Tell of a new or graver alert: MEDIUM to links at most once a type in 24 hours, HIGH and CRITICAL to all."""
    now = clock.now()
    for alert in _alerts(messages):
        if alert.is_resolved:
            continue
        links = links_to_alert(alert.patient_id, now)
        feed_lock([alert.patient_id, *links])
        about = f"vital-{alert.severity}"
        _tell(alert.patient_id, alert, f"health.own_{_tone(alert)}", about, now)
        if alert.severity not in URGENT:
            links = _not_told_lately(links, alert, now)
        for recipient in links:
            _tell(recipient, alert, f"health.link_{_tone(alert)}", about, now)


def _tone(alert: HealthAlert) -> str:
    return "urgent" if alert.severity in URGENT else "mild"


def _not_told_lately(links: Sequence[UUID], alert: HealthAlert, now: datetime) -> list[UUID]:
    told = Notification.objects.filter(
        recipient_id__in=links, type=NotificationType.VITAL_ANOMALY, created_at__gt=now - MEDIUM_AGAIN,
        data__patientId=str(alert.patient_id), data__vitalType=alert.vital_type, data__has_key="alertId",
    )  # fmt: skip
    heard = set(told.values_list("recipient_id", flat=True))
    return [link for link in links if link not in heard]


def unseen_tell(messages: Sequence[OutboxMessage]) -> None:
    """Half an hour later nobody has seen a HIGH or CRITICAL alert: it is told once more, never again."""
    now = clock.now()
    for alert in _alerts(messages):
        if alert.is_resolved or alert.acknowledged_at or alert.severity not in URGENT:
            continue
        call = alert.alert_type == AlertType.EMERGENCY_MANUAL
        links = recipients_of_call(alert.patient_id, now) if call else links_to_alert(alert.patient_id, now)
        feed_lock([alert.patient_id, *links])
        mine = HealthAlert.objects.filter(pk=alert.pk, repeated_at=None, acknowledged_at=None, is_resolved=False)
        if not mine.update(repeated_at=now):
            continue
        kind = NotificationType.EMERGENCY_ALERT if call else NotificationType.VITAL_ANOMALY
        if not call:
            _tell(alert.patient_id, alert, "health.own_urgent", "vital-unseen", now)
        for recipient in links:
            _tell(recipient, alert, "health.sos" if call else "health.link_unseen", "vital-unseen", now, kind)


def withdrawn_tell(messages: Sequence[OutboxMessage]) -> None:
    """Whoever was told of a reading that was a mistake hears that it was one."""
    now = clock.now()
    for alert in _alerts(messages):
        about = [f"vital-{severity}:{alert.pk}" for severity in AlertSeverity.values]
        told = set(NotifiedSubject.objects.filter(subject__in=about).values_list("recipient_id", flat=True))
        still = {grant.viewer_id for grant in access_grants_over_patients([alert.patient_id], now=now)}
        for recipient in sorted((told & still) - {alert.patient_id}):
            _tell(recipient, alert, "health.withdrawn", "vital-withdrawn", now)


def sos_tell(messages: Sequence[OutboxMessage]) -> None:
    """Everybody with an accepted link hears at once; a call that was queued says its real time, and asks back."""
    now = clock.now()
    for alert in _alerts(messages):
        if alert.is_resolved:
            continue
        late = now - alert.occurred_at > ARRIVED_LATE
        recipients = recipients_of_call(alert.patient_id, now)
        feed_lock([alert.patient_id, *recipients])
        for recipient in recipients:
            _tell(
                recipient, alert, "health.sos_late" if late else "health.sos", "sos", now,
                NotificationType.EMERGENCY_ALERT,
            )  # fmt: skip
        if late:
            _tell(
                alert.patient_id, alert, "health.sos_still", "sos", now, NotificationType.EMERGENCY_ALERT,
                question="STILL_NEED_HELP",
            )  # fmt: skip


def safe_tell(messages: Sequence[OutboxMessage]) -> None:
    """Everybody who was called hears that the person is safe."""
    now = clock.now()
    for alert in _alerts(messages):
        told = NotifiedSubject.objects.filter(subject=f"sos:{alert.pk}").values_list("recipient_id", flat=True)
        linked = set(recipients_of_call(alert.patient_id, now))
        for recipient in sorted(set(told) & linked):
            _tell(recipient, alert, "health.safe", "sos-safe", now, NotificationType.EMERGENCY_ALERT)


def proposed_tell(messages: Sequence[OutboxMessage]) -> None:
    """The patient hears that a doctor proposes a range."""
    for proposal in _proposals(messages):
        if proposal.state == ProposalState.PROPOSED:
            _tell_of(proposal, proposal.patient_id, "health.proposed", proposal.doctor)


def decided_tell(messages: Sequence[OutboxMessage]) -> None:
    """The doctor hears what the patient decided, while the link holds."""
    now = clock.now()
    for proposal in _proposals(messages):
        grants = access_grants_over_patients([proposal.patient_id], now=now)
        if proposal.doctor_id in {grant.viewer_id for grant in grants}:
            accepted = proposal.state == ProposalState.ACCEPTED
            template = "health.proposal_accepted" if accepted else "health.proposal_declined"
            _tell_of(proposal, proposal.doctor_id, template, proposal.patient)


def _proposals(messages: Sequence[OutboxMessage]) -> list[ThresholdProposal]:
    wanted = [UUID(message.payload["proposalId"]) for message in messages]
    return list(ThresholdProposal.objects.filter(pk__in=wanted).select_related("doctor", "patient"))


def _tell_of(proposal: ThresholdProposal, recipient_id: UUID, template: str, by: User) -> None:
    context: Mapping[str, Any] = {"name": by.full_name, "what": VitalType(proposal.vital_type).label}
    notification_send(
        recipient_id=recipient_id,
        type=NotificationType.VITAL_ANOMALY,
        template=template,
        context=context,
        data={"patientId": str(proposal.patient_id), "proposalId": str(proposal.pk)},
        subjects=[f"{template}:{proposal.pk}"],
    )


def register() -> None:
    """Register the handlers (once, from ``ready``)."""
    registry.register(topics.ALERT, alert_tell, grouped=True)
    registry.register(topics.UNSEEN, unseen_tell, grouped=True)
    registry.register(topics.WITHDRAWN, withdrawn_tell)
    registry.register(topics.SOS, sos_tell)
    registry.register(topics.SAFE, safe_tell)
    registry.register(topics.PROPOSED, proposed_tell)
    registry.register(topics.DECIDED, decided_tell)
