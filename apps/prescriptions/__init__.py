"""Prescriptions: lifecycle and versions."""
