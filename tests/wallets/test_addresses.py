"""Addresses of ours against the list of a key: what it names one by one, and what it names by networks."""

from __future__ import annotations

import pytest

from wallets.addresses import shut_out

OURS = ("203.0.113.7", "198.51.100.7")


@pytest.mark.parametrize(
    ("listed", "absent"),
    [
        (OURS, []),
        (("203.0.113.7",), ["198.51.100.7"]),
        (("203.0.113.0/24", "198.51.100.7"), []),
        (("203.0.113.9/24",), ["198.51.100.7"]),
        (("192.0.2.0/24",), ["198.51.100.7", "203.0.113.7"]),
        (("2001:db8::/32",), ["198.51.100.7", "203.0.113.7"]),
        (("192.0.2.1-192.0.2.9",), []),  # it may well hold them: nobody is warned
    ],
)
def test_what_a_list_does_not_let_in_is_named(listed, absent):
    assert shut_out(OURS, listed) == absent
