"""The central bank's rates: the file that comes with the package, under the bank's newer one where it was fetched."""

from __future__ import annotations

from datetime import timedelta
from functools import lru_cache
from typing import TYPE_CHECKING

from config import http
from ledger.gains import stale
from ledger.models import OfficialRates
from ledger.pricing import fiat
from ledger.pricing.book import BRIDGES
from ledger.pricing.clock import EPOCH
from wallets import workshop

if TYPE_CHECKING:
    from datetime import date, datetime

    from ledger.pricing.fiat import Rates

WORK = "ledger.rates"
BANK = "https://www.ecb.europa.eu"
PATH = "/stats/eurofxref/eurofxref-hist.zip"
FRESH = timedelta(hours=6)
LARGEST = 5 * http.MEGABYTE
OK = 200
# Gains of whatever was priced by way of money: said of what everything may be priced by way of.
ANYTHING = BRIDGES[0]


class RefusedError(Exception):
    """What came is no file of rates."""


@lru_cache(maxsize=1)
def packaged() -> Rates:
    return fiat.packaged()


@lru_cache(maxsize=1)
def merged(fetched_at: datetime, last_day: date) -> Rates:  # noqa: ARG001 - by them a newer file is told from this one
    body = OfficialRates.objects.values_list("body", flat=True).get()
    return packaged().merged(fiat.read(fiat.unpacked(bytes(body))))


def rates() -> Rates:
    """One small question; the file itself is read once in a process."""
    known = OfficialRates.objects.exclude(last_day=None).values_list("fetched_at", "last_day").first()
    return merged(*known) if known and known[0] and known[1] else packaged()


def update(now: datetime) -> bool:
    """Some times a day, and soon again where that failed. Without a network, or with nonsense for a file, what is here
    stays.
    """
    if OfficialRates.objects.filter(fetched_at__gt=now - FRESH, failures=0).exists():
        return False
    try:
        body = fetched(workshop.public_origin_of("ecb") or BANK)
        newer = fiat.proven(fiat.unpacked(body))
        refuse_older(newer)
    except workshop.NowhereError:
        return False
    except (http.OutgoingError, RefusedError, ValueError) as error:
        failed(type(error).__name__)
        return False
    kept(body, newer, now)
    return False


def fetched(origin: str) -> bytes:
    session = http.session(origins=[origin], largest=LARGEST)
    answer = session.ask("GET", f"{origin}{PATH}", headers={})
    if answer.status != OK:
        raise RefusedError(f"http {answer.status}")
    return answer.body


def refuse_older(newer: Rates) -> None:
    """A file that ends before the one that is here was cut short on its way, or comes from an old copy."""
    former = newest_day()
    if former and newer.last and newer.last < former:
        raise RefusedError(f"ends on {newer.last}")


def newest_day() -> date | None:
    return OfficialRates.objects.filter(pk=1).values_list("last_day", flat=True).first() or packaged().last


def kept(body: bytes, newer: Rates, now: datetime) -> None:
    former = newest_day()
    facts = {"body": body, "last_day": newer.last, "fetched_at": now, "failures": 0, "cause": ""}
    OfficialRates.objects.update_or_create(pk=1, defaults=facts)
    if newer.last and (former is None or newer.last > former):
        since = EPOCH.replace(year=former.year, month=former.month, day=former.day) if former else EPOCH
        stale.prices_changed(asset=ANYTHING, since=since, now=now)


def failed(cause: str) -> None:
    row, _ = OfficialRates.objects.get_or_create(pk=1)
    row.failures, row.cause = row.failures + 1, cause
    row.save(update_fields=["failures", "cause"])
