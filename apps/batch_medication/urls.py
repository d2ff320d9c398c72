"""Routes of the batch_medication app."""

from django.urls import URLPattern, URLResolver, path

from apps.batch_medication.api import views

_ROOT = "batch-medication"
_ONE = f"{_ROOT}/<uuid:pk>"

urlpatterns: list[URLPattern | URLResolver] = [
    path(_ROOT, views.BatchesView.as_view()),
    path(_ONE, views.BatchView.as_view()),
    path(f"{_ONE}/medicines", views.BatchMedicinesView.as_view()),
    path(f"{_ONE}/medicines/<uuid:medication>", views.BatchMedicineView.as_view()),
    path(f"{_ONE}/taken", views.BatchTakenView.as_view()),
]
