"""Configuration of the subscriptions app."""

from django.apps import AppConfig


class SubscriptionsConfig(AppConfig):
    """Plans and what they allow."""

    name = "apps.subscriptions"
    label = "subscriptions"

    def ready(self) -> None:
        """Register what phones pull."""
        from apps.subscriptions.wire import subscriptions_export, subscriptions_load
        from apps.users.registry import register_export
        from dastern.sync import registry

        register_export("subscription", subscriptions_export)
        registry.register_resource("subscription", subscriptions_load, own_only=True)
