"""Writes of doses. Lock order everywhere: feeds, then the prescription, then doses by primary key."""
