"""Routes of the recognition app."""

from django.urls import URLPattern, URLResolver, path

from apps.ocr.api import views

urlpatterns: list[URLPattern | URLResolver] = [
    path("ocr/scan", views.ScanView.as_view()),
    path("ocr/scans", views.ScansView.as_view()),
    path("ocr/scans/<uuid:pk>", views.OneScanView.as_view()),
    path("ocr/extract", views.ExtractView.as_view()),
    path("ocr/scans/<uuid:pk>/extract", views.ExtractedView.as_view()),
    path("ocr/scans/<uuid:pk>/crop", views.CropView.as_view()),
    path("ocr/confirm", views.ConfirmView.as_view()),
    path("ocr/health", views.HealthView.as_view()),
]
