"""What an exchange asks for when it sends us away: for how long."""

from __future__ import annotations

from datetime import timedelta

import pytest

from wallets.connectors.client import Reply, blame_by_status


@pytest.mark.parametrize("status", [418, 429])
@pytest.mark.parametrize("asked", ["259200", "Mon, 23 Nov 2026 12:00:00 GMT"])
def test_a_ban_of_days_is_obeyed_whichever_way_it_is_told(status, asked):
    reply = Reply(status, {"retry-after": asked, "date": "Fri, 20 Nov 2026 12:00:00 GMT"}, b"")

    assert blame_by_status(reply).wait == timedelta(days=3)
