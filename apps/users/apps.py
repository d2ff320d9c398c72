"""Configuration of the users app."""

from django.apps import AppConfig


class UsersConfig(AppConfig):
    """People: account, profile, preferences."""

    name = "apps.users"
    label = "users"

    def ready(self) -> None:
        """Name people for the audit log."""
        from apps.audit.people import register_names
        from apps.users.names import user_names

        register_names(user_names)
