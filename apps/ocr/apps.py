"""Configuration of the recognition app."""

from django.apps import AppConfig


class OcrConfig(AppConfig):
    """Reads photos of prescriptions; never acts on what it read."""

    name = "apps.ocr"
    label = "ocr"
