"""Medicines of a prescription, their dosage, the catalogue."""
