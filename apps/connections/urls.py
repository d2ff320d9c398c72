"""Routes of the connections app."""

from django.urls import URLPattern, URLResolver, path

from apps.connections.api import views
from apps.connections.selectors import LISTS

_ROOT = "connections"

urlpatterns: list[URLPattern | URLResolver] = [
    path(_ROOT, views.ConnectionsView.as_view()),
    *(path(f"{_ROOT}/{name}", views.DirectionalView.as_view(name=name)) for name in LISTS),
    path(f"{_ROOT}/caregiver-limit", views.CaregiverLimitView.as_view()),
    path(f"{_ROOT}/history", views.HistoryView.as_view()),
    path(f"{_ROOT}/doctors/search", views.DoctorSearchView.as_view()),
    path(f"{_ROOT}/tokens/generate", views.GenerateCodeView.as_view()),
    path(f"{_ROOT}/tokens/active", views.ActiveCodesView.as_view()),
    path(f"{_ROOT}/tokens/validate", views.ValidateCodeView.as_view()),
    path(f"{_ROOT}/tokens/consume", views.ConsumeCodeView.as_view()),
    path(f"{_ROOT}/tokens/<uuid:pk>", views.CodeView.as_view()),
    path(f"{_ROOT}/<uuid:pk>/accept", views.AcceptView.as_view()),
    path(f"{_ROOT}/<uuid:pk>/reject", views.RejectView.as_view()),
    path(f"{_ROOT}/<uuid:pk>/revoke", views.RevokeView.as_view()),
    path(f"{_ROOT}/<uuid:pk>/permission", views.PermissionView.as_view()),
    path(f"{_ROOT}/<uuid:pk>/alerts", views.AlertsView.as_view()),
    path(f"{_ROOT}/<uuid:pk>/access-requests", views.AccessRequestsView.as_view()),
    path(f"{_ROOT}/<uuid:pk>/access-requests/<uuid:rid>/approve", views.ApproveView.as_view()),
    path(f"{_ROOT}/<uuid:pk>/access-requests/<uuid:rid>/deny", views.DenyView.as_view()),
    path("users/<uuid:pk>", views.CardView.as_view()),
]
