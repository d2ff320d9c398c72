"""The rules of doses as pure functions: planning, windows, merging, figures. No Django, no clock, no I/O."""
