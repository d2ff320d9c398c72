"""Telling people: texts in both languages, channels, the live stream."""
