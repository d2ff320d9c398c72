"""The HTTP face of the doctor's side."""
