"""Configuration of the doctor_dashboard app."""

from django.apps import AppConfig


class DoctorDashboardConfig(AppConfig):
    """The doctor's side: dashboard and admin site."""

    name = "apps.doctor_dashboard"
    label = "doctor_dashboard"
