"""Reads of doses. Those that show another person's data take the viewer and go through the access door."""
