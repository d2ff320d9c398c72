"""Offline sync: one revision feed a user, a change table, and registries of what is pulled and pushed. Imports no app."""
