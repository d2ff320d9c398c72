"""Production: no defaults for anything secret; a missing or unsafe value stops the start and says which."""

from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured

from payment_node.settings.base import *  # noqa: F403
from payment_node.settings.base import BAKONG_BASE_URL, BAKONG_HOSTS, MERCHANT, SIGNING_SECRETS, database, env, pairs

_SHORTEST_SECRET = 32

SECRET_KEY = env.str("NODE_SECRET_KEY")
ALLOWED_HOSTS = env.list("NODE_HOSTS")
DATABASES = {"default": database(env.str("PAYMENT_DATABASE_URL"))}
REDIS_URL = env.str("PAYMENT_REDIS_URL")
CELERY_BROKER_URL = env.str("PAYMENT_BROKER_URL", default=REDIS_URL)
API_KEYS = pairs(env.list("NODE_API_KEYS"))
ALLOWED_ADDRESSES = env.list("NODE_ALLOWED_ADDRESSES")
MAIN_WEBHOOK_URL = env.str("MAIN_WEBHOOK_URL")
MAIN_API_KEY = env.str("MAIN_API_KEY")
MAIN_KEY_ID = env.str("MAIN_KEY_ID")
MAIN_SECRET = env.str("MAIN_SECRET")
BAKONG_TOKEN = env.str("BAKONG_TOKEN")
BAKONG_EMAIL = env.str("BAKONG_EMAIL")

SECURE_SSL_REDIRECT = env.bool("NODE_SSL_REDIRECT", default=True)
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SECURE_HSTS_SECONDS = 63_072_000
SESSION_COOKIE_SECURE = True
CSRF_COOKIE_SECURE = True
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}


def _refuse(reason: str) -> None:
    raise ImproperlyConfigured(reason)


# A bank that is not the National Bank's could say "paid" to everything; another address is named twice, on purpose.
_bank = urlsplit(BAKONG_BASE_URL)
if env.str("BAKONG_FOREIGN_BASE_URL", default="") != BAKONG_BASE_URL and (
    _bank.scheme != "https" or _bank.hostname not in BAKONG_HOSTS
):
    _refuse(f"BAKONG_BASE_URL is {_bank.hostname or 'empty'}, which is not the National Bank's service")
if not MERCHANT["bakong_account_id"]:
    _refuse("MERCHANT_BAKONG_ACCOUNT is empty: no money could arrive")
for _name, _secret in {"NODE_SECRET_KEY": SECRET_KEY, "MAIN_SECRET": MAIN_SECRET, **SIGNING_SECRETS}.items():
    if len(_secret) < _SHORTEST_SECRET:
        _refuse(f"the secret {_name} is shorter than {_SHORTEST_SECRET} characters")
if not SIGNING_SECRETS or not API_KEYS or not ALLOWED_ADDRESSES or "*" in ALLOWED_HOSTS:
    _refuse("NODE_SIGNING_SECRETS, NODE_API_KEYS and NODE_ALLOWED_ADDRESSES must be given, NODE_HOSTS without *")
if MAIN_SECRET in SIGNING_SECRETS.values():
    _refuse("MAIN_SECRET must differ from the secrets that calls are signed with")
if not MAIN_WEBHOOK_URL.startswith("https://"):
    _refuse("MAIN_WEBHOOK_URL must be https")
