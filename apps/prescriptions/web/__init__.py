"""Pages about prescriptions that need no account."""
