"""Grace period, meal times, notification switches."""

from collections.abc import Mapping
from datetime import time
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from apps.users import registry
from apps.users.models import MealTimePreference, NotificationPreference, User
from apps.users.selectors import user_of
from apps.users.services.profile import profile_audit
from dastern.core import clock
from dastern.core.actor import Actor
from dastern.core.errors import Invalid
from dastern.sync.feed import feed_lock


@transaction.atomic
def grace_set(*, actor: Actor, minutes: int) -> User:
    """How long after its time a dose counts as on time; only doses still ahead are re-stamped (domain.md §2.2)."""
    now = clock.now()
    feed_lock([actor.user_id])
    user = user_of(actor.user_id)
    if user.grace_period_minutes != minutes:
        user.grace_period_minutes = minutes
        user.save()
        profile_audit(user, actor, ["grace_period_minutes"])
        registry.changed(registry.GRACE, user, now)
    return user


@transaction.atomic
def meal_times_set(*, actor: Actor, morning: time, noon: time, evening: time) -> User:
    """When the patient eats; future doses without a clock time of their own move.

    Times that are set already change nothing; choosing the usual ones for the first time keeps them as chosen.
    """
    now = clock.now()
    feed_lock([actor.user_id])
    same = MealTimePreference.objects.filter(
        user_id=actor.user_id, morning_meal=morning, afternoon_meal=noon, night_meal=evening
    )
    if same.exists():
        return user_of(actor.user_id)
    MealTimePreference.objects.update_or_create(
        user_id=actor.user_id,
        defaults={"morning_meal": morning, "afternoon_meal": noon, "night_meal": evening},
    )
    user = user_of(actor.user_id)
    profile_audit(user, actor, ["meal_times"])
    registry.changed(registry.MEAL_TIMES, user, now)
    return user


@transaction.atomic
def notification_settings_set(*, actor: Actor, changes: Mapping[str, Any]) -> User:
    """Change the switches named in ``changes``; the others stay. Raises Invalid for half of the quiet hours."""
    feed_lock([actor.user_id])
    fields = dict(changes)
    _quiet_hours_require(actor.user_id, fields)
    family = fields.pop("family_alert_minutes", None)
    if fields:
        NotificationPreference.objects.update_or_create(user_id=actor.user_id, defaults=fields)
    if family is not None:
        family_alert_set(actor=actor, minutes=family)
    return user_of(actor.user_id)


def _quiet_hours_require(user_id: UUID, fields: Mapping[str, Any]) -> None:
    kept: Mapping[str, Any] = (
        NotificationPreference.objects.filter(user_id=user_id).values("quiet_from", "quiet_until").first() or {}
    )
    start, end = (fields[name] if name in fields else kept.get(name) for name in ("quiet_from", "quiet_until"))
    if (start is None) != (end is None):
        missing = "quietFrom" if start is None else "quietUntil"
        raise Invalid(errors=[(missing, _("Give the beginning and the end of the quiet hours."))])


@transaction.atomic
def family_alert_set(*, actor: Actor, minutes: int) -> User:
    """When the family hears of a dose that nobody recorded: 30 to 240 minutes after its time (domain.md §7.2)."""
    feed_lock([actor.user_id])
    user = user_of(actor.user_id)
    if user.family_alert_minutes != minutes:
        user.family_alert_minutes = minutes
        user.save()
        profile_audit(user, actor, ["family_alert_minutes"])
    return user
