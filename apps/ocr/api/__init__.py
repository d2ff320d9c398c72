"""The HTTP side of recognition."""
