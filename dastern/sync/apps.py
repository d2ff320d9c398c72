"""Configuration of the sync app."""

from django.apps import AppConfig


class SyncConfig(AppConfig):
    """Feeds, changes and stored answers."""

    name = "dastern.sync"
    label = "sync"
