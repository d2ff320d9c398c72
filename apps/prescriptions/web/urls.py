"""Routes of the pages."""

from django.urls import URLPattern, path

from apps.prescriptions.web.views import check_view

urlpatterns: list[URLPattern] = [path("check/<str:token>/", check_view, name="prescription-check")]
