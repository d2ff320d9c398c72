"""Endpoints of plans (domain.md §2.10)."""

from drf_spectacular.utils import extend_schema
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response

from apps.subscriptions import selectors, services
from apps.subscriptions.api import serializers as shapes
from apps.subscriptions.wire import features_wire, limits_wire, plans_wire, subscription_wire
from dastern.core import clock
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
