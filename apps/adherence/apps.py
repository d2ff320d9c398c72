"""Configuration of the adherence app."""

from django.apps import AppConfig


class AdherenceConfig(AppConfig):
    """How regularly medicines are taken; computed, never stored."""

    name = "apps.adherence"
    label = "adherence"

    def ready(self) -> None:
        """Give the home screen its figures, and register what caregivers are told in the evening."""
        from apps.adherence import texts
        from apps.adherence.selectors import progress_of_today
        from apps.users.registry import register_progress

        texts.register()
        register_progress(progress_of_today)
