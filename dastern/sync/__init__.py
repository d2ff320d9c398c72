"""Offline sync: a revision feed a user, and registries of what is pulled and pushed. Imports no app."""
