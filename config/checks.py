"""What must be right before Holdfast starts in production, and what Django's `check` should know about us.

`unsafe` looks at the settings and answers one sentence for each fault: which setting, and what to do. Settings
themselves call it last thing, so that nothing can start around it: not a web server, not a worker, not a command.
"""

from __future__ import annotations

import base64
import binascii
import string
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from django.core.checks import Error, Tags, register
from django.core.checks import Warning as Caution

from config.exits import Code

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

SECRET_LENGTH, SECRET_VARIETY = 50, 16
TOKEN_LENGTH = 20
FERNET_BYTES, FERNET_VARIETY = 32, 16
EXAMPLES = (
    "django-insecure",
    "changeme",
    "change-me",
    "change_me",
    "example",
    "insecure",
    "your-secret",
    "development",
)
EXAMPLE_KEYS = {"ZmDfcTF7_60GrrY167zsiPd67pEvs0aGOv2oasOM1Pg=", "cw_0x689RpI-jtRR7oE8h_eQsKImvJapLeSbXpwF4e4="}
MAKE_SECRET = "set it to what this prints: python3 -c 'import secrets; print(secrets.token_urlsafe(64))'"  # noqa: S105  # a command, not a secret
MAKE_KEY = "make one with: python3 -c 'import base64, os; print(base64.urlsafe_b64encode(os.urandom(32)).decode())'"


def refuse_to_start(faults: list[str]) -> None:
    """Not an exception that somebody might handle: the process ends, and says why without a traceback."""
    if faults:
        said = "\n".join(f"- {each}" for each in faults)
        sys.stderr.write(f"Holdfast does not start like this in production:\n{said}\n")
        raise SystemExit(Code.NOT_SAFE)


def unsafe(settings: Mapping[str, Any]) -> list[str]:
    return [*_keys(settings), *_addresses(settings), *_parts(settings)]


def _keys(settings: Mapping[str, Any]) -> Iterator[str]:
    key = str(settings["SECRET_KEY"])
    if not key:
        yield f"SECRET_KEY is missing: {MAKE_SECRET} (or point SECRET_KEY_FILE at a file)"
    elif len(key) < SECRET_LENGTH or len(set(key)) < SECRET_VARIETY or _is_example(key):
        yield f"SECRET_KEY is weak: {MAKE_SECRET}"
    elif key == _development_key(settings, "SECRET_KEY"):
        yield f"SECRET_KEY is the development one of this folder: {MAKE_SECRET}"
    keys = settings["FIELD_ENCRYPTION_KEY"]
    if not keys:
        yield f"FIELD_ENCRYPTION_KEYS is missing: {MAKE_KEY} (or point FIELD_ENCRYPTION_KEYS_FILE at a file)"
    for number, each in enumerate(keys, 1):
        if not _is_random_key(each):
            yield f"FIELD_ENCRYPTION_KEYS: key {number} is not 32 random bytes: {MAKE_KEY}"
        elif each == _development_key(settings, "FIELD_ENCRYPTION_KEYS"):
            yield f"FIELD_ENCRYPTION_KEYS: key {number} is the development one of this folder: {MAKE_KEY}"
    token = settings["METRICS_TOKEN"]
    if token and (len(token) < TOKEN_LENGTH or _is_example(token)):
        yield f"METRICS_TOKEN is weak: give it at least {TOKEN_LENGTH} random characters, or leave it out."


def _addresses(settings: Mapping[str, Any]) -> Iterator[str]:
    address = urlsplit(settings["PUBLIC_URL"])
    if address.scheme != "https":
        yield "PUBLIC_URL must begin with https:// and name the address people use: cookies and keys travel there."
    elif not address.hostname or address.path or address.query:
        yield "PUBLIC_URL must be an address without a path, such as https://holdfast.example."
    for host in settings["ALLOWED_HOSTS"]:
        if "*" in host or host.startswith("."):
            yield f"ALLOWED_HOSTS must name each host: {host!r} is a wildcard."


def _parts(settings: Mapping[str, Any]) -> Iterator[str]:
    if settings["DEBUG"]:
        yield "DEBUG must be off: its pages show how the service is made. Leave it out."
    if not settings["DATABASE_URL"]:
        yield "DATABASE_URL is missing: set it to postgresql://user:password@host/name (PostgreSQL 15 or newer)."
    if settings["SANDBOX_PORT"]:
        yield "SANDBOX_PORT must not be set: the sandbox plays exchanges, and real accounts must never meet it."
    if settings["EXCHANGE_ORIGINS"]:
        yield "EXCHANGE_ORIGINS must not be set: keys would be sent to something that is not the exchange."
    if settings["MAIL_URL"] and not _is_of_mail(settings["MAIL_URL"]):
        yield "MAIL_URL must look like smtp://user:password@host:587 or smtps://user:password@host."
    for name, cache in settings["CACHES"].items():
        if "locmem" in cache["BACKEND"] or "dummy" in cache["BACKEND"]:
            yield f"CACHES[{name!r}] must be shared by all processes: set REDIS_URL, or leave the one in PostgreSQL."


def _is_of_mail(address: str) -> bool:
    try:
        parts = urlsplit(address)
        return parts.scheme in {"smtp", "smtps"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False


def _is_example(key: str) -> bool:
    return any(example in key.lower() for example in EXAMPLES)


def _is_random_key(key: str) -> bool:
    """32 bytes that nobody typed: a passphrase in base64 is no key."""
    try:
        raw = base64.b64decode(key.encode(), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        return False
    typed = all(byte in string.printable.encode() for byte in raw)
    return len(raw) == FERNET_BYTES and len(set(raw)) >= FERNET_VARIETY and not typed and key not in EXAMPLE_KEYS


def _development_key(settings: Mapping[str, Any], name: str) -> str:
    try:
        return (Path(settings["DATA_DIR"]) / "keys" / name.lower()).read_text().strip()
    except OSError:
        return ""


# --- for `manage.py check` ---------------------------------------------------------------------------------------


@register(Tags.security)
def production_is_safe(**_: object) -> list[Error]:
    """The same faults, for whoever checks settings made some other way than by config.settings."""
    from django.conf import settings  # noqa: PLC0415  # settings import this module

    if not settings.PRODUCTION:
        return []
    found = unsafe({name: getattr(settings, name) for name in dir(settings) if name.isupper()})
    return [Error(each.split(": ")[0], hint=each, id="holdfast.E001") for each in found]


@register(Tags.security)
def mail_has_somewhere_to_go(**_: object) -> list[Caution]:
    from django.conf import settings  # noqa: PLC0415  # as above

    if not settings.PRODUCTION or settings.MAIL_URL:
        return []
    hint = "Set MAIL_URL to smtp://user:password@host:587 or smtps://user:password@host."
    return [Caution("Nobody can receive a sign-up code: there is no mail server.", hint=hint, id="holdfast.W001")]


@register(Tags.security)
def mail_comes_from_somewhere(**_: object) -> list[Caution]:
    from django.conf import settings  # noqa: PLC0415  # as above

    if not settings.PRODUCTION or not settings.MAIL_URL or "@localhost" not in settings.DEFAULT_FROM_EMAIL:
        return []
    hint = "Set MAIL_FROM to an address of yours, such as Holdfast <no-reply@holdfast.example>."
    return [Caution("Mail from localhost is refused by most servers.", hint=hint, id="holdfast.W002")]


@register(Tags.security)
def https_arrives(**_: object) -> list[Caution]:
    """Our own server speaks plain http; whether a request came by https only the proxy in front can say."""
    from django.conf import settings  # noqa: PLC0415  # as above

    if not settings.PRODUCTION or settings.TRUSTED_PROXIES:
        return []
    hint = "Set TRUSTED_PROXIES to how many proxies in front add X-Forwarded-For, and let one of them end https."
    return [Caution("Every page is sent to https for ever: no proxy is trusted.", hint=hint, id="holdfast.W003")]


@register(Tags.compatibility)
def work_is_shorter_than_its_lease(**_: object) -> list[Error]:
    """A lease that ends while a task may still run lets two workers at one row."""
    from django.apps import apps  # noqa: PLC0415  # as above
    from django.conf import settings  # noqa: PLC0415  # as above

    from config.leases import Leased  # noqa: PLC0415  # as above

    short = [
        model._meta.label  # noqa: SLF001  # Django's documented interface
        for model in apps.get_models()
        if issubclass(model, Leased) and not model.BEATS and model.LASTING.total_seconds() <= settings.TASK_SECONDS
    ]
    hint = f"Make LASTING longer than TASK_SECONDS ({settings.TASK_SECONDS})."
    return [
        Error(f"The lease of {label} is shorter than a task may be.", hint=hint, id="holdfast.E002") for label in short
    ]


@register(Tags.database)
def postgresql_is_new_enough(databases: Sequence[str] | None = None, **_: object) -> list[Error]:
    from django.db import connection  # noqa: PLC0415  # as above

    if not databases or connection.vendor != "postgresql":
        return []
    with connection.cursor() as cursor:
        cursor.execute("SHOW server_version_num")
        version = int(cursor.fetchone()[0])
    if version >= OLDEST_POSTGRESQL:
        return []
    hint = "Point DATABASE_URL at PostgreSQL 15 or newer."
    return [Error(f"PostgreSQL {version // 10000} is too old.", hint=hint, id="holdfast.E003")]


OLDEST_POSTGRESQL = 150000
