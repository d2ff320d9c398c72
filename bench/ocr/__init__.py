"""Synthetic prescription photos with their truth, and the scorer of recognition: ``python -m bench.ocr``."""
