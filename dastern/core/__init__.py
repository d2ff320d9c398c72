"""What every domain stands on: envelope, errors, clock, identifiers, actors, throttles. Imports no app."""
