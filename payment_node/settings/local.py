"""A developer's or newcomer's machine: `make run` names the embedded database and the simulator of Bakong."""

from payment_node.settings.base import *  # noqa: F403
from payment_node.settings.base import MERCHANT, VAR_DIR, database, env

DEBUG = env.bool("NODE_DEBUG", default=False)
SECRET_KEY = env.str("NODE_SECRET_KEY", default="local-only-key-never-used-in-production-0123456789")
ALLOWED_HOSTS = ["127.0.0.1", "localhost", "[::1]"]
DATABASES = {"default": database(env.str("PAYMENT_DATABASE_URL"))}
REDIS_URL = env.str("PAYMENT_REDIS_URL")
CELERY_BROKER_URL = env.str("PAYMENT_BROKER_URL", default=REDIS_URL)
BAKONG_BASE_URL = env.str("BAKONG_BASE_URL", default="http://127.0.0.1:8200")
EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
EMAIL_FILE_PATH = VAR_DIR.parent / "mail"
OPERATOR_EMAIL = env.str("NODE_OPERATOR_EMAIL", default="operator@dastern.example")
MERCHANT["bakong_account_id"] = MERCHANT["bakong_account_id"] or "das.tern@devb"
LOCAL_STAFF_PASSWORD = env.str("NODE_STAFF_PASSWORD", default="")
