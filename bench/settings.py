"""The platform as it runs, plus the control endpoint: what the same question costs in idiomatic DRF."""

from dastern.settings.local import *  # noqa: F403

ROOT_URLCONF = "bench.urls"
CLOCK_MOVABLE = False
LOGGING["loggers"]["dastern.access"] = {"level": "WARNING"}  # noqa: F405
