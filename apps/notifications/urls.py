"""Routes of the notifications app."""

from django.urls import URLPattern, URLResolver, path

from apps.notifications.api import views

_ROOT = "notifications"

urlpatterns: list[URLPattern | URLResolver] = [
    path(_ROOT, views.InboxView.as_view()),
    path(f"{_ROOT}/unread-count", views.UnreadCountView.as_view()),
    path(f"{_ROOT}/read-all", views.ReadAllView.as_view()),
    path(f"{_ROOT}/devices", views.DevicesView.as_view()),
    path(f"{_ROOT}/stream", views.StreamView.as_view()),
    path(f"{_ROOT}/<uuid:pk>/read", views.ReadView.as_view()),
    path(f"{_ROOT}/<uuid:pk>", views.NotificationView.as_view()),
]
