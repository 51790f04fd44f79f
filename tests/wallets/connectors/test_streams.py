"""A run keeps the plan it began with. What is known of a stream's limits may change meanwhile, with a new version of
Holdfast; the stream is the same by its name.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from tests.wallets.conftest import NoHurry
from tests.wallets.connectors.conftest import ids_of
from wallets.connectors.bitstamp import Bitstamp
from wallets.connectors.coinbase import Coinbase
from wallets.connectors.gemini import Gemini
from wallets.connectors.kraken import Kraken


@pytest.mark.parametrize("connector", [Bitstamp, Coinbase, Gemini, Kraken])
def test_a_stream_is_known_by_its_name(street, connector):
    name = connector.__name__.lower()
    key = street.look(name)["keys"][0]
    pace = NoHurry(street, seconds={Kraken: 2, Gemini: 0.2}.get(connector, 0))
    connected = connector({"key": key["id"], "secret": key["secret"]}, pace=pace, origin=street.origin(name))

    for stream in connected.streams():
        known_otherwise = replace(stream, reaches_back=timedelta(days=400), certain=not stream.certain)
        assert ids_of(connected.page(known_otherwise, None).records) == ids_of(connected.page(stream, None).records)
