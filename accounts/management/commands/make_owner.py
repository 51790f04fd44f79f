"""Makes a ready owner: second factor on, a token with all scopes. For clients and tests; not in production."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.core.validators import validate_email
from django.utils import timezone

from accounts import ready_made
from accounts.management.seeing_through import refuse_unprepared, see_through
from accounts.models import User

if TYPE_CHECKING:
    from django.core.management.base import CommandParser


class Command(BaseCommand):
    help = __doc__

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("email")
        parser.add_argument("--json", action="store_true", help="print one JSON object and nothing else")
        parser.add_argument("--demo", action="store_true", help="give the account three years of life at the sandbox")
        parser.add_argument("--no-wait", action="store_true", help="do not wait until all of that is fetched")

    def handle(self, *_args: Any, email: str, **options: Any) -> None:
        refuse_unprepared()
        now = timezone.now()
        try:
            validate_email(email)
            if User.objects.filter(email__iexact=email.strip()).exists():
                raise CommandError(f"There is an account of {email} already.")
            made = ready_made.make(email=email, now=now)
        except ValidationError:
            raise CommandError(f"{email!r} is not an e-mail address.") from None
        except ready_made.ProductionError:
            raise CommandError("Not in production: people open their own accounts there.") from None
        if options["demo"]:
            ready_made.fill(owner=made.owner, now=now)
        self._say(made, as_json=options["json"])
        if options["demo"] and not options["no_wait"]:
            see_through(made.owner, self._note, clock=timezone.now)

    def _note(self, words: str) -> None:
        """Beside what was asked for."""
        self.stderr.write(words)

    def _say(self, made: ready_made.ReadyMade, *, as_json: bool) -> None:
        said = {
            "email": made.owner.email,
            "password": made.password,
            "totp_secret": made.totp_secret,
            "token": made.token,
        }
        lines = [json.dumps(said)] if as_json else [f"{name:12} {value}" for name, value in said.items()]
        self.stdout.write("\n".join(lines))
        self.stdout.flush()
