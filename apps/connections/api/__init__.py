"""HTTP face of links."""
