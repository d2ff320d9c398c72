#!/usr/bin/env python
"""Django's command line for the main project."""

import os
import sys


def main() -> None:
    """Run the command named on the command line with the settings of the environment (local by default)."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dastern.settings.local")
    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
