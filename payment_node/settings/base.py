"""Settings that hold everywhere. Everything that differs between machines is read from the environment."""

from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import environ

BASE_DIR = Path(__file__).resolve().parents[1]
VAR_DIR = BASE_DIR.parent / "var" / "payment_node"
env = environ.Env()

DEBUG = False
SECRET_KEY: str = env.str("NODE_SECRET_KEY", default="")
ALLOWED_HOSTS: list[str] = env.list("NODE_HOSTS", default=[])
ROOT_URLCONF = "payment_node.urls"
WSGI_APPLICATION = "payment_node.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
APPEND_SLASH = False

INSTALLED_APPS = [
    "payment_node.core",
    "payment_node.bakong",
    "payment_node.webhooks",
    "payment_node.subscriptions",
    "payment_node.payments",
    "payment_node.staff",
    "payment_node.staff.site.StaffAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
]
MIDDLEWARE = [
    "payment_node.core.middleware.AccessMiddleware",
    "payment_node.core.middleware.GateMiddleware",
    "payment_node.core.middleware.PagesSecurityMiddleware",
    "payment_node.core.middleware.PagesStaticMiddleware",
    "payment_node.core.middleware.PagesSessionMiddleware",
    "payment_node.core.middleware.PagesCsrfMiddleware",
    "payment_node.core.middleware.PagesAuthenticationMiddleware",
    "payment_node.core.middleware.PagesMessageMiddleware",
]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]


def database(url: str) -> dict[str, Any]:
    """Django's database dictionary for a PostgreSQL URL: persistent connections, statements prepared on the server."""
    config: dict[str, Any] = dict(env.db_url_config(url))
    config["HOST"] = unquote(config["HOST"])  # a Unix socket directory is percent-encoded in a URL
    config["CONN_MAX_AGE"] = 600
    config["CONN_HEALTH_CHECKS"] = True
    config.setdefault("OPTIONS", {})
    config["OPTIONS"] |= {"application_name": "payment_node", "server_side_binding": True, "prepare_threshold": 1}
    return config


def pairs(entries: list[str]) -> dict[str, str]:
    """``id:value`` entries as a dictionary."""
    return {name.strip(): value.strip() for name, _colon, value in (entry.partition(":") for entry in entries)}


USE_TZ = True
TIME_ZONE = "Asia/Phnom_Penh"  # what staff read; stored and sent is UTC
LANGUAGE_CODE = "en"
USE_I18N = True
STATIC_URL = "/static/"
STATIC_ROOT = Path(env.str("NODE_STATIC_ROOT", default=str(VAR_DIR / "static")))
MEDIA_ROOT = Path(env.str("NODE_MEDIA_ROOT", default=str(VAR_DIR / "media")))
DATA_UPLOAD_MAX_MEMORY_SIZE = 64 * 1024
FILE_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024
PASSWORD_HASHERS = ["django.contrib.auth.hashers.PBKDF2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
REDIS_PREFIX: str = env.str("NODE_REDIS_PREFIX", default="node")

# --- who may call, and how often -----------------------------------------------------------------------------------
API_KEYS: dict[str, str] = pairs(env.list("NODE_API_KEYS", default=[]))  # id to SHA-256 in hex
SIGNING_SECRETS: dict[str, str] = pairs(env.list("NODE_SIGNING_SECRETS", default=[]))
ALLOWED_ADDRESSES: list[str] = env.list("NODE_ALLOWED_ADDRESSES", default=[])
TRUSTED_PROXIES: list[str] = env.list("NODE_TRUSTED_PROXIES", default=["127.0.0.1", "::1"])
RATE_LIMIT: str = env.str("NODE_RATE_LIMIT", default="100/60")  # requests/seconds an API key
CALLBACK_RATE_LIMIT: str = env.str("NODE_CALLBACK_RATE_LIMIT", default="20/60")  # an address
AUTH_FAILURES, AUTH_FAILURE_SECONDS, BLOCK_SECONDS = 10, 300, 900
QR_LIMIT, QR_LIMIT_SECONDS = 5, 600  # QR codes a user

# --- mail to the operator ------------------------------------------------------------------------------------------
EMAIL_TIMEOUT = 10
if env.str("NODE_EMAIL_URL", default=""):
    vars().update(env.email_url("NODE_EMAIL_URL"))
DEFAULT_FROM_EMAIL: str = env.str("NODE_FROM_EMAIL", default="Das Tern <no-reply@dastern.example>")
OPERATOR_EMAIL: str = env.str("NODE_OPERATOR_EMAIL", default="")

# --- the main server -----------------------------------------------------------------------------------------------
MAIN_WEBHOOK_URL: str = env.str("MAIN_WEBHOOK_URL", default="")
MAIN_API_KEY: str = env.str("MAIN_API_KEY", default="")
MAIN_KEY_ID: str = env.str("MAIN_KEY_ID", default="")
MAIN_SECRET: str = env.str("MAIN_SECRET", default="")
MAIN_TIMEOUT_SECONDS = 15.0

# --- Bakong --------------------------------------------------------------------------------------------------------
BAKONG_HOSTS = {"api-bakong.nbc.gov.kh", "sit-api-bakong.nbc.gov.kh"}
BAKONG_BASE_URL: str = env.str("BAKONG_BASE_URL", default="https://api-bakong.nbc.gov.kh")
BAKONG_TOKEN: str = env.str("BAKONG_TOKEN", default="")  # the first one; renewed ones live in the database
BAKONG_EMAIL: str = env.str("BAKONG_EMAIL", default="")
BAKONG_TIMEOUT_SECONDS: float = env.float("BAKONG_TIMEOUT_SECONDS", default=30.0)
BAKONG_CHECK_PATH: str = env.str("BAKONG_CHECK_PATH", default="/v1/check_transaction_by_md5")
BAKONG_DAILY_CEILING: int = env.int("BAKONG_DAILY_CEILING", default=95)  # below the service's 100
BAKONG_RESERVE: int = env.int("BAKONG_RESERVE", default=20)  # of these, kept for the last look and for people
BAKONG_DEEP_LINKS: bool = env.bool("BAKONG_DEEP_LINKS", default=True)
# seconds after a QR was shown at which the bank is asked; at and after the expiry it is asked in any case
CHECK_OFFSETS: list[int] = [
    int(part) for part in env.list("NODE_CHECK_OFFSETS", default=["15", "30", "60", "100", "160", "240"])
]

# --- what a payment is ---------------------------------------------------------------------------------------------
QR_SECONDS = 600
GRACE_SECONDS = 90
MERCHANT: dict[str, str] = {
    "account_type": env.str("MERCHANT_ACCOUNT_TYPE", default="individual"),
    "bakong_account_id": env.str("MERCHANT_BAKONG_ACCOUNT", default=""),
    "merchant_id": env.str("MERCHANT_ID", default=""),
    "acquiring_bank": env.str("MERCHANT_ACQUIRING_BANK", default=""),
    "merchant_name": env.str("MERCHANT_NAME", default="Das Tern"),
    "merchant_city": env.str("MERCHANT_CITY", default="Phnom Penh"),
    "store_label": env.str("MERCHANT_STORE_LABEL", default="Das Tern"),
    "mobile_number": env.str("MERCHANT_PHONE", default=""),
}
PRICES: dict[str, dict[str, Decimal]] = {
    "PREMIUM": {
        "USD": Decimal(env.str("PRICE_PREMIUM_USD", default="0.50")),
        "KHR": Decimal(env.str("PRICE_PREMIUM_KHR", default="2000")),
    },
    "FAMILY_PREMIUM": {
        "USD": Decimal(env.str("PRICE_FAMILY_USD", default="1.00")),
        "KHR": Decimal(env.str("PRICE_FAMILY_KHR", default="4000")),
    },
}

# --- background work -----------------------------------------------------------------------------------------------
TICK_SECONDS: float = env.float("NODE_TICK_SECONDS", default=5.0)
CELERY_TASK_DEFAULT_QUEUE = "payments"
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_TASK_IGNORE_RESULT = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_TIMEZONE = "Asia/Phnom_Penh"
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_BROKER_TRANSPORT_OPTIONS = {"socket_connect_timeout": 1, "socket_timeout": 5}
CELERY_BEAT_SCHEDULE: dict[str, dict[str, Any]] = {
    "ask-the-bank": {"task": "payment_node.payments.tasks.payments_ask_due", "schedule": TICK_SECONDS},
    "tell-the-main-server": {"task": "payment_node.webhooks.tasks.webhooks_send_due", "schedule": TICK_SECONDS},
    "renew-the-token": {"task": "payment_node.bakong.tasks.token_renew_ahead", "schedule": 3600.0},
    "end-subscriptions": {"task": "payment_node.subscriptions.tasks.subscriptions_expire", "schedule": 300.0},
    "tell-the-operator": {"task": "payment_node.staff.tasks.operator_tell", "schedule": 60.0},
    "clean-up": {"task": "payment_node.payments.tasks.payments_clean_up", "schedule": 3600.0},
}

# --- logs: three streams of JSON lines -----------------------------------------------------------------------------
LOG_DIR: str = env.str("NODE_LOG_DIR", default="")


def log_handler(stream: str) -> dict[str, Any]:
    """A file of its own where NODE_LOG_DIR is set (kept a year by logrotate), otherwise the standard error."""
    where: dict[str, Any] = {"class": "logging.StreamHandler"}
    if LOG_DIR:
        where = {"class": "logging.handlers.WatchedFileHandler", "filename": str(Path(LOG_DIR) / f"{stream}.log")}
    return where | {"formatter": stream}


LOGGING: dict[str, Any] = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        stream: {"()": "payment_node.core.logs.JsonFormatter", "stream": stream}
        for stream in ("payment", "error", "access")
    },
    "handlers": {stream: log_handler(stream) for stream in ("payment", "error", "access")},
    "root": {"handlers": ["error"], "level": "WARNING"},
    "loggers": {
        "node.payment": {"handlers": ["payment"], "level": "INFO", "propagate": False},
        "node.access": {"handlers": ["access"], "level": "INFO", "propagate": False},
        "httpx": {"level": "WARNING"},
        "django.request": {"level": "ERROR"},
        "django.server": {"handlers": ["error"], "propagate": False},
    },
}
