"""Configuration of the authentication app."""

from django.apps import AppConfig
from django.utils.translation import gettext_noop


class AuthenticationConfig(AppConfig):
    """Signing up, in and out; sessions, one-time codes, lock-out."""

    name = "apps.authentication"
    label = "authentication"

    def ready(self) -> None:
        """Register revocations, who mails reset links, and what leaving and the export mean for sessions."""
        from apps.authentication.revocation import Revocations
        from apps.authentication.services.deletion import owner_proven, sessions_leave
        from apps.authentication.services.passwords import FORGOTTEN, reset_links_send
        from apps.authentication.wire import sessions_export
        from apps.users import registry as people
        from dastern.core import revocation
        from dastern.outbox import registry

        people.register_proof(owner_proven)
        people.register_farewell(sessions_leave)
        people.register_export("sessions", sessions_export, title=gettext_noop("Devices signed in"))
        revocation.register(Revocations())
        registry.register(FORGOTTEN, reset_links_send)
