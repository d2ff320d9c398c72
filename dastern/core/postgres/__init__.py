"""Django's PostgreSQL backend with a health check that costs a round trip a second, not a round trip a request."""
