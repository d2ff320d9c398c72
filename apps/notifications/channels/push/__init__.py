"""Push messages to phones."""
