"""People: account, profile, preferences."""
