"""Configuration of the adherence app."""

from django.apps import AppConfig


class AdherenceConfig(AppConfig):
    """How regularly medicines are taken."""

    name = "apps.adherence"
    label = "adherence"
