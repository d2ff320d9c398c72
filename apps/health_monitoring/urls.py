"""Routes of the health monitoring app."""

from django.urls import URLPattern, URLResolver, path

from apps.health_monitoring.api import profile, views

_ROOT = "health-monitoring"
urlpatterns: list[URLPattern | URLResolver] = [
    path(f"{_ROOT}/vitals", views.VitalsView.as_view()),
    path(f"{_ROOT}/vitals/latest", views.LatestView.as_view()),
    path(f"{_ROOT}/vitals/<uuid:pk>", views.VitalView.as_view()),
    path(f"{_ROOT}/trends", views.TrendsView.as_view()),
    path(f"{_ROOT}/trends/<uuid:pk>", views.PatientTrendsView.as_view()),
    path(f"{_ROOT}/patients/<uuid:pk>/vitals", views.PatientVitalsView.as_view()),
    path(f"{_ROOT}/thresholds", views.ThresholdsView.as_view()),
    path(f"{_ROOT}/thresholds/proposals/<uuid:pk>/accept", views.ProposalAcceptView.as_view()),
    path(f"{_ROOT}/thresholds/proposals/<uuid:pk>/decline", views.ProposalDeclineView.as_view()),
    path(f"{_ROOT}/alerts", views.AlertsView.as_view()),
    path(f"{_ROOT}/alerts/<uuid:pk>", views.AlertView.as_view()),
    path(f"{_ROOT}/alerts/<uuid:pk>/acknowledge", views.AlertAcknowledgeView.as_view()),
    path(f"{_ROOT}/alerts/<uuid:pk>/resolve", views.AlertResolveView.as_view()),
    path(f"{_ROOT}/emergency", views.EmergencyView.as_view()),
    path(f"{_ROOT}/profile", profile.ProfileView.as_view()),
    path(f"{_ROOT}/profile/allergies", profile.AllergiesView.as_view()),
    path(f"{_ROOT}/profile/allergies/<uuid:pk>", profile.AllergyView.as_view()),
    path(f"{_ROOT}/profile/conditions", profile.ConditionsView.as_view()),
    path(f"{_ROOT}/profile/conditions/<uuid:pk>", profile.ConditionView.as_view()),
    path(f"{_ROOT}/profile/contacts", profile.ContactsView.as_view()),
    path(f"{_ROOT}/profile/contacts/<uuid:pk>", profile.ContactView.as_view()),
]
