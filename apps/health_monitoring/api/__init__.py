"""Endpoints of health monitoring."""
