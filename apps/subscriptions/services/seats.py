"""Seats of a family plan: offered by the payer, taken only with the consent of whom they are for.

A seat gives rights of the plan and shows nobody anything: data is shown by links alone.
Lock order: the feeds of both people, sorted; then the payer's subscription.
"""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction

from apps.audit.choices import AuditAction
from apps.audit.services import audit_record
from apps.notifications.choices import NotificationType
from apps.notifications.services import notification_send
from apps.subscriptions.choices import SeatStatus, SubscriptionStatus, Tier
from apps.subscriptions.errors import FamilyFull, OwnSeat, SeatedElsewhere, SeatOffered
from apps.subscriptions.models import FamilyMember, Subscription
from apps.subscriptions.rules import Feature, members_max, plan_named
from apps.subscriptions.selectors import family_people
from apps.subscriptions.services.plan import seat_lost, subscription_ensure
from apps.users.choices import USABLE_STATUSES, Role
from apps.users.models import User
from dastern.core import clock
from dastern.core.actor import Actor
from dastern.core.errors import FeatureLocked, NotFound
from dastern.sync.feed import feed_lock

_SEATED_ROLES = (Role.PATIENT, Role.FAMILY_MEMBER)


@transaction.atomic
def seat_offer(*, actor: Actor, member_id: UUID | None = None, email: str = "") -> FamilyMember:
    """The payer of a family plan invites somebody, by id or e-mail address.

    Raises FeatureLocked (another plan), NotFound (nobody who could be seated), OwnSeat, FamilyFull, SeatOffered.
    """
    now = clock.now()
    _family_plan_require(Subscription.objects.filter(user_id=actor.user_id).first())
    named = {"pk": member_id} if member_id else {"email__iexact": email.strip()}
    member = User.objects.filter(role__in=_SEATED_ROLES, account_status__in=USABLE_STATUSES, **named).first()
    if member is None:
        raise NotFound
    if member.id == actor.user_id:
        raise OwnSeat
    feed_lock([actor.user_id, member.id])
    row = Subscription.objects.select_for_update(of=("self",)).get(user_id=actor.user_id)
    limit = _family_plan_require(row)
    seats = FamilyMember.objects.filter(subscription=row)
    if seats.filter(member=member).exists():
        raise SeatOffered
    if (count := seats.count()) >= limit:
        raise FamilyFull(extra={"limit": limit, "count": count})
    seat = FamilyMember.objects.create(subscription=row, member=member, added_at=now)
    _audit(seat, actor, "SEAT_OFFERED", patient_id=actor.user_id)
    _tell(member.id, "subscriptions.seat_offered", actor.user_id, seat, actor)
    return seat


@transaction.atomic
def seat_accept(*, actor: Actor, seat_id: UUID) -> FamilyMember:
    """Whom the seat was offered to takes it; Premium holds from now on. Again is no error.

    Raises NotFound (offered to somebody else, or withdrawn), FeatureLocked (the plan ended), SeatedElsewhere.
    """
    now = clock.now()
    seat = _mine(actor, seat_id)
    if seat.status == SeatStatus.ACTIVE:
        return seat
    _family_plan_require(seat.subscription)
    try:
        with transaction.atomic():
            FamilyMember.objects.filter(pk=seat.pk).update(status=SeatStatus.ACTIVE, accepted_at=now)
    except IntegrityError as error:
        raise SeatedElsewhere from error
    subscription_ensure(user_id=actor.user_id, now=now)
    seat.refresh_from_db()
    _audit(seat, actor, "SEAT_TAKEN", patient_id=actor.user_id)
    _tell(seat.subscription.user_id, "subscriptions.seat_taken", actor.user_id, seat, actor)
    return seat


@transaction.atomic
def seat_decline(*, actor: Actor, seat_id: UUID) -> None:
    """Whom the seat was offered to does not want it; the payer is not told who declined. Raises NotFound."""
    seat = _mine(actor, seat_id)
    if seat.status != SeatStatus.INVITED:
        raise NotFound
    _audit(seat, actor, "SEAT_DECLINED", patient_id=actor.user_id)
    seat.delete()


@transaction.atomic
def seat_remove(*, actor: Actor, member_id: UUID) -> None:
    """The payer takes a seat or an offer back, or somebody seated (``member_id`` is the actor) leaves.

    Raises NotFound.
    """
    now = clock.now()
    if member_id == actor.user_id:
        found = FamilyMember.objects.filter(member_id=member_id, status=SeatStatus.ACTIVE).first()
    else:
        found = FamilyMember.objects.filter(subscription__user_id=actor.user_id, member_id=member_id).first()
    if found is None:
        raise NotFound
    seat = _locked(found.pk)
    was_active, row, member = seat.status == SeatStatus.ACTIVE, seat.subscription, seat.member
    left = member_id == actor.user_id
    _audit(seat, actor, "SEAT_LEFT" if left else "SEAT_TAKEN_BACK", patient_id=member_id)
    seat.delete()
    if left:
        _tell(row.user_id, "subscriptions.seat_left", actor.user_id, None, actor)
    if was_active:
        seat_lost(member, row, now=now, cause="LEFT" if left else "REMOVED")


def seats_end(user: User, actor: Actor, now: datetime) -> None:
    """Somebody asked for the deletion of the account: seats given and taken end."""
    feed_lock(family_people(user.id))
    for seat in list(FamilyMember.objects.filter(subscription__user=user).select_related("member", "subscription")):
        seat_remove(actor=actor, member_id=seat.member_id)
    for seat in list(FamilyMember.objects.filter(member=user).select_related("subscription")):
        if seat.status == SeatStatus.ACTIVE:
            seat_remove(actor=actor, member_id=user.id)
        else:
            seat_decline(actor=actor, seat_id=seat.pk)


def _family_plan_require(row: Subscription | None) -> int:
    """How many people the plan seats beside the payer. Raises FeatureLocked for a plan without seats."""
    limit = members_max(plan_named(row.tier)) if row and row.status != SubscriptionStatus.EXPIRED else 0
    if not limit:
        raise FeatureLocked(extra={"feature": str(Feature.FAMILY_SEATS), "tier": Tier.FAMILY_PREMIUM.value})
    return limit


def _mine(actor: Actor, seat_id: UUID) -> FamilyMember:
    if not FamilyMember.objects.filter(pk=seat_id, member_id=actor.user_id).exists():
        raise NotFound
    return _locked(seat_id)


def _locked(seat_id: UUID) -> FamilyMember:
    """The seat with both feeds, the subscription and the seat locked. Raises NotFound when it went meanwhile."""
    people = FamilyMember.objects.filter(pk=seat_id).values_list("member_id", "subscription__user_id").first()
    if people is None:
        raise NotFound
    feed_lock(people)
    seat = (
        FamilyMember.objects.select_for_update(of=("subscription", "self"))
        .select_related("subscription", "member")
        .filter(pk=seat_id)
        .first()
    )
    if seat is None:
        raise NotFound
    return seat


def _audit(seat: FamilyMember, actor: Actor, event: str, *, patient_id: UUID) -> None:
    audit_record(
        AuditAction.SUBSCRIPTION_CHANGE,
        actor=actor,
        resource_type="subscription",
        resource_id=seat.subscription_id,
        patient_id=patient_id,
        details={"event": event, "memberId": str(seat.member_id)},
    )


def _tell(recipient_id: UUID, template: str, sender_id: UUID, seat: FamilyMember | None, actor: Actor) -> None:
    sender = User.objects.only("full_name").get(pk=sender_id)
    data: dict[str, Any] = {"invitationId": str(seat.pk)} if seat else {}
    notification_send(
        recipient_id=recipient_id,
        type=NotificationType.SUBSCRIPTION_UPDATE,
        template=template,
        context={"name": sender.full_name},
        data=data,
        actor=actor,
    )
