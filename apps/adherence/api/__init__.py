"""HTTP face of adherence."""
