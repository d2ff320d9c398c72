"""The audit API."""
