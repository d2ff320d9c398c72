"""Configuration of the demo app."""

from django.apps import AppConfig


class DemoConfig(AppConfig):
    """Demonstration people, bulk data and the journey."""

    name = "dastern.demo"
    label = "demo"
