"""Announcements written in the transaction of the change they announce, and drained afterwards. Imports no app."""
