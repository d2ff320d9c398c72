"""HTTP face of plans."""
