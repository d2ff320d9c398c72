#!/usr/bin/env python
"""Staff commands of the payment node."""

import os
import sys
from pathlib import Path


def main() -> None:
    """Run one command under the settings that DJANGO_SETTINGS_MODULE names (production unless named)."""
    sys.path[0] = str(Path(__file__).resolve().parents[1])
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "payment_node.settings.production")
    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
