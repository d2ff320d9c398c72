"""Production: no defaults for anything secret; a missing name stops the start and says which."""

from dastern.settings.base import *  # noqa: F403
from dastern.settings.base import SIMPLE_JWT, env
from dastern.settings.services import caches, databases

SECRET_KEY = env.str("DJANGO_SECRET_KEY")
JWT_SECRET = env.str("JWT_SECRET")
JWT_REFRESH_SECRET = env.str("JWT_REFRESH_SECRET")
SIMPLE_JWT["SIGNING_KEY"] = JWT_SECRET
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS")
DATABASES = databases(env.str("DATABASE_URL"))
REDIS_URL = env.str("REDIS_URL")
CELERY_BROKER_URL = env.str("CELERY_BROKER_URL", default=REDIS_URL)
CACHES = caches(REDIS_URL)

SECURE_SSL_REDIRECT = env.bool("SECURE_SSL_REDIRECT", default=True)
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SECURE_HSTS_SECONDS = 63_072_000
SECURE_HSTS_INCLUDE_SUBDOMAINS = True
SECURE_HSTS_PRELOAD = True
SESSION_COOKIE_SECURE = True
CSRF_COOKIE_SECURE = True
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
