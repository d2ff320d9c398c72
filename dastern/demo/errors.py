"""What can go wrong with a demonstration."""


class PlatformSilent(Exception):
    """The platform's workers do not answer."""
