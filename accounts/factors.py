"""The second factors of an owner, as pages show them. What they are made of stays where it is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from allauth.mfa import app_settings
from allauth.mfa.models import Authenticator

if TYPE_CHECKING:
    from collections.abc import Sequence

    from accounts.models import User


@dataclass(frozen=True, slots=True)
class Passkey:
    factor: Authenticator
    name: str


@dataclass(frozen=True, slots=True)
class Factors:
    app: Authenticator | None
    passkeys: Sequence[Passkey]
    codes_left: int

    @property
    def count(self) -> int:
        return len(self.passkeys) + (self.app is not None)


def factors_of(owner: User) -> Factors:
    """One query. Counting the codes left needs no seed: the used ones are marked in a bit mask."""
    kept = list(Authenticator.objects.filter(user=owner).order_by("created_at"))
    of_type = {kind: [factor for factor in kept if factor.type == kind] for kind in Authenticator.Type}
    codes = of_type[Authenticator.Type.RECOVERY_CODES]
    return Factors(
        app=next(iter(of_type[Authenticator.Type.TOTP]), None),
        passkeys=[Passkey(factor, factor.wrap().name) for factor in of_type[Authenticator.Type.WEBAUTHN]],
        codes_left=app_settings.RECOVERY_CODE_COUNT - codes[0].data["used_mask"].bit_count() if codes else 0,
    )
