"""Password hashing: bcrypt at cost 12 (specification 6.1)."""

from django.contrib.auth.hashers import BCryptSHA256PasswordHasher


class BCrypt12PasswordHasher(BCryptSHA256PasswordHasher):
    """Bcrypt over SHA-256 (so that long passwords are not cut at 72 bytes), 12 rounds."""

    rounds = 12
