"""The ASGI entry point of the live stream (granian serves it). It knows one path; everything else is the web's."""

import os

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dastern.settings.production")
django.setup(set_prefix=False)


def _application() -> object:
    from apps.notifications.stream.server import StreamApplication

    return StreamApplication()


application = _application()
