"""Configuration of the subscriptions app."""

from django.apps import AppConfig


class SubscriptionsConfig(AppConfig):
    """Plans and what they allow."""

    name = "apps.subscriptions"
    label = "subscriptions"

    def ready(self) -> None:
        """Register what phones pull, and what the profile, the storage and the export tell of plans."""
        from apps.subscriptions.selectors import plan_figures
        from apps.subscriptions.services import storage_take
        from apps.subscriptions.wire import subscriptions_export, subscriptions_load
        from apps.users.registry import register_export, register_plan
        from dastern.sync import registry

        register_plan(plan_figures, storage_take)
        register_export("subscription", subscriptions_export)
        registry.register_resource("subscription", subscriptions_load, own_only=True)
