"""API tokens: a script's way in. A token reads `hf_<prefix>_<secret><check>`.

The prefix finds the row, the secret proves it, and the last six characters are a checksum, so that a typing mistake is
known without a look-up and scanners can tell a leaked token from chance. Only a keyed digest is kept.

Scopes: `write` and `connect` include `read`, because their answers show what they changed; neither includes the other.
"""

from __future__ import annotations

import secrets
import string
import zlib
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Exists, OuterRef, Q, TextChoices
from django.utils.crypto import constant_time_compare, salted_hmac

from accounts import notices, second_factor
from accounts.audit import Action, Actor, record
from accounts.models import ApiToken, FactorRecovery, User
from accounts.notice_kinds import Kind
from config.questions import Question

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from django.db.models import QuerySet


ALPHABET = string.digits + string.ascii_letters
PREFIX_LENGTH = 8
SECRET_LENGTH = 32
CHECK_LENGTH = 6
DRAWN = PREFIX_LENGTH + SECRET_LENGTH
LENGTH = len("hf_") + PREFIX_LENGTH + 1 + SECRET_LENGTH + CHECK_LENGTH
LONGEST = timedelta(days=365)
LONGEST_CONNECT = timedelta(days=90)
USUAL = timedelta(days=90)
MOST_LIVE = 50
SEEN_EVERY = timedelta(minutes=1)


class Scope(TextChoices):
    READ = "read", "Read everything"
    WRITE = "write", "Edit, import, change settings"
    CONNECT = "connect", "Connect, replace and remove wallets' credentials"


class State(TextChoices):
    WORKS = "works", "Works"
    EXPIRED = "expired", "Expired"
    REVOKED = "revoked", "Revoked"


class Reason(StrEnum):
    MALFORMED = "malformed"
    UNKNOWN = "unknown"
    EXPIRED = "expired"
    REVOKED = "revoked"
    ASLEEP = "asleep"  # the account is closing, locked, or recovering a lost factor


@dataclass(frozen=True, slots=True)
class Allowed:
    token: ApiToken


@dataclass(frozen=True, slots=True)
class Denied:
    reason: Reason


# --- the way in --------------------------------------------------------------------------------------------------


def check(presented: str, *, now: datetime) -> Allowed | Denied:
    """The one question asked of a token. Only who holds the right secret learns why it no longer works."""
    if not well_formed(presented):
        return Denied(Reason.MALFORMED)
    token = next(iter(READ.ask(prefix=_prefix_of(presented))), None)
    if not _proves(presented, token.digest if token else "") or token is None:
        return Denied(Reason.UNKNOWN)
    if token.revoked_at:
        return Denied(Reason.REVOKED)
    if token.expires_at <= now:
        return Denied(Reason.EXPIRED)
    if _asleep(token):
        return Denied(Reason.ASLEEP)
    _seen(token, now)
    return Allowed(token)


def well_formed(presented: str) -> bool:
    if len(presented) != LENGTH or not presented.isascii() or not presented.startswith("hf_"):
        return False
    return presented.endswith(_checksum(presented[:-CHECK_LENGTH]))


def includes(held: list[str], wanted: str) -> bool:
    return wanted in held or (wanted == Scope.READ and bool(held))


def _known(prefix: str) -> QuerySet[ApiToken]:
    """With all that is asked of a token, for every request of a script asks it."""
    recovering = Exists(FactorRecovery.objects.waiting().filter(owner=OuterRef("owner")))
    has_factor = Exists(second_factor.enrolled(OuterRef("owner")))
    found = ApiToken.objects.filter(prefix=prefix).select_related("owner")
    return found.annotate(recovering=recovering, has_factor=has_factor)


READ = Question(_known, prefix="prefix")


def _asleep(token: Any) -> bool:
    return not token.owner.is_active or token.owner.purge_at is not None or token.recovering


def _seen(token: ApiToken, now: datetime) -> None:
    """At most once a minute, so that a busy script does not write a row at every request."""
    stale = Q(used_at=None) | Q(used_at__lt=now - SEEN_EVERY)
    if token.used_at is None or token.used_at < now - SEEN_EVERY:
        ApiToken.objects.filter(stale, pk=token.pk).update(used_at=now)


# --- what owners do with them ------------------------------------------------------------------------------------


@transaction.atomic
def mint(
    *,
    by: Actor,
    owner: User,
    name: str,
    scopes: list[str],
    expires_at: datetime,
    now: datetime,
    once: UUID | None = None,
) -> tuple[ApiToken, str]:
    """The row, and the token itself: this is the only moment it exists. Callers ask for step-up first. `once` names the
    page it was asked for on: however often its button is pressed, each answer shows the same token.
    """
    _require_sense(scopes, expires_at, now)
    User.objects.select_for_update(no_key=True).get(pk=owner.pk)
    asked = f"{owner.pk} {once} {expires_at - now} {sorted(scopes)} {name}"
    presented = _spelled(_letters_of(asked) if once else _random(DRAWN))
    if once and (made := live(owner, now).filter(digest=digest_of(presented)).first()):
        return made, presented
    if live(owner, now).count() >= MOST_LIVE:
        raise ValidationError(f"You have {MOST_LIVE} working tokens. Revoke one you no longer need.", "too_many")
    if ApiToken.objects.filter(prefix=_prefix_of(presented)).exists():  # of one that is revoked: it never works again
        presented = _spelled(_random(DRAWN))
    token = ApiToken.objects.create(
        owner=owner,
        name=name,
        prefix=_prefix_of(presented),
        digest=digest_of(presented),
        scopes=sorted(set(scopes), key=list(Scope).index),
        created_at=now,
        expires_at=expires_at,
    )
    notices.tell(owner=owner, kind=Kind.TOKEN_MINTED, topic=str(token.pk), now=now, name=name)
    record(
        by=by, action=Action.TOKEN_MINTED, owner=owner, now=now, subject=name, token=str(token.pk), scopes=token.scopes
    )
    return token, presented


@transaction.atomic
def revoke(*, by: Actor, token: ApiToken, now: datetime) -> None:
    """Twice is once: the second call changes and records nothing."""
    if ApiToken.objects.filter(pk=token.pk, revoked_at=None).update(revoked_at=now):
        record(by=by, action=Action.TOKEN_REVOKED, owner=token.owner, now=now, subject=token.name, token=str(token.pk))


def revoke_all(*, by: Actor, owner: User, now: datetime) -> list[ApiToken]:
    """Those that worked."""
    tokens = list(live(owner, now).order_by("created_at"))
    for token in tokens:
        revoke(by=by, token=token, now=now)
    return tokens


def live(owner: User, now: datetime) -> QuerySet[ApiToken]:
    return ApiToken.objects.filter(owner=owner, revoked_at=None, expires_at__gt=now)


def state_of(token: ApiToken, now: datetime) -> State:
    if token.revoked_at:
        return State.REVOKED
    return State.EXPIRED if token.expires_at <= now else State.WORKS


def start_of(token: ApiToken) -> str:
    """How it begins: enough for the owner to tell one from another."""
    return f"hf_{token.prefix}"


def longest(scopes: list[str]) -> timedelta:
    return LONGEST_CONNECT if Scope.CONNECT in scopes else LONGEST


def _require_sense(scopes: list[str], expires_at: datetime, now: datetime) -> None:
    errors: dict[str, ValidationError] = {}
    if not scopes or not set(scopes) <= set(Scope):
        errors["scopes"] = ValidationError("Choose at least one of read, write, connect.", "invalid_choice")
    if expires_at <= now:
        errors["expires_at"] = ValidationError("This time has passed.", "past")
    elif expires_at > now + longest(scopes):
        days = longest(scopes).days
        errors["expires_at"] = ValidationError(f"At most {days} days from now with these scopes.", "too_far")
    if errors:
        raise ValidationError(errors)


# --- how they are made -------------------------------------------------------------------------------------------


def digest_of(presented: str, key: str | None = None) -> str:
    return salted_hmac("accounts.tokens", presented, secret=key, algorithm="sha256").hexdigest()


def _proves(presented: str, digest: str) -> bool:
    """Also with a former SECRET_KEY, so that changing it does not shut every script out at once."""
    keys = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    return any(constant_time_compare(digest_of(presented, str(key)), digest) for key in keys)


def _prefix_of(presented: str) -> str:
    return presented.removeprefix("hf_")[:PREFIX_LENGTH]


def _random(length: int) -> str:
    return "".join(secrets.choice(ALPHABET) for _ in range(length))


def _letters_of(asked: str) -> str:
    """The same for the same page, and known to nobody else: they are drawn by our key from a name nobody can guess."""
    number = int.from_bytes(salted_hmac("accounts.tokens.once", asked, algorithm="sha256").digest())
    return _in_letters(number).rjust(DRAWN, ALPHABET[0])[-DRAWN:]


def _spelled(letters: str) -> str:
    start = f"hf_{letters[:PREFIX_LENGTH]}_{letters[PREFIX_LENGTH:]}"
    return start + _checksum(start)


def _checksum(text: str) -> str:
    return _in_letters(zlib.crc32(text.encode())).rjust(CHECK_LENGTH, "0")


def _in_letters(rest: int) -> str:
    """Its highest digit stands first."""
    digits = ""
    while rest:
        rest, digit = divmod(rest, len(ALPHABET))
        digits = ALPHABET[digit] + digits
    return digits
