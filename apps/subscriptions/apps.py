"""Configuration of the subscriptions app."""

from django.apps import AppConfig
from django.utils.translation import gettext_noop


class SubscriptionsConfig(AppConfig):
    """Plans and what they allow."""

    name = "apps.subscriptions"
    label = "subscriptions"

    def ready(self) -> None:
        """Register the texts, what phones pull, and what the profile, the storage and the export tell of plans."""
        from apps.subscriptions import texts
        from apps.subscriptions.selectors import family_people, plan_figures
        from apps.subscriptions.services import storage_take
        from apps.subscriptions.services.seats import seats_end
        from apps.subscriptions.wire import family_export, subscriptions_export, subscriptions_load
        from apps.users import registry as people
        from dastern.sync import registry

        texts.register()
        people.register_plan(plan_figures, storage_take)
        people.register_export("subscription", subscriptions_export, title=gettext_noop("Plan"))
        people.register_export("family", family_export, title=gettext_noop("Family plan"))
        people.register_circle(family_people)
        people.register_farewell(seats_end)
        registry.register_resource("subscription", subscriptions_load, own_only=True)
