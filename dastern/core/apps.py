"""Configuration of the core app."""

from django.apps import AppConfig


class CoreConfig(AppConfig):
    """Loads the Celery application and the system checks."""

    name = "dastern.core"
    label = "core"

    def ready(self) -> None:
        """Make ``shared_task`` use our Celery application, and register the checks."""
        import dastern.celery
        from dastern.core import checks  # noqa: F401

        dastern.celery.app.set_default()
