"""The HTTP side of prescriptions."""
