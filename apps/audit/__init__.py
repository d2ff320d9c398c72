"""Who did what to whose data: append-only, sealed, readable by its owner."""
