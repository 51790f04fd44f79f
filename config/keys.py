"""The encryption keys: what they lock, how one is named without being shown, and whether they fit the data.

FIELD_ENCRYPTION_KEYS holds them newest first: all of them open, the first one locks. django-encrypted-model-fields
reads them once, when it is imported; everything here goes through its crypter: one set of keys in a process.
"""

from __future__ import annotations

import json
from base64 import urlsafe_b64decode
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Literal

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from config.checks import MAKE_KEY
from config.exits import Code, Refusal

try:
    import encrypted_model_fields.fields as package
except ImproperlyConfigured:
    raise Refusal(
        Code.WRONG_KEYS,
        f"FIELD_ENCRYPTION_KEYS must hold one or more keys, newest first, with commas between; {MAKE_KEY}",
    ) from None

if TYPE_CHECKING:
    from collections.abc import Sequence

State = Literal["newest", "older", "foreign"]


EncryptedTextField: Any = package.EncryptedTextField


class SealError(Exception):
    """A sealed value that is not given out. Says why, and carries nothing of the value, sealed or open."""


class WrongKeyError(SealError):
    def __init__(self) -> None:
        super().__init__("A sealed value does not open: none of FIELD_ENCRYPTION_KEYS fits it, or it was altered.")


class WrongPlaceError(SealError):
    pass


def keys() -> Sequence[str]:
    """Newest first."""
    given = settings.FIELD_ENCRYPTION_KEY
    return [given] if isinstance(given, str) else list(given)


def fingerprint(key: str) -> str:
    """Names a key without telling it: 64 bits of the hash of 256 random ones."""
    return sha256(b"holdfast encryption key\n" + urlsafe_b64decode(key)).hexdigest()[:16]


def writing_key() -> str:
    """The fingerprint of the key that this process locks with."""
    return fingerprint(keys()[0])


def lock_text(text: str, *, purpose: str) -> str:
    """For secrets that other packages keep in their own columns. Ours are `config.fields.SealedField`s."""
    return lock({"purpose": purpose, "value": text})


def unlock_text(token: str, *, purpose: str) -> str:
    """Raises rather than hand back something else: a wrong key, an altered text, one locked for another purpose."""
    inside = unlock(token)
    value = inside.pop("value", "")
    if inside != {"purpose": purpose}:
        raise WrongPlaceError(f"A sealed value was not sealed as {purpose}.")
    return value


def lock(envelope: dict[str, str]) -> str:
    token: bytes = package.encrypt_str(json.dumps(envelope))
    return token.decode()


def unlock(token: str) -> dict[str, str]:
    """Only for this module and `config.fields`: a house rule. Secrets leave by `accounts.audit.reveal`."""
    try:
        envelope = json.loads(package.decrypt_str(token))
    except (InvalidToken, ValueError):
        envelope = None
    if not isinstance(envelope, dict):  # raised out here, so that nothing of it is even in the exception's context
        raise WrongKeyError
    return envelope


def state(token: str) -> State:
    """Which key opens it, without opening it for anybody."""
    crypters: dict[State, Fernet | MultiFernet] = {"newest": Fernet(keys()[0]), "older": package.CRYPTER}
    for found, crypter in crypters.items():
        try:
            crypter.decrypt(token)
        except InvalidToken:
            continue
        return found
    return "foreign"


def renew(token: str) -> str:
    """The same value under the newest key. What does not open stays as it is, for whoever has its key."""
    return package.CRYPTER.rotate(token).decode() if state(token) == "older" else token
