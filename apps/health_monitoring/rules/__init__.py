"""Pure rules of health monitoring. No Django, no I/O, no clock."""
