"""Groups of medicines with one clock time."""
