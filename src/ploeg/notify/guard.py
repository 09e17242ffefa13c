"""Keeps a URL that a person gave from leading into this machine or its network.

The name is looked up once, all its addresses are judged, and the request goes to the address that was judged: what
the name says a moment later no longer matters.
"""

from __future__ import annotations

import asyncio
import ipaddress
import socket
from collections.abc import Collection

from ploeg.domain.delivery import Trouble
from ploeg.notify.base import NotifyError

_PORTS = {"http": 80, "https": 443}
#: An IPv4 address in the last 32 bits: translated (NAT64), or in the oldest form.
_AT_THE_END = (ipaddress.ip_network("64:ff9b::/96"), ipaddress.ip_network("::/96"))
#: For protocols, and for translation within a site; some versions of Python take them for global.
_SPECIAL = (ipaddress.ip_network("192.0.0.0/24"), ipaddress.ip_network("64:ff9b:1::/48"))
_SIX_TO_FOUR = ipaddress.ip_network("2002::/16")


async def public_address(host: str, scheme: str, port: int | None, allowed: Collection[str]) -> str | None:
    """The address to go to; None where the host stands among the `allowed` and goes by its name."""
    if host.lower().rstrip(".") in allowed:
        return None
    found = await _addresses(host, port or _PORTS[scheme])
    for address in found:
        if not is_public(address):
            reason = f"{host} leads into a private network; an administrator can allow it in the setting notice_hosts"
            raise NotifyError(Trouble.REFUSED, reason)
    return found[0]


def is_public(address: str) -> bool:
    """Whether anybody on the internet could go there; an IPv4 address in IPv6's clothes counts as itself."""
    ip = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(ip, ipaddress.IPv6Address):
        inner = ip.ipv4_mapped or _inside(ip)
        if inner is not None:
            return is_public(str(inner))
    return ip.is_global and not ip.is_multicast and not any(ip in network for network in _SPECIAL)


def _inside(ip: ipaddress.IPv6Address) -> ipaddress.IPv4Address | None:
    if any(ip in network for network in _AT_THE_END):
        return ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
    if ip in _SIX_TO_FOUR:
        return ipaddress.IPv4Address(int(ip) >> 80 & 0xFFFFFFFF)
    return ip.teredo[1] if ip.teredo is not None else None


async def _addresses(host: str, port: int) -> list[str]:
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise NotifyError(Trouble.NOT_FOUND, f"{host} is not found") from None
    return [str(address[0]) for *_, address in found]
