"""Every setting of Holdfast: typed readers of the environment on top, then constants. README explains each one."""

import base64
import contextlib
import os
import secrets
import socket
import zlib
from pathlib import Path
from urllib.parse import parse_qsl, unquote, urlsplit

from csp.constants import NONE, SELF
from psycopg.pq import Conninfo

from config.checks import refuse_to_start, unsafe
from config.exits import Code, Refusal, refusal_of
from config.logs import configure
from config.postgres_place import embedded_url

BASE_DIR = Path(__file__).resolve().parent.parent


# --- reading the environment -------------------------------------------------------------------------------------


def text(name: str, default: str = "") -> str:
    return os.environ.get(name, default).strip()


def misread(name: str, wanted: str) -> Refusal:
    """Says what was meant to stand there, and never what does: it may be a secret in the wrong place."""
    return Refusal(Code.SETTING, f"The setting {name} {wanted}. Nothing was started. README explains every setting.")


def flag(name: str, *, default: bool) -> bool:
    value = text(name).lower()
    if value in {"", "1", "true", "yes", "on", "0", "false", "no", "off"}:
        return default if value == "" else value in {"1", "true", "yes", "on"}
    raise misread(name, "must be yes or no")


def number(name: str, default: int, *, least: int = 1, most: int = 1_000_000) -> int:
    value = text(name)
    if not value:
        return default
    if value.isdecimal() and least <= int(value) <= most:
        return int(value)
    raise misread(name, f"must be a whole number from {least} to {most}")


def decimal(name: str, default: float) -> float:
    value = text(name)
    with contextlib.suppress(ValueError):
        if 0 <= (found := float(value or default)) < float("inf"):
            return found
    raise misread(name, "must be a number, such as 0.5 or 2")


def words(name: str, default: str = "") -> list[str]:
    return [part.strip() for part in text(name, default).split(",") if part.strip()]


def redis_address(name: str) -> str:
    url = secret(name)
    with contextlib.suppress(ValueError):
        if not url or (urlsplit(url).scheme in {"redis", "rediss", "unix"} and urlsplit(url).port != 0):
            return url
    raise misread(name, "must look like redis://:password@host:6379/0, rediss://... or unix:///path/of/socket")


def pairs(name: str) -> dict[str, str]:
    found = dict(word.partition("=")[::2] for word in words(name))
    if not all(key and value for key, value in found.items()):
        raise misread(name, "must look like name=value,name=value")
    return found


def secret(name: str) -> str:
    """A secret comes from NAME, or from the file that NAME_FILE points at (as container platforms mount them)."""
    path = text(f"{name}_FILE")
    try:
        return Path(path).read_text().strip() if path else text(name)
    except (OSError, UnicodeDecodeError) as error:
        why = getattr(error, "strerror", None) or "it is not text"
        raise misread(f"{name}_FILE", f"names a file that cannot be read: {path} ({why})") from None


def development_secret(name: str, make: str) -> str:
    """In development a missing secret is made once and kept in the data folder, readable by its user only."""
    path = DATA_DIR / "keys" / name.lower()
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    if not path.exists():
        draft = path.with_name(f"{path.name}.{os.getpid()}")
        with os.fdopen(os.open(draft, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600), "w") as file:
            file.write(make)
        with contextlib.suppress(FileExistsError):
            path.hardlink_to(draft)  # whoever links first wins; nobody ever reads half a key
        draft.unlink()
    return path.read_text().strip()


def database(url: str) -> dict[str, object]:
    """postgresql://user:password@host:port/name?option=value; `?host=/folder` names a socket folder."""
    try:
        parts, port = urlsplit(url), urlsplit(url).port
    except ValueError:
        raise misread("DATABASE_URL", "has a host or a port that cannot be") from None
    if parts.scheme not in {"postgresql", "postgres"} or not parts.path.lstrip("/"):
        raise misread("DATABASE_URL", "must look like postgresql://user:password@host/name")
    options = dict(parse_qsl(parts.query))
    for option in options.keys() - {each.keyword.decode() for each in Conninfo.get_defaults()}:
        raise misread("DATABASE_URL", f"has an option after the ? that PostgreSQL does not know: {option}")
    return {
        "ENGINE": "config.database",
        "NAME": unquote(parts.path.lstrip("/")),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": options.pop("host", parts.hostname or ""),
        "PORT": str(port or ""),
        "CONN_MAX_AGE": 60,
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": options,
    }


# --- where and how it runs ---------------------------------------------------------------------------------------

ENVIRONMENT = text("HOLDFAST_ENV", "development")
if ENVIRONMENT not in {"development", "production"}:
    raise misread("HOLDFAST_ENV", "must be development or production")
PRODUCTION = ENVIRONMENT == "production"
DEBUG = flag("DEBUG", default=False)  # our own pages explain errors in development too; the debug page prints settings
DATA_DIR = Path(text("DATA_DIR", str(BASE_DIR / ".data")))
PORT = number("PORT", 8000, most=65_535)
BIND = text("BIND", "0.0.0.0" if PRODUCTION else "127.0.0.1")  # noqa: S104 -- in production a proxy or a platform stands in front
PUBLIC_URL = text("PUBLIC_URL", f"http://localhost:{PORT}").rstrip("/")
if not PRODUCTION and not PUBLIC_URL.startswith(("http://", "https://")):  # production has a word of its own
    raise misread("PUBLIC_URL", "must begin with http:// or https://")
ALLOWED_HOSTS = words(
    "ALLOWED_HOSTS",
    f"{urlsplit(PUBLIC_URL).hostname},localhost,127.0.0.1" if not PRODUCTION else str(urlsplit(PUBLIC_URL).hostname),
)
HTTPS = PUBLIC_URL.startswith("https://")
TRUSTED_PROXIES = number("TRUSTED_PROXIES", 0, least=0)
WEB_PROCESSES = number("WEB_PROCESSES", 2)
WEB_TIMEOUT = number("WEB_TIMEOUT", 30)  # seconds; a web process whose view takes longer ends itself and is replaced
WEB_STATEMENT_SECONDS = number("WEB_STATEMENT_SECONDS", max(1, WEB_TIMEOUT * 2 // 3), least=0)  # of PostgreSQL; 0: none
WORKER_PROCESSES = number("WORKER_PROCESSES", 2)
WORKER_SILENCE = number("WORKER_SILENCE", 60)  # seconds without a beat: then the cluster is killed and started anew
METRICS_TOKEN = secret("METRICS_TOKEN")
LOGGING = configure(production=PRODUCTION)
DEFAULT_EXCEPTION_REPORTER_FILTER = "config.logs.ReportFilter"

# --- keys --------------------------------------------------------------------------------------------------------

SECRET_KEY = secret("SECRET_KEY") or ("" if PRODUCTION else development_secret("SECRET_KEY", secrets.token_urlsafe(64)))
# Newest first: all of them read, the first one writes. The name is the one django-encrypted-model-fields looks for.
FIELD_ENCRYPTION_KEY = [key.strip() for key in secret("FIELD_ENCRYPTION_KEYS").split(",") if key.strip()] or (
    []
    if PRODUCTION
    else [development_secret("FIELD_ENCRYPTION_KEYS", base64.urlsafe_b64encode(secrets.token_bytes(32)).decode())]
)

# --- parts -------------------------------------------------------------------------------------------------------

INSTALLED_APPS = [
    "django.contrib.admin.apps.SimpleAdminConfig",  # config.urls looks for what belongs into the console
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "rest_framework",
    "drf_spectacular",
    "django_htmx",
    "csp",
    "django_q",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.headless",
    "config",
    "accounts",
    "wallets",
    "ledger",
    "sync",
]

MIDDLEWARE = [
    "config.middleware.FrameMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "config.middleware.PolicyMiddleware",
    "config.middleware.CrowdedMiddleware",
    "accounts.sessions.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "accounts.sessions.OwnerMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "accounts.middleware.SecondFactorMiddleware",
    "accounts.middleware.TimeZoneMiddleware",
]

ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
            "builtins": ["config.templatetags.ui"],
        },
    },
]

FORM_RENDERER = "config.widgets.Renderer"

# --- data --------------------------------------------------------------------------------------------------------

DATABASE_URL = secret("DATABASE_URL")
EMBEDDED = not DATABASE_URL and not PRODUCTION
DATABASE_URL = embedded_url(DATA_DIR) if EMBEDDED else DATABASE_URL
DATABASES = {"default": database(DATABASE_URL)} if DATABASE_URL else {}
REDIS_URL = redis_address("REDIS_URL")
CACHES = {
    "default": {
        "BACKEND": "config.cache.RedisOrTable",
        "LOCATION": REDIS_URL,
        "OPTIONS": {"serializer": "config.cache.JsonSerializer", "socket_connect_timeout": 1, "socket_timeout": 1},
    }
    if REDIS_URL
    else {"BACKEND": "config.cache.TableCache"},
}
WORKER_NAME = text(
    "WORKER_NAME", f"{socket.gethostname()}-{zlib.crc32(str(DATA_DIR.resolve()).encode()):08x}"
)  # one cluster of workers: whose sign of life is whose
TASK_SECONDS = 120  # the longest a worker may be at one task; work is done in slices well below
Q_CLUSTER = {
    "name": "holdfast",
    "broker_class": "config.broker.RedisBroker" if REDIS_URL else "config.broker.TableBroker",
    "workers": WORKER_PROCESSES,
    "queue_limit": WORKER_PROCESSES,  # what is prefetched waits in memory: no more than is about to run
    "timeout": TASK_SECONDS,
    "retry": 600,  # nothing is redelivered (config.broker); above `timeout`, so that django-q2 does not warn
    "ack_failures": True,
    "save_limit": -1,  # keep failures only; above 0 each result would lock and load all that are kept
    "scheduler": False,  # config.queue has its own, finer one
    "recycle": 5000,
    "max_rss": 600_000,  # kilobytes
    "log_level": "WARNING",
    "label": "Background work",
}
# Calls and seconds: so many at once, then evenly. Shared by all processes (config.limits). Each has its reason.
RATE_LIMITS = {
    "api": (600, 60),  # each phone's session, each script's token
    "api_anonymous": (60, 60),  # per address: knocking in vain
    "recovery": (3, 900),  # of a lost second factor, per e-mail address and network
    "recovery_by_address": (20, 900),
    "key_tests": (20, 600),  # per owner: exchanges lock accounts whose keys keep failing
    "files": (60, 600),  # per owner: each is a stretch of work
}
RATE_LIMITS_SCALE = decimal("RATE_LIMITS_SCALE", 1.0)  # tests that hammer every door raise it


def scaled(rates: str) -> str:
    """As allauth writes limits: calls/time/per, comma-separated. It counts them in the shared cache."""
    parts = (rate.split("/", 1) for rate in rates.split(","))
    return ",".join(f"{max(1, round(int(calls) * RATE_LIMITS_SCALE))}/{rest}" for calls, rest in parts)


ACCOUNT_RATE_LIMITS = {
    "login": scaled("30/m/ip"),
    # accounts.door_limits: an address tried from one network, from all, and from devices that are the owner's.
    "sign_in_here": scaled("10/m/ip,5/300s/key,20/h/key"),
    "sign_in_anywhere": scaled("60/h/key"),
    "sign_in_known": scaled("10/m/ip,5/300s/key,20/h/key"),
    "reset_here": scaled("5/m/key,20/h/key"),
    "reset_anywhere": scaled("60/h/key"),
    "reset_known": scaled("5/m/key,20/h/key"),
    "factor_here": scaled("5/300s/key,15/h/key"),  # a person's second factor from one network, and below from all
    "login_failed": scaled("10/m/ip,10/300s/key,30/h/key"),
    "signup": scaled("20/m/ip"),
    "confirm_email": scaled("6/m/ip,40/h/ip,120/h/key"),
    "reset_password": scaled("20/m/ip"),
    "reset_password_from_key": scaled("20/m/ip"),
    "request_login_code": scaled("20/m/ip,3/m/key"),
    "reauthenticate": scaled("10/m/user"),
    "change_password": scaled("5/m/user"),
    "manage_email": scaled("10/m/user"),
}
MFA_RATE_LIMITS = {"webauthn_login": scaled("10/m/ip")}

FILE_UPLOAD_HANDLERS = ["config.uploads.Bounded"]

# --- people ------------------------------------------------------------------------------------------------------

AUTH_USER_MODEL = "accounts.User"
SILENCED_SYSTEM_CHECKS = [
    "staticfiles.W004",  # npm brings it (`manage.py assets`); without it a chart is a table
    "auth.W004",  # one address, one user: a constraint on lower(email) sees to it
    "security.W021",  # preloading cannot be taken back: the operator's own decision, at their proxy
]
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.ScryptPasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
SESSION_ENGINE = "accounts.sessions"
SESSION_COOKIE_AGE = 14 * 24 * 3600
# Whom https speaks for, a browser takes a cookie of that prefix from, and from no other name below the same domain.
COOKIE_PREFIX = "__Host-" if HTTPS else ""
SESSION_COOKIE_NAME = f"{COOKIE_PREFIX}sessionid"
SESSION_COOKIE_SECURE = HTTPS
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_NAME = f"{COOKIE_PREFIX}csrftoken"
CSRF_COOKIE_SECURE = HTTPS
CSRF_COOKIE_HTTPONLY = True

LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "accounts:home"
ACCOUNT_LOGOUT_REDIRECT_URL = "accounts:landing"
ACCOUNT_ADAPTER = "accounts.doors.AccountAdapter"
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = "mandatory"
ACCOUNT_EMAIL_VERIFICATION_BY_CODE_ENABLED = True
ACCOUNT_EMAIL_VERIFICATION_SUPPORTS_RESEND = True
ACCOUNT_EMAIL_VERIFICATION_SUPPORTS_CHANGE = False  # offered to new addresses only, so it would tell which are known
ACCOUNT_PASSWORD_RESET_BY_CODE_ENABLED = True
ACCOUNT_PASSWORD_RESET_BY_CODE_TIMEOUT = 15 * 60  # as long as a code to confirm an address: mail is slow at times
ACCOUNT_CHANGE_EMAIL = True
ACCOUNT_EMAIL_NOTIFICATIONS = False  # accounts.notices tells, in the app as well
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_REAUTHENTICATION_TIMEOUT = 0  # a password never counts as fresh: AccountAdapter decides by the second factor
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_FORMS = {
    "add_email": "accounts.door_forms.ChangeEmailForm",
    "change_password": "accounts.door_forms.ChangePasswordForm",
    "confirm_email_verification_code": "accounts.door_forms.EmailCodeForm",
    "confirm_password_reset_code": "accounts.door_forms.ResetCodeForm",
    "login": "accounts.door_forms.SignInForm",
    "reset_password": "accounts.door_forms.ResetAskForm",
    "reset_password_from_key": "accounts.door_forms.ResetForm",
    "set_password": "accounts.door_forms.SetPasswordForm",
    "signup": "accounts.door_forms.SignUpForm",
}
MFA_ADAPTER = "accounts.second_factor.MfaAdapter"
MFA_FORMS = {
    "authenticate": "accounts.door_forms.SecondFactorForm",
    "authenticate_webauthn": "accounts.door_forms.PasskeySecondFactorForm",
    "login_webauthn": "accounts.door_forms.PasskeySignInForm",
}
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes", "webauthn"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_TOTP_ISSUER = "Holdfast"
MFA_TOTP_TOLERANCE = 1  # phones' clocks are off by some seconds; accounts.second_factor.spend refuses used codes
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = not PRODUCTION
HEADLESS_ONLY = False
HEADLESS_CLIENTS = ("app",)
ALLAUTH_TRUSTED_PROXY_COUNT = TRUSTED_PROXIES

# --- other people's services, and their stand-ins ----------------------------------------------------------------

# Where the sandbox listens (0: there is none). `up` sets it for its processes; production refuses it.
SANDBOX_PORT = number("SANDBOX_PORT", 0, least=0, most=65_535)
SANDBOX_SCENARIO = text("SANDBOX_SCENARIO")  # a file: data and faults that it plays from the start
# The addresses all our calls to exchanges come from, for owners to enter at their exchange; and this machine's own.
EGRESS_IPS = words("EGRESS_IPS")
EGRESS_ADDRESS = text("EGRESS_ADDRESS")
# Exchange=origin, comma-separated: speaks to that origin in place of the exchange. Development only.
EXCHANGE_ORIGINS = pairs("EXCHANGE_ORIGINS")
# Signing in with Coinbase is offered only when there is a client id, which Coinbase gives to approved partners.
COINBASE_SIGNIN_CLIENT_ID = text("COINBASE_SIGNIN_CLIENT_ID")
COINBASE_SIGNIN_CLIENT_SECRET = secret("COINBASE_SIGNIN_CLIENT_SECRET")
if SANDBOX_PORT and not PRODUCTION and not COINBASE_SIGNIN_CLIENT_ID:
    EXCHANGE_ORIGINS.setdefault("coinbase", f"http://localhost:{SANDBOX_PORT}/coinbase")
    COINBASE_SIGNIN_CLIENT_ID, COINBASE_SIGNIN_CLIENT_SECRET = "Holdfast", "known to the sandbox only"
# Connecting by signing in at the exchange: client id and secret for each, as the exchange gave them to the operator.
OAUTH_CLIENTS = {
    "coinbase": (text("COINBASE_CLIENT_ID"), secret("COINBASE_CLIENT_SECRET")),
    "uphold": (text("UPHOLD_CLIENT_ID"), secret("UPHOLD_CLIENT_SECRET")),
    "coinjar": (text("COINJAR_CLIENT_ID"), secret("COINJAR_CLIENT_SECRET")),
}
if SANDBOX_PORT and not PRODUCTION:
    OAUTH_CLIENTS = {
        name: given if given[0] else ("Holdfast-wallets", "known to the sandbox only")
        for name, given in OAUTH_CLIENTS.items()
    }
# Where a phone app may be sent back to after a consent: schemes of its own addresses.
OAUTH_RETURN_SCHEMES = words("OAUTH_RETURN_SCHEMES", "holdfast")

# --- synchronising ------------------------------------------------------------------------------------------------

SYNC_LANES = number("SYNC_LANES", 128)  # wallets under way at once in one worker process
SYNC_CONNECTIONS = number("SYNC_CONNECTIONS", 16)  # so many of them with a database connection; the others wait
SYNC_SLICE_SECONDS = number("SYNC_SLICE_SECONDS", 45)  # of one go; well below TASK_SECONDS
# The same cause for so many owners of one exchange, and such a share of its runs, in so many minutes, is an incident.
INCIDENT_OWNERS = number("INCIDENT_OWNERS", 5)
INCIDENT_SHARE = decimal("INCIDENT_SHARE", 0.3)
INCIDENT_MINUTES = number("INCIDENT_MINUTES", 10)
INCIDENT_PROBE_SECONDS = number("INCIDENT_PROBE_SECONDS", 120)  # between two tries while it lasts
RUNS_KEPT_DAYS = number("RUNS_KEPT_DAYS", 90)  # of what brought nothing
NOT_READ_DAYS = number("NOT_READ_DAYS", 2)  # after which an owner is told, where nothing asks them to act

# --- mail --------------------------------------------------------------------------------------------------------

MAIL_URL = secret("MAIL_URL")
EMAIL_BACKEND = "config.mail.QueueBackend" if MAIL_URL or PRODUCTION else "config.mail.FileBackend"
DEFAULT_FROM_EMAIL = text("MAIL_FROM") or "Holdfast <no-reply@localhost>"
SERVER_EMAIL = DEFAULT_FROM_EMAIL

# --- programs ----------------------------------------------------------------------------------------------------

REST_FRAMEWORK: dict[str, object] = {
    # Closed unless an operation says otherwise: every endpoint is made by accounts.api.frame.
    "DEFAULT_AUTHENTICATION_CLASSES": ["accounts.api.doors.PhoneDoor", "accounts.api.doors.ScriptDoor"],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_PARSER_CLASSES": ["config.api.bodies.StrictJson"],
    "DEFAULT_RENDERER_CLASSES": ["config.api.writing.Renderer"],
    "DEFAULT_CONTENT_NEGOTIATION_CLASS": "config.api.writing.Choosing",
    "DEFAULT_SCHEMA_CLASS": "accounts.api.document.OperationSchema",
    "EXCEPTION_HANDLER": "config.api.problem.answer",
    "URL_FORMAT_OVERRIDE": None,
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
    "TEST_REQUEST_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
}
SPECTACULAR_SETTINGS: dict[str, object] = {
    "TITLE": "Holdfast",
    "VERSION": "1",
    "DESCRIPTION": "Crypto exchange accounts, read-only, in one explainable picture. How to use it: /api/docs/.",
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "SERVE_INCLUDE_SCHEMA": False,
    "ENUM_GENERATE_CHOICE_DESCRIPTION": False,  # codes are readable by themselves
    "COMPONENT_SPLIT_REQUEST": True,  # what may be sent is not all that is answered
    "ENUM_NAME_OVERRIDES": {
        "TaxCountry": "accounts.tax_settings.Country",
        "BasisMethod": "accounts.tax_settings.Method",
        "BasisScope": "accounts.tax_settings.BasisScope",
        "ExportState": "accounts.api.export.State",
        "TokenScope": "accounts.tokens.Scope",
        "TokenState": "accounts.tokens.State",
        "TestState": "wallets.models.CredentialTest.State",
        "RunState": "sync.models.Run.State",
        "StreamState": "sync.models.StreamState.State",
        "WalletState": "wallets.models.WalletState",
        "WalletMethod": "wallets.models.WAYS",
        "ExchangeMethod": "wallets.api.exchanges.METHODS",
        "MethodToConnect": "wallets.api.wallets.TO_CONNECT",
        "TransactionKind": "ledger.kind_words.CHOICES",
        "FindingProblem": "ledger.api.tax.PROBLEMS",
        "LotRule": "ledger.api.tax.RULES",
        "LotTerm": "ledger.api.tax.TERMS",
        "PlanOrder": "ledger.api.plan.ORDERS",
        "Currency": "ledger.api.tax.MONEY",
        "PriceMethod": "ledger.api.prices.METHODS",
        "ReportKind": "ledger.api.reports.KIND_CHOICES",
        "ImportState": "ledger.api.imports.STATES",
        "FormerVerdict": "ledger.api.former.VERDICTS",
        "BrokerVerdict": "ledger.api.locks.VERDICT_CHOICES",
        "CodeEnum": "ledger.api.balances.CODES",
        "DecisionEnum": "ledger.api.duplicates.DECISIONS",
        "RefusedCode": "ledger.api.suggestions.CODES",
        "TransferDecision": "ledger.api.suggestions.WORDS",
        "PairDecision": "ledger.api.pairs.WORDS",
    },
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "accounts.api.document.finish",
    ],
}

# --- the browser -------------------------------------------------------------------------------------------------

STATIC_URL = "/static/"
STATIC_ROOT = DATA_DIR / "static"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": f"config.statics.{'ByContent' if PRODUCTION else 'Remembered'}"},
}
STATICFILES_DIRS = [("uplot", BASE_DIR / "config" / "assets" / "node_modules" / "uplot" / "dist")]
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
        "base-uri": [NONE],
    },
}
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
SECURE_HSTS_SECONDS = 365 * 24 * 3600 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = HTTPS  # whatever lies below the service's own name is the service's
SECURE_SSL_REDIRECT = HTTPS and PRODUCTION
# Only a proxy that the operator says is there is believed about https.
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if TRUSTED_PROXIES else None

# --- words and time ----------------------------------------------------------------------------------------------

LANGUAGE_CODE = "en"
USE_I18N = True
USE_TZ = True
TIME_ZONE = "UTC"

WHITENOISE_USE_FINDERS = not PRODUCTION  # development serves what lies in static/; production what `assets` collected
try:
    STATIC_ROOT.mkdir(parents=True, exist_ok=True)
except OSError as error:
    unmade = misread("DATA_DIR", f"names a folder that cannot be made: {DATA_DIR} ({error.strerror})")
    raise refusal_of(error) or unmade from None

if PRODUCTION:
    refuse_to_start(unsafe(globals()))
