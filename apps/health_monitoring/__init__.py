"""Vital signs, thresholds, alerts, calls for help, and the health profile (domain.md §2.13, §7.1)."""
