"""Endpoints of the inbox (domain.md §2.8). Everything here is the caller's own: anybody else's is 404."""

from uuid import UUID

from django.conf import settings
from django.http import HttpResponse, HttpResponseRedirect
from drf_spectacular.utils import extend_schema
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response

from apps.notifications import selectors, services
from apps.notifications.api import serializers as shapes
from apps.notifications.wire import device_wire, notification_wire
from dastern.core.api.pagination import PAGES, page_of
from dastern.core.api.renderers import fast_response
from dastern.core.api.views import ApiView


class InboxView(ApiView):
    """The inbox."""

    @extend_schema(parameters=[shapes.InboxQuery, *PAGES], responses={200: shapes.InboxPage})
    def get(self, request: Request) -> Response:
        """My messages, newest first, and how many of all are unread."""
        query = self.parse_query(shapes.InboxQuery)
        actor = self.actor()
        rows = selectors.inbox(actor)
        if query["unread_only"]:
            rows = rows.filter(is_read=False)
        if "type" in query:
            rows = rows.filter(type=query["type"])
        page = page_of(request, rows, lambda found: [notification_wire(row) for row in found])
        return self.answer(page | {"unreadCount": selectors.unread_count(actor.user_id)})


class UnreadCountView(ApiView):
    """The badge."""

    @extend_schema(responses={200: shapes.UnreadCountOutput})
    def get(self, request: Request) -> HttpResponse:
        """How many messages wait to be read."""
        return fast_response({"count": selectors.unread_count(self.actor().user_id)})


class ReadView(ApiView):
    """Read one."""

    @extend_schema(request=None, responses={200: shapes.NotificationOutput})
    def patch(self, request: Request, pk: UUID) -> Response:
        """Mark a message read; again is no error."""
        return self.answer(notification_wire(services.notification_read(actor=self.actor(), notification_id=pk)))


class ReadAllView(ApiView):
    """Read all."""

    @extend_schema(request=None, responses={200: shapes.ReadAllOutput})
    def post(self, request: Request) -> Response:
        """Mark everything read."""
        return self.answer({"marked": services.notification_read_all(actor=self.actor())})


class NotificationView(ApiView):
    """One message."""

    @extend_schema(responses={204: None})
    def delete(self, request: Request, pk: UUID) -> Response:
        """Remove a message from my inbox."""
        services.notification_delete(actor=self.actor(), notification_id=pk)
        return self.answer(status=204)


class DevicesView(ApiView):
    """Phones that push reaches."""

    @extend_schema(request=shapes.DeviceInput, responses={201: shapes.DeviceOutput})
    def post(self, request: Request) -> Response:
        """Register this phone; a token moves to whoever signed in on the phone last."""
        body = self.parse(shapes.DeviceInput)
        return self.answer(device_wire(services.device_register(actor=self.actor(), **body)), status=201)

    @extend_schema(responses={204: None})
    def delete(self, request: Request) -> Response:
        """Forget this phone (signing out): the body is ``{"pushToken": …}``; an unknown token is no error."""
        body = self.parse(shapes.DeviceForgetInput)
        services.device_forget(actor=self.actor(), push_token=body["push_token"])
        return self.answer(status=204)


class StreamView(ApiView):
    """Where the stream is."""

    authentication_classes = ()
    permission_classes = [AllowAny]
    answers_file = True

    @extend_schema(responses={307: None})
    def get(self, request: Request) -> HttpResponseRedirect:
        """Server-sent events, from a process of their own: a web thread only says where (the token in the header)."""
        target = settings.STREAM_BASE_URL.rstrip("/") + request.path
        return HttpResponseRedirect(target, preserve_request=True)
