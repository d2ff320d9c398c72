"""Routes of the audit app."""

from django.urls import URLPattern, URLResolver, path

from apps.audit.api import views

urlpatterns: list[URLPattern | URLResolver] = [
    path("audit", views.OwnView.as_view()),
    path("audit/my-data", views.MyDataView.as_view()),
    path("audit/my-data/export", views.MyDataExportView.as_view()),
    path("audit/all", views.AllView.as_view()),
]
