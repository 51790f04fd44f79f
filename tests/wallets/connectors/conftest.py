"""What every connector's tests begin with. A module names its exchange: EXCHANGE = "kraken"."""

from __future__ import annotations

import pytest

from tests.wallets.conftest import NoHurry


@pytest.fixture
def pace(street):
    """Times of calls are compared with the sandbox's clock, which therefore stays where it is."""
    return NoHurry(street, seconds=0)


@pytest.fixture
def credentials(street, request):
    """The first key the sandbox knows, as an owner would paste it."""
    key = street.look(request.module.EXCHANGE)["keys"][0]
    return {"key": key["id"]} | {name: key[name] for name in ("secret", "passphrase") if name in key}


def rows_of(connector, stream, cursor=None):
    """A whole walk, as a sync does it."""
    rows, more = [], True
    while more:
        page = connector.page(stream, cursor)
        rows += page.records
        cursor, more = page.cursor, page.more
    return rows, cursor


def ids_of(rows):
    return {row.external_id for row in rows}
