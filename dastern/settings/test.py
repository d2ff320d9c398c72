"""Tests: the real PostgreSQL and Redis named by the environment (tests/conftest.py starts and names them)."""

from dastern.settings.base import *  # noqa: F403
from dastern.settings.base import INSTALLED_APPS, RATE_LIMITS, SIMPLE_JWT, env
from dastern.settings.services import caches, databases

INSTALLED_APPS = [*INSTALLED_APPS, "dastern.demo"]
SECRET_KEY = "test-key-0123456789-0123456789-0123456789-0123456789"
JWT_SECRET = "test-access-key-0123456789-0123456789"
JWT_REFRESH_SECRET = "test-refresh-key-0123456789-0123456789"
SIMPLE_JWT["SIGNING_KEY"] = JWT_SECRET
ALLOWED_HOSTS = ["testserver", "127.0.0.1", "localhost"]
ALLOWED_ORIGINS = ["https://app.dastern.example"]
CORS_ALLOWED_ORIGINS = ALLOWED_ORIGINS
DATABASES = databases("postgresql://dastern@/dastern")
REDIS_URL = env.str("REDIS_URL", default="redis://127.0.0.1:6379/0")
CELERY_BROKER_URL = env.str("CELERY_BROKER_URL", default="memory://")
CELERY_TASK_ALWAYS_EAGER = env.bool("CELERY_TASK_ALWAYS_EAGER", default=True)
CELERY_TASK_EAGER_PROPAGATES = True
CACHES = caches(REDIS_URL)
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
# bcrypt at cost 12 takes 0.2 s a password; one test checks the production hasher.
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
CLOCK_MOVABLE = True
SECOND_FACTOR_REQUIRED = False
# Between two tests the database is replaced by a fresh clone, and connections to the old one end.
DATABASE_TRUSTED_SECONDS = 0
for _name in RATE_LIMITS:
    RATE_LIMITS[_name] = "1000000/60"

WHITENOISE_AUTOREFRESH = True
