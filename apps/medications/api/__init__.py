"""HTTP face of medicines."""
