"""Configuration of the users app."""

from django.apps import AppConfig


class UsersConfig(AppConfig):
    """People: account, profile, preferences."""

    name = "apps.users"
    label = "users"

    def ready(self) -> None:
        """Register names for the audit log, what it adds to storage and export, and what phones pull and push."""
        from apps.audit.people import register_names
        from apps.users import log
        from apps.users.names import user_names
        from apps.users.registry import register_files
        from apps.users.selectors import profile_files
        from apps.users.sync import SettingsActs
        from apps.users.wire import profile_load, settings_load
        from dastern.sync import registry

        register_names(user_names)
        register_files(profile_files)
        log.register()
        registry.register_resource("profile", profile_load, own_only=True)
        registry.register_resource("settings", settings_load, own_only=True)
        registry.register_acts(["settings.changed"], SettingsActs)
