"""Signing up, in and out; sessions, one-time codes, lock-out."""
