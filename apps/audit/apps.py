"""Configuration of the audit app."""

from django.apps import AppConfig


class AuditConfig(AppConfig):
    """Who did what to whose data: append-only, sealed, readable by its owner."""

    name = "apps.audit"
    label = "audit"
