"""No way into the private network: where a URL may lead, asked before anything is sent to it.

Asked of the URL as given and of each redirect: scheme, host name, port, and every address the name has. The
addresses that passed are what the client connects to (`Target.addresses`), so a name that changes its answer
between the check and the use (DNS rebinding) gains nothing.

Ports: 80, 443 and everything from 1024 on may be asked, except SERVICE_PORTS, where databases, brokers and
remote control listen. A host in `allowed_private_hosts` passes every check with the ports it is listed with.

The reasons are those of the ScrapingPros contract: malformed_url, invalid_protocol, invalid_port,
blocked_hostname, dns_failed, private_ip.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from scraping.addresses import IPAddress, refusal
from scraping.errors import ScrapeError
from scraping.resolver import Lookup, Resolver, system_lookup
from scraping.urls import Place, read_host, read_url, shown

# Names that stand for a place inside. A name without a dot is one too: search domains complete it.
BLOCKED_HOSTNAMES = frozenset({"metadata.goog", "instance-data.ec2.internal"})
BLOCKED_SUFFIXES = (
    ".localhost",
    ".local",
    ".localdomain",
    ".internal",
    ".intranet",
    ".private",
    ".corp",
    ".home",
    ".lan",
    ".home.arpa",
    ".svc",
)

SERVICE_PORTS = frozenset(
    {
        *(
            1080,
            1099,
            1194,
            1433,
            1434,
            1521,
            1719,
            1720,
            1723,
            1883,
            8883,
        ),  # RMI, VPN, SQL Server, Oracle, MQTT
        *(2049, 2181, 2375, 2376, 2377, 2379, 2380),  # NFS, ZooKeeper, Docker, etcd
        *(
            3268,
            3269,
            3306,
            33060,
            3389,
            3659,
            4045,
            4190,
            4369,
        ),  # directories, MySQL, remote desktop, Erlang
        *(
            5060,
            5061,
            5432,
            5433,
            5434,
            5671,
            5672,
            5900,
            5901,
            5902,
            5903,
            5984,
            5985,
            5986,
        ),  # SIP … VNC, WinRM
        *(6000, 6379, 6380, 6381, 6432, 6443, 6566, 6665, 6666, 6667, 6668, 6669, 6697),  # X11, Redis, IRC …
        *(
            7199,
            8086,
            8125,
            8300,
            8301,
            8500,
            9042,
            9092,
            9160,
            9200,
            9300,
        ),  # Cassandra, Consul, Kafka, Elasticsearch
        *(10080, 10250, 10255, 11211, 15672, 25672, 26379, 27017, 27018, 27019, 28015, 50000, 61613, 61616),
    }
)


@dataclass(frozen=True, slots=True)
class Target:
    """A checked place: `url` in its one spelling, and the addresses that may be connected to."""

    url: str
    place: Place
    addresses: tuple[IPAddress, ...]


class Guard:
    """`allowed_private_hosts` are "host" (any port) or "host:port"; the host is a name, an IPv4 or an IPv6 address
    (with a port in brackets) and must stand in the URL as it stands here. A ValueError names an entry that is neither.

    `timeout` is for a name lookup, in seconds. `lookup` gives the addresses of a name (default: the system's).
    """

    def __init__(
        self,
        allowed_private_hosts: Iterable[str] = (),
        *,
        lookup: Lookup = system_lookup,
        timeout: float = 10.0,
    ) -> None:
        self._allowed = frozenset(read_allowed(entry) for entry in allowed_private_hosts)
        self._resolver = Resolver(lookup, timeout=timeout)
        # Pages of one shop share their place; only those that pass are remembered.
        self._judge_cached = lru_cache(maxsize=4096)(self._judge)

    async def check(self, url: str, *, trusted: bool = False) -> Target:
        """The URL's target, or ScrapeError with one of the reasons above. `trusted` places were set by the
        operator (an override, a proxy): they may be private."""
        return await self.check_place(*read_url(url), trusted=trusted)

    async def check_place(
        self, place: Place, path: str, *, trusted: bool = False, within: float | None = None
    ) -> Target:
        """The same for a URL that is read already. Raises TimeoutError when a name needs longer than `within`
        seconds."""
        free = trusted or self._judge_cached(place)
        if place.address is not None:
            return Target(place.origin + path, place, (place.address,))
        addresses = await self._resolver.resolve(place.host, within)
        if not free:
            refuse_private(place.host, addresses)
        return Target(place.origin + path, place, addresses)

    def check_blocking(self, url: str) -> Target:
        """The same for callers without an event loop; the name is looked up in this thread, without the cache."""
        place, path = read_url(url)
        free = self._judge_cached(place)
        if place.address is not None:
            return Target(place.origin + path, place, (place.address,))
        addresses = self._resolver.resolve_blocking(place.host)
        if not free:
            refuse_private(place.host, addresses)
        return Target(place.origin + path, place, addresses)

    def check_form(self, url: str) -> Place:
        """What can be refused without asking for the name's addresses: for URLs that are only stored."""
        place, _ = read_url(url)
        self._judge_cached(place)
        return place

    async def close(self) -> None:
        self._resolver.close()

    def _judge(self, place: Place) -> bool:
        """True for a place the operator allowed, False for one that passes as far as can be told without a lookup."""
        if (place.host, None) in self._allowed or (place.host, place.port) in self._allowed:
            return True
        if place.address is not None:
            refuse_private(place.host, (place.address,))
        elif is_blocked_name(place.host):
            raise ScrapeError(
                "blocked_hostname",
                f"{place.host} is a name for a place inside a private network, which is not allowed.",
            )
        if not is_allowed_port(place.port):
            raise ScrapeError(
                "invalid_port",
                f"{shown(place.origin)} names port {place.port}, which is not one that web sites are served on.",
            )
        return False


def refuse_private(host: str, addresses: Iterable[IPAddress]) -> None:
    """Raises ScrapeError (private_ip) when any of the addresses is not globally routable unicast."""
    for address in addresses:
        why = refusal(address)
        if why is not None:
            raise ScrapeError(
                "private_ip", f"{host} leads to an address that is not public ({why}), which is not allowed."
            )


def is_blocked_name(host: str) -> bool:
    return "." not in host or host in BLOCKED_HOSTNAMES or host.endswith(BLOCKED_SUFFIXES)


def is_allowed_port(port: int) -> bool:
    return port in (80, 443) or (port >= 1024 and port not in SERVICE_PORTS)


def read_allowed(entry: str) -> tuple[str, int | None]:
    """ "host", "host:port", "::1" or "[::1]:port" as (host in its normal form, port or None for every port)."""
    text = entry.strip()
    host, port = text, None
    if text.count(":") > 1 and not text.startswith("["):
        host = f"[{text}]"
    elif not text.endswith("]") and ":" in text:
        host, _, digits = text.rpartition(":")
        port = int(digits) if digits.isascii() and digits.isdigit() else 0
        if not 1 <= port <= 65535:
            raise ValueError(f"allowed private host {entry!r}: {digits!r} is not a port")
    try:
        return read_host(host)[0], port
    except ValueError as error:
        raise ValueError(f"allowed private host {entry!r}: {error}") from error
