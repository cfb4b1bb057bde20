"""Settings shared by every process. Values come from the environment through ``config.env`` only."""

from __future__ import annotations

import datetime
from typing import Any

from config import env

BASE_DIR = env.BASE_DIR
VERSION = "0.1.0"

DEBUG = env.boolean("DEBUG", default=False)
#: /styleguide/ shows every component; for whoever builds pages, never where people work.
STYLEGUIDE = DEBUG
SECRET_KEY = env.text("SECRET_KEY")
ALLOWED_HOSTS = env.listing("ALLOWED_HOSTS", "localhost,127.0.0.1")
#: The address people reach this installation at; links in mails (unsubscribe, invitation) start with it.
PUBLIC_URL = env.text("PUBLIC_URL", "http://localhost:8000").rstrip("/")
CSRF_TRUSTED_ORIGINS = env.listing("CSRF_TRUSTED_ORIGINS", PUBLIC_URL)
SITE_NAME = "Beckon"
#: Whom "Contact …" pages name.
SUPPORT_EMAIL = env.text("SUPPORT_EMAIL", "support@beckon.example.com")

INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "django.contrib.humanize",
    "django_htmx",
    "template_partials.apps.SimpleAppConfig",
    "pgtrigger",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "rest_framework",
    "django_filters",
    "drf_spectacular",
    "django_structlog",
    "csp",
    "config.apps.BeckonConfig",
    "foundation",
    "accounts",
    "sourcing",
    "outreach",
    "campaigns",
    "integrations",
    "publishing",
    "panel",
]

MIDDLEWARE = [
    "config.health.HealthMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_structlog.middlewares.RequestMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "config.partial_responses.VaryOnHtmx",
    "allauth.account.middleware.AccountMiddleware",
    "accounts.middleware.ActorMiddleware",
    "accounts.middleware.TimeZoneMiddleware",
    "accounts.api.rate_limit.RateLimitHeaders",
    "foundation.problems.ProblemMiddleware",
    "accounts.api.idempotency.IdempotencyMiddleware",
]

ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"

TEMPLATES: list[dict[str, Any]] = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "config.frame.frame",
            ],
            "builtins": ["template_partials.templatetags.partials", "config.templatetags.ui"],
            "loaders": [
                (
                    "template_partials.loader.Loader",
                    [
                        (
                            "django.template.loaders.cached.Loader",
                            [
                                "django.template.loaders.filesystem.Loader",
                                "django.template.loaders.app_directories.Loader",
                            ],
                        )
                    ],
                )
            ],
        },
    }
]

DATABASES: dict[str, dict[str, Any]] = {"default": env.database()}
DATABASES["default"].setdefault("OPTIONS", {})
# A new connection makes somebody's page wait 15 ms: the server starts a process that knows no table yet.
DATABASES["default"]["CONN_MAX_AGE"] = 600
DATABASES["default"]["CONN_HEALTH_CHECKS"] = True
# docs/architecture.md, "Ground rules": the web gives up after 10 s, workers after 60 s, runs never.
STATEMENT_TIMEOUT_MS = env.integer("STATEMENT_TIMEOUT_MS", 10_000)
DATABASES["default"]["OPTIONS"]["options"] = (
    f"-c lock_timeout=2s -c statement_timeout={STATEMENT_TIMEOUT_MS} -c jit=off -c timezone=UTC"
)
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

REDIS_URL = env.text("REDIS_URL")
CACHES = {"default": {"BACKEND": "foundation.redis_cache.RedisCache", "LOCATION": REDIS_URL}}
# Sessions live in PostgreSQL and are read from Redis: it may be flushed at any moment and nobody is logged out.
SESSION_ENGINE = "django.contrib.sessions.backends.cached_db"

AUTH_USER_MODEL = "accounts.User"
# The address is unique without case by a constraint on Lower("email"), which this check does not know.
SILENCED_SYSTEM_CHECKS = ["auth.W004"]
AUTHENTICATION_BACKENDS = [
    "django.contrib.auth.backends.ModelBackend",
    "allauth.account.auth_backends.AuthenticationBackend",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in ("UserAttributeSimilarityValidator", "MinimumLengthValidator", "CommonPasswordValidator")
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
ACCOUNT_ADAPTER = "accounts.adapter.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "none"
# The installation's own mail: to members, never to candidates, who are written to from members' mailboxes.
EMAIL_HOST = env.text("EMAIL_HOST", "")
EMAIL_PORT = env.integer("EMAIL_PORT", 587, least=1)
EMAIL_HOST_USER = env.text("EMAIL_HOST_USER", "")
EMAIL_HOST_PASSWORD = env.text("EMAIL_HOST_PASSWORD", "")
EMAIL_USE_TLS = env.boolean("EMAIL_USE_TLS", default=True)
EMAIL_TIMEOUT = 15
DEFAULT_FROM_EMAIL = env.text("DEFAULT_FROM_EMAIL", SUPPORT_EMAIL)
ACCOUNT_LOGOUT_ON_GET = False

USE_TZ = True
TIME_ZONE = "UTC"
LANGUAGE_CODE = "en"
USE_I18N = False

STATIC_URL = "/static/"
STATIC_ROOT = env.BASE_DIR / "staticfiles"
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
#: Uploaded files (imports, refused rows); on several machines a shared volume.
MEDIA_ROOT = env.text("MEDIA_ROOT", str(BASE_DIR / "media"))
#: One file of a person at most, and how much of a résumé's text is kept and searched.
FILE_BYTES = env.integer("FILE_MEGABYTES", 20, least=1) << 20
FILE_TEXT_CHARACTERS = 200_000
#: Of a mail: one attachment, one picture in the text, all files of a message. Base64 adds a third, and most
#: providers take 25 MB.
ATTACHMENT_BYTES = env.integer("ATTACHMENT_MEGABYTES", 10, least=1) << 20
PICTURE_BYTES = env.integer("PICTURE_MEGABYTES", 2, least=1) << 20
MESSAGE_FILES_BYTES = env.integer("MESSAGE_FILES_MEGABYTES", 15, least=1) << 20
DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024 * 1024

# ── security ────────────────────────────────────────────────────────────────
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CSRF_FAILURE_VIEW = "foundation.problems.csrf_failure"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'none'"],
        "script-src": ["'self'"],
        "style-src": ["'self'"],
        "img-src": ["'self'"],
        "font-src": ["'self'"],
        "connect-src": ["'self'"],
        "form-action": ["'self'"],
        "frame-ancestors": ["'none'"],
        "base-uri": ["'none'"],
        "manifest-src": ["'self'"],
    }
}
#: MultiFernet keys, newest first; secrets (mailbox passwords, API keys) are encrypted with the first.
SECRET_BOX_KEYS = env.listing("SECRET_BOX_KEYS")
#: Keys the HMAC that stays of an erased or suppressed address, and signs reply tokens.
PEPPER = env.text("PEPPER")
#: Networks that the egress door may reach although they are private, e.g. "127.0.0.0/8,10.0.0.0/8".
EGRESS_ALLOWED_PRIVATE_NETWORKS = env.listing("EGRESS_ALLOWED_PRIVATE_NETWORKS")

#: Certificates trusted beside the system's own, as a PEM file; empty: only the system's.
EGRESS_CA_FILE = env.text("EGRESS_CA_FILE", "")

#: Name servers for the records of a mailbox's domain, "192.0.2.1:53"; empty: the machine's own.
DNS_SERVERS = env.listing("DNS_SERVERS")

# ── sending (docs/behaviour.md §1; docs/architecture.md, "Sending") ──────────
START_GRACE_MINUTES = env.integer("START_GRACE_MINUTES", 20)
MAILBOX_MIN_GAP = env.seconds("MAILBOX_MIN_GAP_SECONDS", 120)
MAILBOX_MAX_GAP = env.seconds("MAILBOX_MAX_GAP_SECONDS", 300)
#: Messages per rolling 24 hours; 0 means no limit.
MAILBOX_DAILY_LIMIT = env.integer("MAILBOX_DAILY_LIMIT", 80)
#: First day of a young mailbox, rising to the limit over four weeks; 0 means no ramp.
MAILBOX_RAMP_START = env.integer("MAILBOX_RAMP_START", 20)
#: Waits before the tries after a temporary failure.
SEND_RETRY_DELAYS = env.durations("SEND_RETRY_DELAYS_SECONDS", "300,900,3600,14400,43200,86400")
#: A worker that is silent for this long loses its mailbox to another one.
SEND_LEASE = env.seconds("SEND_LEASE_SECONDS", 90)
SMTP_TIMEOUT = env.seconds("SMTP_TIMEOUT_SECONDS", 30)
IMAP_TIMEOUT = env.seconds("IMAP_TIMEOUT_SECONDS", 30)
#: How often each mailbox is read; a follow-up leaves only after a complete read within the last 3 minutes.
INBOX_POLL_INTERVAL = env.seconds("INBOX_POLL_SECONDS", 60)
#: The gap meter compares mail of so many days, at most since the link; older mail moves no campaign. 0: all of it.
GAP_WINDOW_DAYS = env.integer("GAP_WINDOW_DAYS", 90)
#: Signing in with Google and Microsoft 365 (docs/mailboxes.md): the installation's own client at each provider. The
#: addresses are settable so that a private authorization server can stand in.
GOOGLE_CLIENT_ID = env.text("GOOGLE_CLIENT_ID", "")
GOOGLE_CLIENT_SECRET = env.text("GOOGLE_CLIENT_SECRET", "")
GOOGLE_AUTHORIZE_URL = env.text("GOOGLE_AUTHORIZE_URL", "https://accounts.google.com/o/oauth2/v2/auth")
GOOGLE_TOKEN_URL = env.text("GOOGLE_TOKEN_URL", "https://oauth2.googleapis.com/token")
GOOGLE_REVOKE_URL = env.text("GOOGLE_REVOKE_URL", "https://oauth2.googleapis.com/revoke")
GOOGLE_SMTP = env.mail_server("GOOGLE_SMTP_URL", "smtp+starttls://smtp.gmail.com:587")
GOOGLE_IMAP = env.mail_server("GOOGLE_IMAP_URL", "imaps://imap.gmail.com:993")
MICROSOFT_CLIENT_ID = env.text("MICROSOFT_CLIENT_ID", "")
MICROSOFT_CLIENT_SECRET = env.text("MICROSOFT_CLIENT_SECRET", "")
#: "common" takes accounts of every organisation; an app of one organisation needs that one's id.
MICROSOFT_TENANT = env.text("MICROSOFT_TENANT", "common")
_MICROSOFT = f"https://login.microsoftonline.com/{MICROSOFT_TENANT}/oauth2/v2.0"
MICROSOFT_AUTHORIZE_URL = env.text("MICROSOFT_AUTHORIZE_URL", f"{_MICROSOFT}/authorize")
MICROSOFT_TOKEN_URL = env.text("MICROSOFT_TOKEN_URL", f"{_MICROSOFT}/token")
MICROSOFT_SMTP = env.mail_server("MICROSOFT_SMTP_URL", "smtp+starttls://smtp.office365.com:587")
MICROSOFT_IMAP = env.mail_server("MICROSOFT_IMAP_URL", "imaps://outlook.office365.com:993")
#: Where SourceWhale answers; the sandbox stands in for it in the demo.
SOURCEWHALE_BASE_URL = env.text("SOURCEWHALE_BASE_URL", "https://sourcewhale.app/public-api").rstrip("/")
#: Calls per second and account; SourceWhale publishes no limit (docs/integrations/sourcewhale.md).
SOURCEWHALE_CALLS_PER_SECOND = env.integer("SOURCEWHALE_CALLS_PER_SECOND", 1, least=1)
#: Where SmartRecruiters answers, and where people sign in to it; client id and secret are of an app registered there.
SMARTRECRUITERS_BASE_URL = env.text("SMARTRECRUITERS_BASE_URL", "https://api.smartrecruiters.com").rstrip("/")
SMARTRECRUITERS_AUTHORIZE_URL = env.text(
    "SMARTRECRUITERS_AUTHORIZE_URL", "https://www.smartrecruiters.com/identity/oauth/allow"
)
SMARTRECRUITERS_TOKEN_URL = env.text(
    "SMARTRECRUITERS_TOKEN_URL", "https://api.smartrecruiters.com/identity/oauth/token"
)
SMARTRECRUITERS_CLIENT_ID = env.text("SMARTRECRUITERS_CLIENT_ID", "")
SMARTRECRUITERS_CLIENT_SECRET = env.text("SMARTRECRUITERS_CLIENT_SECRET", "")
#: Its published limits: calls in any second to one endpoint, and calls under way.
SMARTRECRUITERS_CALLS_PER_SECOND = env.integer("SMARTRECRUITERS_CALLS_PER_SECOND", 10, least=1)
SMARTRECRUITERS_CALLS_AT_ONCE = env.integer("SMARTRECRUITERS_CALLS_AT_ONCE", 8, least=1)
#: Where CATS answers, and how often one account may call it in any hour; some accounts have 1,500.
CATS_BASE_URL = env.text("CATS_BASE_URL", "https://api.catsone.com/v3").rstrip("/")
CATS_CALLS_PER_HOUR = env.integer("CATS_CALLS_PER_HOUR", 500, least=1)
#: Where Pinpoint answers, a host per customer, and calls per second and account; it publishes no limit
#: (docs/integrations/pinpoint.md).
PINPOINT_BASE_URL = env.text("PINPOINT_BASE_URL", "https://{subdomain}.pinpointhq.com/api/v1").rstrip("/")
PINPOINT_CALLS_PER_SECOND = env.integer("PINPOINT_CALLS_PER_SECOND", 1, least=1)
#: Seconds a vendor needs until a new record can be found; a crash between create and link waits this long.
VENDOR_INDEX_DELAY = env.seconds("VENDOR_INDEX_DELAY_SECONDS", 120)
#: People of one export in work at once; their calls go one after the other all the same.
EXPORT_LANES = env.integer("EXPORT_LANES", 2, least=1)
#: One call to a vendor, from the first byte to the last.
VENDOR_TIMEOUT = env.seconds("VENDOR_TIMEOUT_SECONDS", 15)

#: The fuse of a mailbox (``outreach.fuses``) counts over so many days.
FUSE_WINDOW_DAYS = env.integer("FUSE_WINDOW_DAYS", 7, least=1)
#: Hard bounces in thousandths of what was sent; 0: no fuse. 5 % is where mail services put a sender under review,
#: and five cases are the fewest that are a rate and not a typing error.
FUSE_BOUNCES_PER_MILLE = env.integer("FUSE_BOUNCES_PER_MILLE", 50)
FUSE_BOUNCES_AT_LEAST = env.integer("FUSE_BOUNCES_AT_LEAST", 5, least=1)
#: Spam complaints likewise. 0.3 % is the line of Gmail and Yahoo; one complaint may be a slip of the finger.
FUSE_COMPLAINTS_PER_MILLE = env.integer("FUSE_COMPLAINTS_PER_MILLE", 3)
FUSE_COMPLAINTS_AT_LEAST = env.integer("FUSE_COMPLAINTS_AT_LEAST", 2, least=1)

# ── background work ─────────────────────────────────────────────────────────
CELERY_BROKER_URL = REDIS_URL.replace("unix://", "redis+socket://", 1).replace("?db=", "?virtual_host=", 1)
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_DEFAULT_QUEUE = "default"
CELERY_TASK_ACKS_LATE = False  # a lost wake-up is found by beat; a repeated one costs a query
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_TIMEZONE = "UTC"
CELERY_ENABLE_UTC = True

#: Calls of one API token in a minute.
API_CALLS_PER_MINUTE = env.integer("API_CALLS_PER_MINUTE", 600)
REST_FRAMEWORK: dict[str, Any] = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "accounts.api.authentication.ApiTokenAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["accounts.api.permissions.HasRight"],
    "DEFAULT_THROTTLE_CLASSES": ["accounts.api.rate_limit.PerToken"],
    "DEFAULT_FILTER_BACKENDS": ["django_filters.rest_framework.DjangoFilterBackend"],
    "DEFAULT_PAGINATION_CLASS": "foundation.paging.KeysetPagination",
    "PAGE_SIZE": 50,
    "DEFAULT_SCHEMA_CLASS": "config.api_schema.Operations",
    "EXCEPTION_HANDLER": "foundation.api_problems.api_exception_handler",
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": [
        "foundation.json_bodies.JSONBody",
        "rest_framework.parsers.FormParser",
        "rest_framework.parsers.MultiPartParser",
    ],
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Beckon",
    "VERSION": VERSION,
    "SERVE_INCLUDE_SCHEMA": False,
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "POSTPROCESSING_HOOKS": [
        "config.api_schema.every_create_may_be_repeated",
        "config.api_schema.every_read_may_be_narrowed",
        "config.api_schema.every_update_minds_what_was_read",
        "config.api_schema.with_examples",
        "config.api_schema.every_refusal_is_a_problem",
        "config.api_schema.without_marks",
    ],
}

DJANGO_STRUCTLOG_CELERY_ENABLED = True
LOG_LEVEL = env.text("LOG_LEVEL", "INFO")
LOG_JSON = env.boolean("LOG_JSON", default=True)
LOGGING_CONFIG = "config.logs.configure"
LOGGING = {"level": LOG_LEVEL, "json": LOG_JSON}

#: Everything that is waiting is found again by beat at the latest after this long.
SWEEP_INTERVAL = datetime.timedelta(seconds=30)
