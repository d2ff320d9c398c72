"""Configuration of the authentication app."""

from django.apps import AppConfig


class AuthenticationConfig(AppConfig):
    """Signing up, in and out; sessions, one-time codes, lock-out."""

    name = "apps.authentication"
    label = "authentication"

    def ready(self) -> None:
        """Register the database's view of revocations."""
        from apps.authentication.revocation import Revocations
        from dastern.core import revocation

        revocation.register(Revocations())
