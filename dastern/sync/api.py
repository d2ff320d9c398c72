"""POST sync/push and GET sync/pull (domain.md §2.18)."""

from typing import Any, cast

from django.http import HttpResponse
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request

from dastern.core import clock
from dastern.core.api.renderers import fast_response
from dastern.core.api.serializers import StrictSerializer
from dastern.core.api.views import ApiView
from dastern.core.localtime import iso
from dastern.sync import selectors, services
from dastern.sync.wire import MOST_ACTS


class ActSerializer(StrictSerializer):
    """One act of a phone; ``data`` depends on the kind."""

    local_id = serializers.UUIDField()
    kind = serializers.CharField(max_length=32)
    patient_id = serializers.UUIDField()
    object_id = serializers.UUIDField(allow_null=True)
    at = serializers.DateTimeField()
    recorded_at = serializers.DateTimeField()
    data = serializers.DictField()  # type: ignore[assignment]  # the wire's word; the metaclass takes it off the class


class PushSerializer(StrictSerializer):
    """The envelope of a push. Acts are judged one by one: a malformed one is REJECTED, the others are not."""

    device_id = serializers.CharField(max_length=64)
    sent_at = serializers.DateTimeField()
    acts = ActSerializer(many=True, max_length=MOST_ACTS)  # type: ignore[call-arg]  # the list's, DRF hands it on


class ActAnswerSerializer(StrictSerializer):
    """What became of an act; ``object`` has the shape of the single GET."""

    local_id = serializers.CharField(allow_null=True)
    outcome = serializers.ChoiceField(["APPLIED", "MERGED", "SERVER_WINS", "REJECTED"])
    code = serializers.CharField(allow_null=True)
    resource = serializers.CharField(allow_null=True)
    object = serializers.DictField(allow_null=True)


class PushAnswerSerializer(StrictSerializer):
    """Answers in the order sent."""

    server_time = serializers.DateTimeField()
    results = ActAnswerSerializer(many=True)


class ChangeSerializer(StrictSerializer):
    """The newest state of one object; a deleted one has no object."""

    resource = serializers.CharField()
    id = serializers.UUIDField()
    patient_id = serializers.UUIDField()
    revision = serializers.IntegerField()
    deleted = serializers.BooleanField()
    object = serializers.DictField(allow_null=True)


class PullAnswerSerializer(StrictSerializer):
    """A page of changes. ``reset``: take everything again; ``purge``: forget these patients."""

    server_time = serializers.DateTimeField()
    cursor = serializers.CharField()
    has_more = serializers.BooleanField()
    reset = serializers.BooleanField()
    purge = serializers.ListField(child=serializers.UUIDField())
    changes = ChangeSerializer(many=True)


class PushView(ApiView):
    """Acts of a phone. The local id makes a repeat harmless, so Idempotency-Key is not looked at."""

    honours_idempotency_key = False

    @extend_schema(request=PushSerializer, responses={200: PushAnswerSerializer}, tags=["sync"])
    def post(self, request: Request) -> HttpResponse:
        """Judge the acts."""
        received = clock.now()
        results = services.sync_push(actor=self.actor(), body=cast("dict[str, Any]", request.data), now=received)
        return fast_response({"serverTime": iso(received), "results": results})


class PullView(ApiView):
    """Changes of the own feed and of granted ones."""

    @extend_schema(
        parameters=[
            OpenApiParameter("cursor", str, description="as the last page gave it; without it everything is sent"),
            OpenApiParameter("limit", {"type": "integer", "minimum": 1, "maximum": 200, "default": 200}),
        ],
        responses={200: PullAnswerSerializer},
        tags=["sync"],
    )
    def get(self, request: Request) -> HttpResponse:
        """One page."""
        limit = selectors.page_limit(request.query_params.get("limit"))
        page = selectors.sync_pull(self.actor(), cursor=request.query_params.get("cursor"), limit=limit)
        return fast_response(page)
