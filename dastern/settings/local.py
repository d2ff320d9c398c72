"""A developer's or newcomer's machine: embedded services, mail to files, a clock that the demo may move."""

from dastern import devstack
from dastern.devstack.payments import main_environment
from dastern.settings.base import *  # noqa: F403
from dastern.settings.base import BASE_DIR, INSTALLED_APPS, SIMPLE_JWT, env
from dastern.settings.services import caches, databases

INSTALLED_APPS = [*INSTALLED_APPS, "dastern.demo"]
DEBUG = env.bool("DEBUG", default=False)
SECRET_KEY = env.str("DJANGO_SECRET_KEY", default="local-only-key-never-used-in-production-0123456789")
JWT_SECRET = env.str("JWT_SECRET", default="local-only-access-key-never-used-in-production")
JWT_REFRESH_SECRET = env.str("JWT_REFRESH_SECRET", default="local-only-refresh-key-never-used-in-production")
SIMPLE_JWT["SIGNING_KEY"] = JWT_SECRET
ALLOWED_HOSTS = ["127.0.0.1", "localhost", "[::1]"]
ALLOWED_ORIGINS = env.list("ALLOWED_ORIGINS", default=["http://127.0.0.1:8000"])
CORS_ALLOWED_ORIGINS = ALLOWED_ORIGINS

_stack = devstack.urls()
DATABASES = databases(_stack.database_url)
REDIS_URL = env.str("REDIS_URL", default=_stack.redis_url)
CELERY_BROKER_URL = env.str("CELERY_BROKER_URL", default=_stack.broker_url)
CACHES = caches(REDIS_URL)

# the payment node of this machine, so that commands in a terminal reach it as the web server does
_wire = main_environment()
PAYMENT_NODE_URL = env.str("PAYMENT_NODE_URL", default=_wire["PAYMENT_NODE_URL"])
PAYMENT_NODE_API_KEY = env.str("PAYMENT_NODE_API_KEY", default=_wire["PAYMENT_NODE_API_KEY"])
PAYMENT_NODE_KEY_ID = env.str("PAYMENT_NODE_KEY_ID", default=_wire["PAYMENT_NODE_KEY_ID"])
PAYMENT_NODE_SECRET = env.str("PAYMENT_NODE_SECRET", default=_wire["PAYMENT_NODE_SECRET"])
PAYMENT_WEBHOOK_API_KEYS = env.list("PAYMENT_WEBHOOK_API_KEYS", default=[_wire["PAYMENT_WEBHOOK_API_KEYS"]])
PAYMENT_WEBHOOK_SECRETS = env.list("PAYMENT_WEBHOOK_SECRETS", default=[_wire["PAYMENT_WEBHOOK_SECRETS"]])
PAYMENT_WEBHOOK_ADDRESSES = env.list("PAYMENT_WEBHOOK_ADDRESSES", default=_wire["PAYMENT_WEBHOOK_ADDRESSES"].split(","))

EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
EMAIL_FILE_PATH = BASE_DIR / "var" / "mail"
CLOCK_MOVABLE = True
SECOND_FACTOR_REQUIRED = False
