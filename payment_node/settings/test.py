"""Tests: real PostgreSQL and Redis named by the environment, the simulator of Bakong over real HTTP."""

import hashlib

from payment_node.settings.base import *  # noqa: F403
from payment_node.settings.base import MERCHANT, REDIS_PREFIX, database, env

SECRET_KEY = "test-key-0123456789-0123456789-0123456789-0123456789"
ALLOWED_HOSTS = ["testserver", "127.0.0.1", "localhost"]
DATABASES = {"default": database(env.str("PAYMENT_DATABASE_URL", default="postgresql://payment_node@/payment_node"))}
DATABASES["default"]["CONN_MAX_AGE"] = 0
REDIS_URL = env.str("PAYMENT_REDIS_URL", default="redis://127.0.0.1:6379/15")
CELERY_BROKER_URL = env.str("PAYMENT_BROKER_URL", default=REDIS_URL)
CELERY_TASK_DEFAULT_QUEUE = f"tests-{REDIS_PREFIX}"
TEST_API_KEY = "test-api-key-of-the-main-server"
API_KEYS = {"main": hashlib.sha256(TEST_API_KEY.encode()).hexdigest()}
SIGNING_SECRETS = {
    "main-2026a": "test-secret-a-0123456789-0123456789",
    "main-2026b": "test-secret-b-0123456789-0123456789",
}
ALLOWED_ADDRESSES = ["127.0.0.1", "::1"]
RATE_LIMIT = CALLBACK_RATE_LIMIT = "1000000/60"
MAIN_WEBHOOK_URL = env.str("MAIN_WEBHOOK_URL", default="http://127.0.0.1:1/api/v1/payments/webhook")
MAIN_API_KEY = "test-api-key-of-the-node"
MAIN_KEY_ID, MAIN_SECRET = "node-2026a", "test-secret-of-the-node-0123456789-01"
BAKONG_BASE_URL = env.str("BAKONG_BASE_URL", default="http://127.0.0.1:1")
BAKONG_TOKEN = env.str("BAKONG_TOKEN", default="")
BAKONG_EMAIL = "payments@dastern.example"
BAKONG_TIMEOUT_SECONDS = 2.0
MERCHANT["bakong_account_id"] = "das.tern@devb"
WHITENOISE_AUTOREFRESH = True  # static files are not collected for tests
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
OPERATOR_EMAIL = "operator@dastern.example"
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
