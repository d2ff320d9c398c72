"""Configuration of the authentication app."""

from django.apps import AppConfig


class AuthenticationConfig(AppConfig):
    """Signing up, in and out; sessions, one-time codes, lock-out."""

    name = "apps.authentication"
    label = "authentication"

    def ready(self) -> None:
        """Register the database's view of revocations, and who mails reset links."""
        from apps.authentication.revocation import Revocations
        from apps.authentication.services.passwords import FORGOTTEN, reset_links_send
        from dastern.core import revocation
        from dastern.outbox import registry

        revocation.register(Revocations())
        registry.register(FORGOTTEN, reset_links_send)
