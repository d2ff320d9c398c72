"""Endpoints of plans (domain.md §2.10)."""

from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response

from apps.subscriptions import selectors, services
from apps.subscriptions.api import serializers as shapes
from apps.subscriptions.choices import Tier
from apps.subscriptions.wire import family_wire, features_wire, limits_wire, plans_wire, subscription_wire
from dastern.core import clock, ratelimit
from dastern.core.api.views import ApiView


class MySubscriptionView(ApiView):
    """My plan."""

    @extend_schema(responses={200: shapes.SubscriptionOutput})
    def get(self, request: Request) -> Response:
        """The plan I am on."""
        me = self.actor().user_id
        found = selectors.subscription_of(me) or services.subscription_ensure(
            user_id=me, now=clock.now(), actor=self.actor()
        )
        return self.answer(subscription_wire(found, selectors.plan_of(me)))


class LimitsView(ApiView):
    """My limits."""

    @extend_schema(responses={200: shapes.LimitsOutput})
    def get(self, request: Request) -> Response:
        """What my plan limits."""
        return self.answer(limits_wire(selectors.plan_of(self.actor().user_id)))


class FeaturesView(ApiView):
    """My features."""

    @extend_schema(responses={200: shapes.FeaturesOutput})
    def get(self, request: Request) -> Response:
        """What my plan opens."""
        return self.answer(features_wire(selectors.plan_of(self.actor().user_id)))


class PlansView(ApiView):
    """The plan table."""

    permission_classes = [AllowAny]

    @extend_schema(responses={200: shapes.PlansOutput}, auth=[])
    def get(self, request: Request) -> Response:
        """Every plan with its price, for anybody."""
        return self.answer({"plans": plans_wire()})


class DowngradeView(ApiView):
    """A smaller plan."""

    @extend_schema(request=shapes.DowngradeInput, responses={200: shapes.SubscriptionOutput})
    def post(self, request: Request) -> Response:
        """Ask for a smaller plan from the end of what is paid on; the present plan withdraws the wish."""
        actor = self.actor()
        row = services.subscription_downgrade(actor=actor, tier=self.parse(shapes.DowngradeInput)["tier"])
        return self.answer(subscription_wire(row, selectors.plan_of(actor.user_id)))


class CancelView(ApiView):
    """The free plan from the end on."""

    @extend_schema(request=None, responses={200: shapes.SubscriptionOutput})
    def post(self, request: Request) -> Response:
        """Do not go on after what is paid; nothing changes before, and nothing is deleted then."""
        actor = self.actor()
        row = services.subscription_downgrade(actor=actor, tier=Tier.FREEMIUM)
        return self.answer(subscription_wire(row, selectors.plan_of(actor.user_id)))


class FamilyView(ApiView):
    """Seats."""

    @extend_schema(responses={200: shapes.FamilyOutput})
    def get(self, request: Request) -> Response:
        """The seats of my plan, what I was offered, and where I sit."""
        return self.answer(family_wire(selectors.family_of(self.actor().user_id)))


class FamilyAddView(ApiView):
    """Offer a seat."""

    @extend_schema(request=shapes.FamilyAddInput, responses={201: shapes.FamilyOutput})
    def post(self, request: Request) -> Response:
        """Offer a seat of my family plan; the person has to agree."""
        actor = self.actor()
        body = self.parse(shapes.FamilyAddInput)
        ratelimit.check(request, "family_invite", str(actor.user_id))
        services.seat_offer(actor=actor, member_id=body.get("member_id"), email=body.get("email", ""))
        return self.answer(family_wire(selectors.family_of(actor.user_id)), status=201)


class FamilyAcceptView(ApiView):
    """Take a seat."""

    @extend_schema(request=shapes.InvitationInput, responses={200: shapes.FamilyOutput})
    def post(self, request: Request) -> Response:
        """Take a seat that was offered to me. It shows nobody anything of mine."""
        actor = self.actor()
        services.seat_accept(actor=actor, seat_id=self.parse(shapes.InvitationInput)["invitation_id"])
        return self.answer(family_wire(selectors.family_of(actor.user_id)))


class FamilyDeclineView(ApiView):
    """Not wanted."""

    @extend_schema(request=shapes.InvitationInput, responses={200: shapes.FamilyOutput})
    def post(self, request: Request) -> Response:
        """Decline a seat that was offered to me."""
        actor = self.actor()
        services.seat_decline(actor=actor, seat_id=self.parse(shapes.InvitationInput)["invitation_id"])
        return self.answer(family_wire(selectors.family_of(actor.user_id)))


class FamilyMemberView(ApiView):
    """One seat."""

    @extend_schema(responses={204: None})
    def delete(self, request: Request, member_id: UUID) -> Response:
        """Take a seat back (its payer), or leave it (with my own id)."""
        services.seat_remove(actor=self.actor(), member_id=member_id)
        return self.answer(status=204)
