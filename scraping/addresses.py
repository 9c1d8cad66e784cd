"""Which IP addresses may be connected to, and how IPv4 addresses can be spelled. Standard library only, no I/O.

The rule is an allow rule: globally routable unicast addresses, nothing else. The networks are written out here
because `ipaddress.is_global` has changed its mind between Python's patch releases. Sources: the IANA registries of
special-purpose addresses for IPv4 and IPv6, and the WHATWG URL standard for the spellings.
"""

from __future__ import annotations

import re
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network

IPAddress = IPv4Address | IPv6Address

REFUSED_IPV4 = {
    IPv4Network("0.0.0.0/8"): "this network",
    IPv4Network("10.0.0.0/8"): "a private network",
    IPv4Network("100.64.0.0/10"): "a provider's shared network",
    IPv4Network("127.0.0.0/8"): "this machine",
    IPv4Network("168.63.129.16/32"): "a cloud's metadata service",  # Azure; public by its number only
    IPv4Network("169.254.0.0/16"): "link-local, also metadata services",
    IPv4Network("172.16.0.0/12"): "a private network",
    IPv4Network("192.0.0.0/24"): "reserved for protocols",
    IPv4Network("192.0.2.0/24"): "documentation",
    IPv4Network("192.88.99.0/24"): "6to4 relays",
    IPv4Network("192.168.0.0/16"): "a private network",
    IPv4Network("198.18.0.0/15"): "benchmark networks",
    IPv4Network("198.51.100.0/24"): "documentation",
    IPv4Network("203.0.113.0/24"): "documentation",
    IPv4Network("224.0.0.0/4"): "multicast",
    IPv4Network("240.0.0.0/4"): "reserved, or broadcast",
}

# Everything outside 2000::/3 is refused: loopback, mapped and compatible IPv4, NAT64 (64:ff9b::/96), unique local,
# link-local, site-local, multicast. NAT64 and 6to4 could carry a private IPv4 address inside.
GLOBAL_IPV6 = IPv6Network("2000::/3")
REFUSED_IPV6 = {
    IPv6Network("2001::/23"): "reserved for protocols (Teredo, benchmarks, ORCHID)",
    IPv6Network("2001:db8::/32"): "documentation",
    IPv6Network("2002::/16"): "6to4, which can carry a private IPv4 address",
    IPv6Network("3ffe::/16"): "a network given back",
    IPv6Network("3fff::/20"): "documentation",
}

_NUMBER = re.compile(r"0[xX][0-9a-fA-F]*|[0-9]+")


@lru_cache(maxsize=4096)
def refusal(address: IPAddress) -> str | None:
    """Why the address must not be connected to ("a private network"); None when it may be."""
    if isinstance(address, IPv4Address):
        return next((why for network, why in REFUSED_IPV4.items() if address in network), None)
    if address not in GLOBAL_IPV6:
        return "not a public IPv6 address"
    return next((why for network, why in REFUSED_IPV6.items() if address in network), None)


def looks_like_ipv4(host: str) -> bool:
    """Whether every browser would read the host as IPv4: its last label is a number in some spelling."""
    last = host.removesuffix(".").rpartition(".")[2]
    return bool(last) and (last.isdigit() or re.fullmatch(r"0[xX][0-9a-fA-F]*", last) is not None)


def read_ipv4(host: str) -> IPv4Address:
    """An IPv4 address in any spelling that inet_aton or a browser accepts: decimal, octal, hexadecimal, one to
    four parts. Raises ValueError when it is none of them."""
    parts = host.removesuffix(".").split(".")
    if not 1 <= len(parts) <= 4:
        raise ValueError(f"{host!r} has {len(parts)} parts, an IPv4 address has at most 4")
    *leading, last = [_number(part) for part in parts]
    if any(number > 255 for number in leading) or last >= 256 ** (4 - len(leading)):
        raise ValueError(f"{host!r} is out of range for an IPv4 address")
    value = last
    for place, number in enumerate(leading):
        value += number << (8 * (3 - place))
    return IPv4Address(value)


def _number(part: str) -> int:
    if not _NUMBER.fullmatch(part) or not part.isascii():
        raise ValueError(f"{part!r} is not a number")
    if part[:2] in ("0x", "0X"):
        return int(part[2:] or "0", 16)
    if len(part) > 1 and part.startswith("0"):
        return int(part, 8)
    return int(part)
