"""Planned and recorded intakes."""
