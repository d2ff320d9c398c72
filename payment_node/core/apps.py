"""Clock, errors, envelope, gate, logs: what every app of the node stands on."""

from django.apps import AppConfig


class CoreConfig(AppConfig):
    """The lowest app."""

    name = "payment_node.core"
    label = "core"

    def ready(self) -> None:
        """Tasks started from the web must go to this node's broker, not to Celery's default one."""
        from payment_node.celery import app

        app.set_default()
