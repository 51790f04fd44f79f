"""An account to look around with, and three years of history. Run it again for a fresh password; not in production."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from accounts import ready_made
from accounts.management.seeing_through import refuse_unprepared, see_through
from accounts.models import User

if TYPE_CHECKING:
    from django.core.management.base import CommandParser

EMAIL = "demo@example.com"


class Command(BaseCommand):
    help = __doc__

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--no-wait", action="store_true", help="do not wait until everything is fetched")

    def handle(self, *_args: Any, no_wait: bool = False, **_options: Any) -> None:
        refuse_unprepared()
        try:
            owner, password, totp_secret = self._account()
        except ready_made.ProductionError:
            raise CommandError("Not in production: people open their own accounts there.") from None
        self.stdout.write(
            f"\n  Sign in at   {settings.PUBLIC_URL}/accounts/login/"
            f"\n  E-mail       {EMAIL}"
            f"\n  Password     {password}"
            f"\n  Code now     {ready_made.code_now(totp_secret)}   (a new one every 30 seconds: run this again,"
            f"\n               or add the key {totp_secret} to an authenticator app)\n"
        )
        if not no_wait:
            see_through(owner, self._say, clock=timezone.now)

    def _say(self, words: str) -> None:
        self.stdout.write(f"  {words}")
        self.stdout.flush()

    def _account(self) -> tuple[User, str, str]:
        owner = User.objects.filter(email=EMAIL).first()
        if owner:
            return owner, *ready_made.open_again(owner=owner)
        now = timezone.now()
        made = ready_made.make(email=EMAIL, now=now)
        ready_made.fill(owner=made.owner, now=now)
        return made.owner, made.password, made.totp_secret
