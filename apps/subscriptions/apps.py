"""Configuration of the subscriptions app."""

from django.apps import AppConfig


class SubscriptionsConfig(AppConfig):
    """Plans and what they allow."""

    name = "apps.subscriptions"
    label = "subscriptions"
