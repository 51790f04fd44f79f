"""Residents where people let apps in: who lives there, how a scenario about consents is told, and what is seen."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from wallets.sandbox.oauth import Client, Grant, OAuthServer, Rules
from wallets.sandbox.people import people_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from wallets.sandbox.people import Person
    from wallets.sandbox.wire import World


class Granting:
    """A resident with people and an OAuth server. `open_door` comes first."""

    name: str
    people: dict[str, Person]
    oauth: OAuthServer

    def open_door(self, world: World, rules: Rules) -> None:
        self.people = people_of(world, self.name)
        self.oauth = OAuthServer(world, rules, self.people)

    def take(self, change: Mapping[str, object]) -> dict[str, object]:
        """Does what a scenario says about letting apps in, and hands back the rest of it. Of these:

        {"client": {"id", "secret", "redirect_uris"}}        an app registers
        {"granted": {"token", "scopes"}}                     a token of the first person, without any consent
        {"refresh": {"grace": 120, "access_lives": 3600}}    consents bring refresh tokens, and a spent one works on for
                                                             so many seconds; access tokens end then (0: never)
        {"password_changed": true}                           by the first person: all their tokens are over
        """
        return {name: value for name, value in change.items() if not self._takes(name, value)}

    def _takes(self, name: str, value: object) -> bool:
        match name, value:
            case "client", {"id": str(app), "secret": str(secret), "redirect_uris": [*uris]}:
                self.oauth.register(Client(app, secret, tuple(str(uri) for uri in uris), self.oauth.rules.scopes))
            case "granted", {"token": str(token), "scopes": [*scopes]}:
                self._grant(token, [str(scope) for scope in scopes])
            case "refresh", {"grace": int(grace), "access_lives": int(lives)}:
                self._renew(grace, lives)
            case "password_changed", True:
                self._end_all(next(iter(self.people)))
            case _:
                return False
        return True

    def seen(self) -> dict[str, object]:
        return {
            "people": [{"id": one.id, "name": one.name, "email": one.email} for one in self.people.values()],
            "grants": [
                {"person": grant.person, "scopes": grant.scopes, "revoked": grant.revoked}
                for grant in self.oauth.grants
            ],
            "secrets": [*self.oauth.codes, *self.oauth.access, *self.oauth.refresh],
        }

    def _grant(self, token: str, scopes: Sequence[str]) -> None:
        grant = Grant("granted", next(iter(self.people)), tuple(scopes))
        self.oauth.grants.append(grant)
        self.oauth.give_access(token, grant)

    def _renew(self, grace: int, lives: int) -> None:
        self.oauth.rules = replace(
            self.oauth.rules,
            refresh_scope=self.oauth.rules.refresh_scope or "",
            refresh_grace=timedelta(seconds=grace),
            access_lives=timedelta(seconds=lives) if lives else None,
        )

    def _end_all(self, person: str) -> None:
        for grant in self.oauth.grants:
            grant.revoked = grant.revoked or grant.person == person
