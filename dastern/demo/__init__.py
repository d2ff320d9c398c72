"""Demonstration people, bulk data for benchmarks, and the walk that proves the platform. Never part of production."""
