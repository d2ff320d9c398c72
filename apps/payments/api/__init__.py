"""HTTP face of payments."""
