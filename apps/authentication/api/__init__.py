"""HTTP face of signing up, in and out."""
