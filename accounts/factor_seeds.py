"""Where allauth keeps what we seal for it, so that rotate_keys finds it: inside the JSON of each factor."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from allauth.mfa.models import Authenticator
from django.db.models.signals import pre_save

from config.keys import renew
from config.stores import Store, also_sealed

if TYPE_CHECKING:
    from collections.abc import Iterator

SEALED = ("secret", "seed", "migrated_codes")  # the last one is a list


def register() -> None:
    also_sealed(Store(Authenticator, "data", lambda text: list(_tokens(json.loads(text)))))
    pre_save.connect(_renew, sender=Authenticator, dispatch_uid="accounts.factor_seeds")


def _tokens(data: dict[str, Any]) -> Iterator[str]:
    for name in SEALED:
        kept = data.get(name, [])
        yield from [kept] if isinstance(kept, str) else kept


def _renew(*, instance: Authenticator, **_: object) -> None:
    """What allauth saves is the whole JSON as it read it: after a rotation that would bring an old key's text back."""
    text = json.dumps(instance.data)
    for token in _tokens(instance.data):
        text = text.replace(token, renew(token))
    instance.data = json.loads(text)
