"""The doctor's side: dashboard and admin site."""
