"""Configuration of the doses app."""

from django.apps import AppConfig


class DosesConfig(AppConfig):
    """Planned and recorded intakes."""

    name = "apps.doses"
    label = "doses"
