"""The list of addresses that a key may be used from, as its exchange tells it: single ones, and whole networks."""

from __future__ import annotations

from contextlib import suppress
from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection


def shut_out(ours: Collection[str], listed: Collection[str]) -> list[str]:
    """Those of ours that the list does not let in. A list that we cannot read all of may well let them in."""
    known = {each: as_network(each) for each in listed}
    if None in known.values():
        return []
    return sorted(each for each in set(ours) if not any(holds(whole, as_network(each)) for whole in known.values()))


def holds(whole: IPv4Network | IPv6Network | None, part: IPv4Network | IPv6Network | None) -> bool:
    if isinstance(whole, IPv4Network) and isinstance(part, IPv4Network):
        return part.subnet_of(whole)
    return isinstance(whole, IPv6Network) and isinstance(part, IPv6Network) and part.subnet_of(whole)


def as_network(text: str) -> IPv4Network | IPv6Network | None:
    with suppress(ValueError):
        return ip_network(text, strict=False)
    return None
