"""Configuration of the authentication app."""

from django.apps import AppConfig


class AuthenticationConfig(AppConfig):
    """Signing up, in and out; sessions, one-time codes, lock-out."""

    name = "apps.authentication"
    label = "authentication"
