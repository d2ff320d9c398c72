"""A write whose effect can be counted: each call makes one outbox row, then does what the test asks for."""

from collections.abc import Callable
from typing import Any

from django.urls import path
from rest_framework.request import Request
from rest_framework.response import Response

from dastern.core.api.views import ApiView
from dastern.core.errors import Conflict, Throttled
from dastern.outbox.services import outbox_add

while_running: list[Callable[[], None]] = []


class CountingView(ApiView):
    """Counts."""

    def post(self, request: Request) -> Response:
        """Write a row, then answer as told."""
        outbox_add("counted", {})
        for act in while_running:
            act()
        data: Any = request.data
        match data.get("fail"):
            case "conflict":
                raise Conflict
            case "throttled":
                raise Throttled(5)
            case "bug":
                raise RuntimeError("a bug")
        return self.answer({"text": data.get("text")}, status=201)


class CarelessView(CountingView):
    """Does not look at the key."""

    honours_idempotency_key = False


urlpatterns = [
    path("api/v1/counted", CountingView.as_view()),
    path("api/v1/careless", CarelessView.as_view()),
    path("api/v1/auth/counted", CountingView.as_view()),
]
handler404 = "dastern.core.api.exceptions.handler404"
handler500 = "dastern.core.api.exceptions.handler500"
