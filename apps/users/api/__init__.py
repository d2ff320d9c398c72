"""HTTP face of people."""
