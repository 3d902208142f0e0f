"""How much one session and one address may send: token buckets, and whose address a request comes from."""

from __future__ import annotations

import ipaddress
import re
import time
from collections.abc import Callable, Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network

from starlette.requests import Request

_TIDY_EVERY_S = 60.0
# A household gets a whole /64 of IPv6 addresses; limiting each of them would limit nobody.
_IPV6_HOUSEHOLD = 64
_WITH_PORT = re.compile(r"\[([^\]]+)\](?::\d+)?|([\d.]+):\d+")


class RateLimit:
    """Token buckets in memory: each key may take `per_minute` at once, and they come back evenly over a minute.

    What is kept of a key is the moment at which its bucket is full again; keys with full buckets are forgotten.
    """

    def __init__(self, per_minute: int, now: Callable[[], float] = time.monotonic) -> None:
        self._every_s, self._now = 60 / per_minute, now
        self._full_at: dict[str, float] = {}
        self._tidied = now()

    def take(self, key: str) -> float:
        """Take one token: 0, or if there is none, the seconds until there is one (nothing is taken then)."""
        now = self._now()
        self._tidy(now)
        full_at = max(self._full_at.get(key, now), now) + self._every_s
        # With a bucket of a minute's worth, it may at most be one minute until it is full again.
        if full_at - now > 60.0 + 1e-6:
            return full_at - now - 60.0
        self._full_at[key] = full_at
        return 0.0

    def _tidy(self, now: float) -> None:
        if now - self._tidied >= _TIDY_EVERY_S:
            self._tidied = now
            self._full_at = {key: full_at for key, full_at in self._full_at.items() if full_at > now}


def wait_of(request: Request, limit: RateLimit, trusted: Sequence[IPv4Network | IPv6Network]) -> float:
    """Count one request of its address: 0, or the seconds until there may be one. This machine is not counted."""
    address = client_address(request, trusted)
    return limit.take(address) if address is not None else 0.0


def client_address(request: Request, trusted: Sequence[IPv4Network | IPv6Network]) -> str | None:
    """Who is to be counted: an address, for IPv6 its network. None: this machine itself, or no address at all.

    `trusted` proxies are believed about whom they forward; where that cannot be read, the proxy is counted. This
    machine is not counted, because a proxy that runs here and that we were not told to trust would make everybody one
    person.
    """
    address = _parsed(request.client.host if request.client else "")
    if address is None or not _among(address, trusted):
        return _counted(address)
    # The last that no trusted proxy owns: what stands before it, the sender may have invented.
    for part in reversed(",".join(request.headers.getlist("x-forwarded-for")).split(",")):
        if not part.strip():
            continue
        forwarded = _parsed(_without_port(part.strip()))
        if forwarded is None:
            return _key(address)  # of somebody whose address we cannot read, so not of this machine
        if not _among(forwarded, trusted):
            return _counted(forwarded)
    return _counted(address)


def _counted(address: IPv4Address | IPv6Address | None) -> str | None:
    return None if address is None or address.is_loopback else _key(address)


def _key(address: IPv4Address | IPv6Address) -> str:
    if isinstance(address, IPv6Address):
        return str(IPv6Network((address, _IPV6_HOUSEHOLD), strict=False))
    return str(address)


def _without_port(text: str) -> str:
    """203.0.113.9:51234, [2001:db8::1]:4711 and [2001:db8::1] as some proxies write them; others are left alone."""
    found = _WITH_PORT.fullmatch(text)
    return text if found is None else found[1] or found[2]


def _parsed(text: str) -> IPv4Address | IPv6Address | None:
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return None
    # A door on "::" sees IPv4 callers in IPv6 clothes.
    return (address.ipv4_mapped if isinstance(address, IPv6Address) else None) or address


def _among(address: IPv4Address | IPv6Address, networks: Sequence[IPv4Network | IPv6Network]) -> bool:
    return any(address in network for network in networks)
