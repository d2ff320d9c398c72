"""Configuration of the connections app."""

from django.apps import AppConfig
from django.utils.translation import gettext_noop


class ConnectionsConfig(AppConfig):
    """Grants between people: the only door to another person's data."""

    name = "apps.connections"
    label = "connections"

    def ready(self) -> None:
        """Register the texts, what phones pull and push, and what follows from a smaller plan."""
        from apps.connections import texts
        from apps.connections.paper import connections_sheet
        from apps.connections.services.leaving import linked_people, links_end
        from apps.connections.services.plan_end import plan_lowered_tell
        from apps.connections.sync import NudgeActs, granted_feeds
        from apps.connections.wire import access_requests_export, connections_export, connections_load
        from apps.subscriptions import topics
        from apps.users import registry as people
        from dastern.outbox import registry as outbox
        from dastern.sync import registry

        people.register_circle(linked_people)
        people.register_farewell(links_end)
        people.register_export("connections", connections_export, sheet=connections_sheet(connections_export))
        people.register_export("accessRequests", access_requests_export, title=gettext_noop("Requests to see data"))
        texts.register()
        outbox.register(topics.LOWERED, plan_lowered_tell)
        registry.register_feed_provider(granted_feeds)
        registry.register_resource("connections", connections_load, own_only=True)
        registry.register_acts(["nudge.answered"], NudgeActs)
