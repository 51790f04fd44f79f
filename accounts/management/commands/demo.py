"""An account to look around with. Run it again for a fresh password and the code of this moment; not in production."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from accounts import ready_made
from accounts.models import User

EMAIL = "demo@example.com"


class Command(BaseCommand):
    help = __doc__

    def handle(self, *_args: Any, **_options: Any) -> None:
        try:
            password, totp_secret = self._account()
        except ready_made.ProductionError:
            raise CommandError("Not in production: people open their own accounts there.") from None
        self.stdout.write(
            f"\n  Sign in at   {settings.PUBLIC_URL}/accounts/login/"
            f"\n  E-mail       {EMAIL}"
            f"\n  Password     {password}"
            f"\n  Code now     {ready_made.code_now(totp_secret)}   (a new one every 30 seconds: run this again,"
            f"\n               or add the key {totp_secret} to an authenticator app)\n"
        )

    def _account(self) -> tuple[str, str]:
        owner = User.objects.filter(email=EMAIL).first()
        if owner:
            return ready_made.open_again(owner=owner)
        now = timezone.now()
        made = ready_made.make(email=EMAIL, now=now)
        ready_made.fill(owner=made.owner, now=now)
        return made.password, made.totp_secret
