"""Configuration of the outbox app."""

from django.apps import AppConfig


class OutboxConfig(AppConfig):
    """Messages, drainer, dead letters."""

    name = "dastern.outbox"
    label = "outbox"
