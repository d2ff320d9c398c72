"""Configuration of the users app."""

from django.apps import AppConfig


class UsersConfig(AppConfig):
    """People: account, profile, preferences."""

    name = "apps.users"
    label = "users"
