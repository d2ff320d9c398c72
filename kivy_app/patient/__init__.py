"""The Das Tern app of patients and families: ``core`` (pure Python), ``platform`` (what a device offers),
``ui`` (Kivy)."""

__version__ = "0.1.0"
