"""Makes somebody who has an account staff, who may look at everything that the admin console shows; or no longer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from accounts import staffing
from accounts.audit import Actor, ActorKind
from accounts.models import User

if TYPE_CHECKING:
    from django.core.management.base import CommandParser


class Command(BaseCommand):
    help = __doc__

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("email")
        parser.add_argument("--remove", action="store_true", help="staff no longer")

    def handle(self, *_args: Any, email: str, remove: bool, **_options: Any) -> None:
        user = User.objects.filter(email__iexact=email.strip(), is_active=True).first()
        if user is None:
            raise CommandError(f"There is no account of {email}. Whoever is to be staff opens one first, as all do.")
        verb = staffing.dismiss if remove else staffing.appoint
        done = verb(by=Actor(ActorKind.SYSTEM, label="manage.py staff"), user=user, now=timezone.now())
        state = "not staff" if remove else "staff"
        self.stdout.write(f"{user.email} is {state} {'from now on' if done else 'already'}. It stands in their trail.")
