"""Configuration of the connections app."""

from django.apps import AppConfig


class ConnectionsConfig(AppConfig):
    """Grants between people: the only door to another person's data."""

    name = "apps.connections"
    label = "connections"
