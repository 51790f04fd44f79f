"""Wallets as tests need them, without an exchange: a row, a sealed credential, a check that ran; and their pages."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta
from html import unescape
from typing import TYPE_CHECKING, Any

from django.db import connection

from config.fields import seal
from wallets.models import Credential, CredentialTest, RightsReport, Wallet

if TYPE_CHECKING:
    from accounts.models import User

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
SECRET = "canary-of-a-wallet-7731"  # in every credential made here


def a_wallet(owner: User, *, cause: str = "", health: str = "", key: bool = True, **more: Any) -> Wallet:
    """Of Kraken by key, unless it is said otherwise; with a cause it needs its owner."""
    facts = {
        "exchange": "kraken",
        "way": "key",
        "label": "Kraken",
        "created_at": NOW,
        "health": health or ("needs_you" if cause else "working"),
        "cause": cause,
        **more,
    }
    wallet = Wallet.objects.create(owner=owner, **facts)
    if key:
        a_credential(wallet)
    return wallet


def a_credential(wallet: Wallet, *, version: int = 1, standing: str = "current", **more: Any) -> Credential:
    facts = {"created_at": NOW, "way": wallet.way, **more}
    made = Credential(owner=wallet.owner, wallet=wallet, version=version, standing=standing, **facts)
    if standing != "former":
        seal(made, sealed=json.dumps({"key": "public", "secret": SECRET}))
    made.save(force_insert=True)
    return made


def a_report(credential: Credential, **told: Any) -> RightsReport:
    facts = {"can_tell": True, "read": ["Query funds"], "ips": [], **told}
    return RightsReport.objects.create(credential=credential, owner=credential.owner, at=NOW, **facts)


def a_check(wallet: Wallet, *lines: tuple[str, str, str, str], cause: str = "", **more: Any) -> CredentialTest:
    """A run of the checklist that is over."""
    names = ("check", "mark", "detail", "cause")
    return CredentialTest.objects.create(
        owner=wallet.owner,
        wallet=wallet,
        credential=wallet.credentials.get(standing="current"),
        purpose="check",
        way=wallet.way,
        exchange=wallet.exchange,
        cause=cause,
        lines=[dict(zip(names, line, strict=True)) for line in lines],
        not_before=NOW,
        created_at=NOW,
        expires_at=NOW + timedelta(minutes=15),
        **{"state": "failed" if cause else "passed", "finished_at": NOW, **more},
    )


def many_wallets(owner: User, count: int, *, needing: int = 0) -> None:
    """One a minute, going back from the end of 2026; `needing` of them, evenly strewn, need their owner."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO wallets_wallet
                   (id, owner_id, exchange, region, way, label, note, book, created_at, health, cause, cause_right,
                    failures, last_success_at, next_try_at, streams)
            SELECT gen_random_uuid(), %(owner)s, 'kraken', '', 'key', 'Wallet ' || n, '', gen_random_uuid(),
                   timestamptz '2026-12-31' - n * interval '1 minute',
                   CASE WHEN n %% %(step)s = 0 THEN 'needs_you' ELSE 'working' END,
                   CASE WHEN n %% %(step)s = 0 THEN 'key_expired' ELSE '' END,
                   '', 0, timestamptz '2026-11-20', timestamptz '2026-11-21', '[]'
            FROM generate_series(1, %(count)s) AS n
            """,
            {"owner": owner.pk, "count": count, "step": count // needing if needing else count + 1},
        )
        cursor.execute("ANALYZE wallets_wallet")


def page_of(wallet: Wallet, part: str = "") -> str:
    return f"/wallets/{wallet.pk}/{part}"


def words(html: str) -> str:
    """The page as it reads: no tags, no doubled blanks."""
    text = re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", html)))
    return re.sub(r" (?=[.,])", "", text)
