"""Endpoints of people (domain.md §2.2)."""

from typing import Any

from django.http import StreamingHttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from apps.users import registry, selectors, services
from apps.users.api import serializers as shapes
from apps.users.choices import Role
from apps.users.models import User
from apps.users.places import places_in
from apps.users.rules import greeting
from apps.users.wire import identity_wire, meals_wire, notification_settings_wire, place_wire, profile_wire
from dastern.core import clock, ratelimit
from dastern.core.api.schema import IMAGE_UPLOAD
from dastern.core.api.views import ApiView, IsPatient
from dastern.core.errors import NotFound


def me_wire(user: User) -> dict[str, Any]:
    """GET users/me."""
    storage = selectors.storage_of(user.id)
    extra: dict[str, Any] = {
        "storageUsed": storage.used,
        "storageQuota": storage.quota,
        "storagePercentage": storage.percentage,
        "subscriptionTier": storage.tier,
        "dailyProgress": None,
        "greeting": None,
    }
    if user.role == Role.PATIENT:
        taken, scheduled = registry.progress_of(user, clock.now())
        percentage = taken * 100 // scheduled if scheduled else 0
        extra["dailyProgress"] = {"taken": taken, "scheduled": scheduled, "percentage": percentage}
        extra["greeting"] = greeting(taken, scheduled)
    return profile_wire(user) | extra


class MeView(ApiView):
    """Myself."""

    @extend_schema(responses={200: shapes.MeOutput})
    def get(self, request: Request) -> Response:
        """My profile with plan and storage; for patients today's progress."""
        return self.answer(me_wire(selectors.user_of(self.actor().user_id)))

    @extend_schema(request=shapes.ProfileInput, responses={200: shapes.MeOutput})
    def patch(self, request: Request) -> Response:
        """Change my profile. E-mail and phone number change with a code (auth/contact)."""
        user = services.profile_change(actor=self.actor(), changes=self.parse(shapes.ProfileInput))
        return self.answer(me_wire(user))

    @extend_schema(request=shapes.DeletionInput, responses={200: shapes.DeletionOutput})
    def delete(self, request: Request) -> Response:
        """Ask for the deletion of my account, in thirty days."""
        body = self.parse(shapes.DeletionInput)
        erased_at = services.deletion_request(
            actor=self.actor(), password=body.get("password", ""), code=body.get("otp", "")
        )
        return self.answer({"erasedAt": erased_at})


class PhotoView(ApiView):
    """My picture."""

    parser_classes = [MultiPartParser]

    @extend_schema(request={"multipart/form-data": IMAGE_UPLOAD}, responses={200: shapes.ProfileOutput})
    def post(self, request: Request) -> Response:
        """Replace it (JPEG, PNG or WebP, at most 5 MB)."""
        actor = self.actor()
        ratelimit.check(request, "upload", str(actor.user_id))
        return self.answer(profile_wire(services.photo_set(actor=actor, upload=request.FILES.get("image"))))


class IdentityView(ApiView):
    """Who I am to Cambodia's health system."""

    @extend_schema(responses={200: shapes.IdentityOutput})
    def get(self, request: Request) -> Response:
        """My address by NCDD codes, equity card and NSSF number; shown to nobody else."""
        return self.answer(identity_wire(selectors.user_of(self.actor().user_id)))

    @extend_schema(request=shapes.IdentityInput, responses={200: shapes.IdentityOutput})
    def patch(self, request: Request) -> Response:
        """Change some of it. All of it is optional."""
        user = services.identity_set(actor=self.actor(), changes=self.parse(shapes.IdentityInput))
        return self.answer(identity_wire(user))


class PlacesView(ApiView):
    """Places of Cambodia."""

    @extend_schema(parameters=[shapes.PlacesQuery], responses={200: shapes.PlacesOutput})
    def get(self, request: Request) -> Response:
        """The provinces, or what lies directly within the place of that code."""
        found = places_in(self.parse_query(shapes.PlacesQuery)["within"])
        if found is None:
            raise NotFound
        return self.answer({"items": [place_wire(place) for place in found]})


class GraceView(ApiView):
    """The grace period."""

    permission_classes = [IsPatient]

    @extend_schema(request=shapes.GraceInput, responses={200: shapes.ProfileOutput})
    def patch(self, request: Request) -> Response:
        """Choose 10, 20, 30 or 60 minutes; doses that are past keep theirs."""
        user = services.grace_set(actor=self.actor(), minutes=self.parse(shapes.GraceInput)["minutes"])
        return self.answer(profile_wire(user))


class MealTimesView(ApiView):
    """Meal times."""

    permission_classes = [IsPatient]

    @extend_schema(responses={200: shapes.MealTimesOutput})
    def get(self, request: Request) -> Response:
        """My meal times, or the usual ones."""
        return self.answer(meals_wire(selectors.user_of(self.actor().user_id)))

    @extend_schema(request=shapes.MealTimesInput, responses={200: shapes.MealTimesOutput})
    def patch(self, request: Request) -> Response:
        """Set them; planned doses that follow meals move."""
        body = self.parse(shapes.MealTimesInput)
        user = services.meal_times_set(
            actor=self.actor(),
            morning=body["morning_meal"],
            noon=body["afternoon_meal"],
            evening=body["night_meal"],
        )
        return self.answer(meals_wire(user))


class NotificationSettingsView(ApiView):
    """Notification switches."""

    @extend_schema(responses={200: shapes.NotificationSettingsOutput})
    def get(self, request: Request) -> Response:
        """My switches."""
        return self.answer(notification_settings_wire(selectors.user_of(self.actor().user_id)))

    @extend_schema(request=shapes.NotificationSettingsInput, responses={200: shapes.NotificationSettingsOutput})
    def patch(self, request: Request) -> Response:
        """Change some of them."""
        changes = self.parse(shapes.NotificationSettingsInput)
        return self.answer(
            notification_settings_wire(services.notification_settings_set(actor=self.actor(), changes=changes))
        )


class StorageView(ApiView):
    """Storage."""

    @extend_schema(responses={200: shapes.StorageOutput})
    def get(self, request: Request) -> Response:
        """What my data takes, by kind."""
        storage = selectors.storage_of(self.actor().user_id)
        return self.answer(
            {
                "used": storage.used,
                "quota": storage.quota,
                "percentage": storage.percentage,
                "breakdown": dict(storage.breakdown),
            }
        )


class ExportView(ApiView):
    """Everything I own."""

    answers_file = True

    @extend_schema(
        parameters=[shapes.ExportQuery],
        responses={(200, "application/json"): OpenApiTypes.OBJECT, (200, "application/pdf"): OpenApiTypes.BINARY},
    )
    def get(self, request: Request) -> StreamingHttpResponse:
        """Download everything I own: JSON for machines, or a PDF in Khmer and English; at most 5 an hour."""
        actor = self.actor()
        kind = self.parse_query(shapes.ExportQuery)["format"]
        ratelimit.check(request, "export", str(actor.user_id))
        export = services.export_start(actor=actor, user_id=actor.user_id, kind=kind)
        return StreamingHttpResponse(
            export.content,
            content_type=export.content_type,
            headers={"Content-Disposition": f'attachment; filename="dastern-export.{kind}"'},
        )
