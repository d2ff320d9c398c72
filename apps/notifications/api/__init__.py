"""The notifications API."""
