"""Grants between people: the only door to another person's data."""
