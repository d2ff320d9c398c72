"""A family of the demo clinic on a plan: the payer, somebody seated, somebody invited."""

from apps.subscriptions.choices import Tier
from apps.subscriptions.services import seat_accept, seat_offer, subscription_give
from apps.users.models import User
from dastern.core import clock
from dastern.core.actor import SYSTEM, Actor

_DAYS = 60


def live_on_a_family_plan(payer: User, seated: User, invited: User) -> None:
    """``payer`` has the family plan, ``seated`` took a seat in it, ``invited`` has not answered yet."""
    subscription_give(
        actor=SYSTEM, user_id=payer.id, tier=Tier.FAMILY_PREMIUM, days=_DAYS, reason="Demo clinic", now=clock.now()
    )
    mine = Actor(id=payer.id, role=payer.role)
    seat = seat_offer(actor=mine, member_id=seated.id)
    seat_accept(actor=Actor(id=seated.id, role=seated.role), seat_id=seat.pk)
    seat_offer(actor=mine, member_id=invited.id)
