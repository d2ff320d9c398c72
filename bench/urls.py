"""The platform's routes and the control."""

from django.urls import path

from bench.control import ControlToday
from dastern.urls import handler404, handler500
from dastern.urls import urlpatterns as platform

__all__ = ["handler404", "handler500", "urlpatterns"]
urlpatterns = [path("api/control/today", ControlToday.as_view()), *platform]
