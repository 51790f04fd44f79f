"""Asks for a trial as a page does, or answers its questions, and is killed in the moment that is committed.

Run as a program by tests: `python -m tests.chaos.asker`, what to ask for as JSON on standard input.
"""

from __future__ import annotations

import json
import os
import signal
import sys

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django.setup()

from django.utils import timezone  # noqa: E402 - after setup

from accounts.audit import Actor, ActorKind  # noqa: E402 - after setup
from accounts.models import User  # noqa: E402 - after setup
from config import queue  # noqa: E402 - after setup
from wallets import catalogue, trials  # noqa: E402 - after setup
from wallets.models import CredentialTest, Wallet  # noqa: E402 - after setup


def main(wish: dict[str, str]) -> None:
    # The first thing that follows a commit:
    queue._send = lambda _name: os.kill(os.getpid(), signal.SIGKILL)  # noqa: SLF001 - as above
    owner = User.objects.get(pk=wish["owner"])
    by = Actor(ActorKind.OWNER, owner)
    if "test" in wish:
        test = CredentialTest.objects.get(pk=wish["test"])
        trials.answer(by=by, test=test, words=dict.fromkeys(test.outcome["questions"], "Yes."), now=timezone.now())
    else:
        trials.ask(
            by=by,
            owner=owner,
            exchange=catalogue.load()[wish["exchange"]],
            pasted=wish["pasted"],
            purpose=CredentialTest.Purpose.REPLACE,
            wallet=Wallet.objects.get(pk=wish["wallet"]),
            now=timezone.now(),
        )


if __name__ == "__main__":
    main(json.load(sys.stdin))
