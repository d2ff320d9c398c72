"""Routes of the prescriptions app."""

from django.urls import URLPattern, URLResolver, path

from apps.prescriptions.api import medicine_views, views

_ROOT = "prescriptions"
_ONE = f"{_ROOT}/<uuid:pk>"

urlpatterns: list[URLPattern | URLResolver] = [
    path(_ROOT, views.PrescriptionsView.as_view()),
    path(f"{_ROOT}/check", views.CheckView.as_view()),
    path(f"{_ROOT}/patient", views.PatientPrescriptionsView.as_view()),
    path(_ONE, views.PrescriptionView.as_view()),
    path(f"{_ONE}/urgent-update", views.UrgentUpdateView.as_view()),
    path(f"{_ONE}/confirm", views.ConfirmView.as_view()),
    path(f"{_ONE}/activate", views.ConfirmView.as_view()),
    path(f"{_ONE}/retake", views.RetakeView.as_view()),
    path(f"{_ONE}/reject", views.RejectView.as_view()),
    path(f"{_ONE}/pause", views.PauseView.as_view()),
    path(f"{_ONE}/resume", views.ResumeView.as_view()),
    path(f"{_ONE}/stop", views.StopView.as_view()),
    path(f"{_ONE}/urgent/acknowledge", views.AcknowledgeView.as_view()),
    path(f"{_ONE}/pdf", views.PdfView.as_view()),
    path(f"{_ONE}/share", views.ShareView.as_view()),
    path(f"{_ROOT}/shared/<str:token>", views.SharedView.as_view()),
    path(f"{_ONE}/versions", views.VersionsView.as_view()),
    path(f"{_ONE}/versions/diff", views.DiffView.as_view()),
    path(f"{_ONE}/versions/<int:number>", views.VersionView.as_view()),
    path(f"{_ONE}/versions/<int:number>/accept", views.AcceptVersionView.as_view()),
    path(f"{_ONE}/versions/<int:number>/decline", views.DeclineVersionView.as_view()),
    path(f"{_ONE}/medications", medicine_views.PrescriptionMedicinesView.as_view()),
    path("medications/<uuid:pk>", medicine_views.MedicineView.as_view()),
]
