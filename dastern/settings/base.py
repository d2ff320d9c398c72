"""Settings that hold everywhere. Everything that differs between machines is read from the environment."""

from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import environ

BASE_DIR = Path(__file__).resolve().parents[2]
env = environ.Env()

DEBUG = False
SECRET_KEY: str = env.str("DJANGO_SECRET_KEY", default="")
ALLOWED_HOSTS: list[str] = env.list("ALLOWED_HOSTS", default=[])
ROOT_URLCONF = "dastern.urls"
WSGI_APPLICATION = "dastern.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
AUTH_USER_MODEL = "users.User"
SITE_ID = 1

INSTALLED_APPS = [
    "dastern.core",
    "dastern.sync",
    "dastern.outbox",
    "apps.audit",
    "apps.users",
    "apps.notifications",
    "apps.subscriptions",
    "apps.authentication",
    "apps.connections",
    "apps.medications",
    "apps.doses",
    "apps.health_monitoring",
    "apps.payments",
    "apps.prescriptions",
    "apps.adherence",
    "apps.ocr",
    "apps.batch_medication",
    "apps.doctor_dashboard",
    "apps.doctor_dashboard.ops.OpsAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.sites",
    "django.contrib.postgres",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "corsheaders",
    "allauth",
    "allauth.account",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.google",
    "django_celery_beat",
]

# The API takes the lean path: EdgeMiddleware does for /api/ what sessions, locale, messages and the rest do for
# pages, in one Redis round trip. Measured, the full stack costs as much as a hot endpoint itself.
MIDDLEWARE = [
    "dastern.core.middleware.EdgeMiddleware",
    "corsheaders.middleware.CorsMiddleware",
    "django.middleware.gzip.GZipMiddleware",
    "dastern.core.middleware.PagesMiddleware",
    "allauth.account.middleware.AccountMiddleware",  # allauth looks for it here
]
PAGES_MIDDLEWARE = [
    "dastern.core.middleware.PagesSecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
]

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]


DATABASE_TRUSTED_SECONDS = env.float("DATABASE_TRUSTED_SECONDS", default=1)


def database(url: str) -> dict[str, Any]:
    """Django's database dictionary for a PostgreSQL URL, tuned as measured.

    Connections persist (a connection per request costs 12 times the request) and statements are prepared on the
    server at their second use; threshold 0 would break multi-statement migrations.
    """
    config: dict[str, Any] = dict(env.db_url_config(url))
    config["ENGINE"] = "dastern.core.postgres"
    config["HOST"] = unquote(config["HOST"])  # a Unix socket directory is percent-encoded in a URL
    config["CONN_MAX_AGE"] = env.int("DATABASE_CONN_MAX_AGE", default=600)
    config["CONN_HEALTH_CHECKS"] = True
    config["ATOMIC_REQUESTS"] = False
    config.setdefault("OPTIONS", {})
    config["OPTIONS"] |= {"server_side_binding": True, "prepare_threshold": 1, "application_name": "dastern"}
    return config


LANGUAGE_CODE = "km"
LANGUAGES = [("km", "ភាសាខ្មែរ"), ("en", "English")]
LOCALE_PATHS = [BASE_DIR / "locale"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "UTC"

STATIC_URL = "/static/"
STATIC_ROOT = BASE_DIR / "staticfiles"
MEDIA_ROOT = Path(env.str("MEDIA_ROOT", default=str(BASE_DIR / "var" / "media")))
DATA_UPLOAD_MAX_MEMORY_SIZE = 256 * 1024
FILE_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024

# --- people and tokens -------------------------------------------------------------------------------------------
PASSWORD_HASHERS = ["dastern.core.hashers.BCrypt12PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 8}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
AUTHENTICATION_BACKENDS = ["apps.authentication.backends.AccountBackend"]
JWT_SECRET: str = env.str("JWT_SECRET", default="")
JWT_REFRESH_SECRET: str = env.str("JWT_REFRESH_SECRET", default="")
SIMPLE_JWT: dict[str, Any] = {
    "ACCESS_TOKEN_LIFETIME": timedelta(seconds=env.int("JWT_ACCESS_SECONDS", default=3600)),
    "REFRESH_TOKEN_LIFETIME": timedelta(seconds=env.int("JWT_REFRESH_SECONDS", default=7 * 86400)),
    "SIGNING_KEY": JWT_SECRET,
    "ALGORITHM": "HS256",
    "USER_ID_CLAIM": "sub",
    "TOKEN_USER_CLASS": "dastern.core.api.authentication.TokenAccount",
    "UPDATE_LAST_LOGIN": False,
}
SECOND_FACTOR_REQUIRED = True  # for doctors and staff; off on developers' machines and in tests only
REMEMBER_ME_LIFETIME = timedelta(days=30)
GOOGLE_CLIENT_ID: str = env.str("GOOGLE_CLIENT_ID", default="")
GOOGLE_CERTS_URL: str = env.str("GOOGLE_CERTS_URL", default="https://www.googleapis.com/oauth2/v1/certs")

# --- the API ------------------------------------------------------------------------------------------------------
ALLOWED_ORIGINS: list[str] = env.list("ALLOWED_ORIGINS", default=[])
CORS_ALLOWED_ORIGINS = ALLOWED_ORIGINS
CORS_URLS_REGEX = r"^/api/.*$"
TRUSTED_PROXIES: list[str] = env.list("TRUSTED_PROXIES", default=["127.0.0.1", "::1"])
REST_FRAMEWORK: dict[str, Any] = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["dastern.core.api.authentication.StatelessAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["dastern.core.api.renderers.EnvelopeRenderer"],
    "DEFAULT_CONTENT_NEGOTIATION_CLASS": "dastern.core.api.renderers.FirstRenderer",
    "DEFAULT_PARSER_CLASSES": ["dastern.core.api.parsers.StrictJSONParser"],
    "DEFAULT_PAGINATION_CLASS": "dastern.core.api.pagination.PagePagination",
    "DEFAULT_SCHEMA_CLASS": "dastern.core.api.schema.EnvelopeAutoSchema",
    "EXCEPTION_HANDLER": "dastern.core.api.exceptions.exception_handler",
    "UNAUTHENTICATED_USER": "dastern.core.api.authentication.Anonymous",
    "COERCE_DECIMAL_TO_STRING": True,
    "DATETIME_FORMAT": "%Y-%m-%dT%H:%M:%S.%fZ",
    "URL_FORMAT_OVERRIDE": None,  # ?format= belongs to the endpoints that export files
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
}
SPECTACULAR_SETTINGS: dict[str, Any] = {
    "TITLE": "Das Tern API",
    "VERSION": "1.0.0",
    "SCHEMA_PATH_PREFIX": "/api/v1/",
    "SERVE_INCLUDE_SCHEMA": False,
    "SWAGGER_UI_DIST": "SIDECAR",
    "REDOC_DIST": "SIDECAR",
    "COMPONENT_SPLIT_REQUEST": True,
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "dastern.core.api.schema.close_objects",
    ],
    "ENUM_ADD_EXPLICIT_BLANK_NULL_CHOICE": False,
    "ENUM_GENERATE_CHOICE_DESCRIPTION": False,  # a translation of the labels must not change the contract
    # one name where several fields share the choices, or one field name has several
    "ENUM_NAME_OVERRIDES": {
        "AccountStatus": "apps.users.choices.AccountStatus",
        "MissAlertLevel": "apps.doctor_dashboard.choices.AlertLevel",
        "AlertSeverity": "apps.health_monitoring.choices.AlertSeverity",
        "AllergySeverity": "apps.health_monitoring.choices.AllergySeverity",
        "ProposalState": "apps.health_monitoring.choices.ProposalState",
        "VitalType": "apps.health_monitoring.choices.VitalType",
        "AdherenceLevel": ["GREEN", "YELLOW", "RED"],
        "AuditOutcome": "apps.audit.choices.Outcome",
        "DoseSource": "apps.doses.choices.DoseSource",
        "DoseStatus": "apps.doses.choices.DoseStatus",
        "PermissionLevel": "apps.connections.choices.PermissionLevel",
        "PrescriptionSource": "apps.prescriptions.choices.PrescriptionSource",
        "PrescriptionStatus": "apps.prescriptions.choices.PrescriptionStatus",
        "ConnectionStatus": "apps.connections.choices.ConnectionStatus",
        "AccessRequestStatus": "apps.connections.choices.AccessRequestStatus",
        "Currency": "apps.payments.choices.Currency",
        "PaidPlan": "apps.payments.choices.PaidPlan",
        "PaymentChecking": "apps.payments.choices.Checking",
        "PaymentKind": "apps.payments.choices.PaymentKind",
        "PaymentStatus": "apps.payments.choices.PaymentStatus",
        "SubscriptionStatus": "apps.subscriptions.choices.SubscriptionStatus",
        "VersionState": "apps.prescriptions.choices.VersionState",
        "Tier": "apps.subscriptions.choices.Tier",
        "WarningTier": ["STOP", "WARN", "INFO"],
        "ScanState": "apps.ocr.choices.ScanState",
        "ScanError": "apps.ocr.choices.ScanError",
        "Gender": "apps.users.choices.Gender",
        "Specialty": "apps.users.choices.Specialty",
        "Language": "apps.users.choices.Language",
        "MedicineUnit": "apps.medications.choices.MedicineUnit",
        "Role": "apps.users.choices.Role",
        "SkipReason": "apps.doses.choices.SkipReason",
        "SyncOutcome": ["APPLIED", "MERGED", "SERVER_WINS", "REJECTED"],
        "TimePeriod": "apps.medications.choices.TimePeriod",
    },
}
# "requests/seconds" a caller; each movable so that a load or contract test can raise it.
RATE_LIMITS: dict[str, str] = {
    "global": env.str("RATE_LIMIT_GLOBAL", default="100/60"),
    "login": env.str("RATE_LIMIT_LOGIN", default="20/60"),
    "register": env.str("RATE_LIMIT_REGISTER", default="20/60"),
    "google": env.str("RATE_LIMIT_GOOGLE", default="5/60"),
    "otp_send": env.str("RATE_LIMIT_OTP_SEND", default="3/300"),
    "otp_verify": env.str("RATE_LIMIT_OTP_VERIFY", default="5/300"),
    "forgot_password": env.str("RATE_LIMIT_FORGOT_PASSWORD", default="3/300"),
    "upload": env.str("RATE_LIMIT_UPLOAD", default="10/3600"),
    "scan": env.str("RATE_LIMIT_SCAN", default="10/3600"),
    "connection_code": env.str("RATE_LIMIT_CONNECTION_CODE", default="5/3600"),
    "paper": env.str("RATE_LIMIT_PAPER", default="60/3600"),
    "export": env.str("RATE_LIMIT_EXPORT", default="5/3600"),
    "family_invite": env.str("RATE_LIMIT_FAMILY_INVITE", default="10/3600"),
}
# Where /api/v1/notifications/stream really runs; a proxy routes the path; without one the web redirects.
STREAM_BASE_URL: str = env.str("STREAM_BASE_URL", default="http://127.0.0.1:8001")
STREAM_HEARTBEAT_SECONDS: float = env.float("STREAM_HEARTBEAT_SECONDS", default=15.0)

# The number behind the CALL button of urgent alerts and calls for help (119: Cambodia's ambulance).
EMERGENCY_NUMBER: str = env.str("EMERGENCY_NUMBER", default="119")

# --- recognition --------------------------------------------------------------------------------------------------
# How long POST ocr/scan waits for the reading, and how many requests of a web process may wait at once: each holds a
# thread that doses need. All others are answered with 202 and poll.
OCR_WAIT_SECONDS: float = env.float("OCR_WAIT_SECONDS", default=8.0)
OCR_WAITERS: int = env.int("OCR_WAITERS", default=1)

# --- background work ----------------------------------------------------------------------------------------------
CELERY_TASK_DEFAULT_QUEUE = "default"
CELERY_TASK_ROUTES = {
    "apps.doses.tasks.*": {"queue": "schedule"},
    "apps.health_monitoring.tasks.*": {"queue": "schedule"},
    "dastern.outbox.tasks.*": {"queue": "notify"},
    "apps.notifications.tasks.*": {"queue": "notify"},
    "apps.ocr.tasks.scan_read": {"queue": "ocr"},
    "apps.ocr.tasks.engines_tell": {"queue": "ocr"},
}
CELERY_BEAT_SCHEDULER = "django_celery_beat.schedulers:DatabaseScheduler"
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_TASK_IGNORE_RESULT = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_TIMEZONE = "Asia/Phnom_Penh"

# --- mail ---------------------------------------------------------------------------------------------------------
EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
EMAIL_TIMEOUT = 10
if env.str("EMAIL_URL", default=""):
    vars().update(env.email_url("EMAIL_URL"))
DEFAULT_FROM_EMAIL: str = env.str("DEFAULT_FROM_EMAIL", default="Das Tern <no-reply@dastern.example>")
# The operator's push gateway; empty: nothing leaves this machine, and the operations site shows what would have.
PUSH_GATEWAY_URL: str = env.str("PUSH_GATEWAY_URL", default="")
PUSH_GATEWAY_KEY: str = env.str("PUSH_GATEWAY_KEY", default="")
PUSH_TIMEOUT: float = env.float("PUSH_TIMEOUT", default=5.0)
OPERATOR_EMAIL: str = env.str("OPERATOR_EMAIL", default="")
PUBLIC_BASE_URL: str = env.str("PUBLIC_BASE_URL", default="http://127.0.0.1:8000")

# --- plans: the price of 30 days -----------------------------------------------------------------------------------
PLAN_PRICES: dict[str, dict[str, Decimal]] = {
    "FREEMIUM": {"USD": Decimal(0), "KHR": Decimal(0)},
    "PREMIUM": {
        "USD": Decimal(env.str("PRICE_PREMIUM_USD", default="0.50")),
        "KHR": Decimal(env.str("PRICE_PREMIUM_KHR", default="2000")),
    },
    "FAMILY_PREMIUM": {
        "USD": Decimal(env.str("PRICE_FAMILY_USD", default="1.00")),
        "KHR": Decimal(env.str("PRICE_FAMILY_KHR", default="4000")),
    },
}

# --- the wire to the payment node (tests/golden/payments); without an address nothing can be paid ------------
PAYMENT_NODE_URL: str = env.str("PAYMENT_NODE_URL", default="")
PAYMENT_NODE_API_KEY: str = env.str("PAYMENT_NODE_API_KEY", default="")
PAYMENT_NODE_KEY_ID: str = env.str("PAYMENT_NODE_KEY_ID", default="")
PAYMENT_NODE_SECRET: str = env.str("PAYMENT_NODE_SECRET", default="")
PAYMENT_NODE_TIMEOUT_SECONDS: float = env.float("PAYMENT_NODE_TIMEOUT_SECONDS", default=15)
PAYMENT_WEBHOOK_API_KEYS: list[str] = env.list("PAYMENT_WEBHOOK_API_KEYS", default=[])
PAYMENT_WEBHOOK_SECRETS: list[str] = env.list("PAYMENT_WEBHOOK_SECRETS", default=[])
PAYMENT_WEBHOOK_ADDRESSES: list[str] = env.list("PAYMENT_WEBHOOK_ADDRESSES", default=[])

# --- audit --------------------------------------------------------------------------------------------------------
# The daily seal is appended here as well: a place the main database cannot rewrite.
AUDIT_SEAL_FILE = Path(env.str("AUDIT_SEAL_FILE", default=str(BASE_DIR / "var" / "audit-seals.jsonl")))

# --- time ---------------------------------------------------------------------------------------------------------
# Only local and test settings may move the clock; check --deploy refuses it elsewhere.
CLOCK_MOVABLE = False

# --- allauth (e-mail verification texts and the Google provider; the API is ours) ----------------------------------
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "none"
SOCIALACCOUNT_PROVIDERS = {"google": {"APPS": [{"client_id": GOOGLE_CLIENT_ID, "secret": "", "key": ""}]}}

LOGGING: dict[str, Any] = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"json": {"()": "dastern.core.logs.JsonFormatter"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "json"}},
    "root": {"handlers": ["console"], "level": env.str("LOG_LEVEL", default="INFO")},
    "loggers": {
        "django.server": {"handlers": ["console"], "propagate": False},
        "django.request": {"level": "ERROR"},
        "weasyprint": {"level": "WARNING"},  # it tells each step of each page
        "fontTools": {"level": "WARNING"},
    },
}

RATELIMIT_FAIL_OPEN = True
SILENCED_SYSTEM_CHECKS = [
    "django_ratelimit.E003",  # django-redis is atomic; they only know its old name
    "django_ratelimit.W001",
    "admin.E408",  # the admin looks in MIDDLEWARE for what is in PAGES_MIDDLEWARE
    "admin.E409",
    "admin.E410",
]
