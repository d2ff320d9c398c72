"""Pages for people without the app: a forgotten password, and the new one behind a mailed link."""
