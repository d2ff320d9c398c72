"""The HTTP side of doses."""
