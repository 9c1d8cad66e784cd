"""wreq clients, each able to connect to one checked host only.

A wreq client pins names to addresses for its whole life, so every (host, addresses, proxy) has a client of its own,
with its own connections; making one takes some 0.03 ms and 20 KB. The least recently used one is let go: its
requests under way keep it alive until they end, then its connections close.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import wreq

from scraping.addresses import IPAddress
from scraping.fetchers.contract import FetchSettings
from scraping.fetchers.proxies import Proxy
from scraping.guard import Target

if TYPE_CHECKING:
    from wreq.wreq import ClientConfig  # in the stub only

KEPT = 256  # clients

# One browser, whole: its TLS hello, HTTP/2 settings and headers belong together.
BROWSER = wreq.Emulation(profile=wreq.Profile.Chrome154, platform=wreq.Platform.Windows)

_Key = tuple[str, tuple[IPAddress, ...], Proxy | None]


@dataclass(frozen=True, slots=True)
class Lane:
    """A client and the addresses it may reach (the proxy's, when there is one), as wreq writes them."""

    client: wreq.Client
    peers: frozenset[str]

    def reaches(self, peer: str) -> bool:
        """Whether a connection's other end ("93.184.216.34:443", "[2001:…]:443") is one of ours."""
        return peer.rpartition(":")[0] in self.peers


class Clients:
    def __init__(self, settings: FetchSettings) -> None:
        self._connect_timeout = timedelta(seconds=settings.connect_timeout)
        self._read_timeout = timedelta(seconds=settings.read_timeout)
        self._idle_connections = settings.concurrency
        self._roots = _read_roots(settings.ca_file)
        self._lanes: OrderedDict[_Key, Lane] = OrderedDict()

    def get(self, target: Target, proxy: Proxy | None) -> Lane:
        """The way to a checked target, through a checked proxy."""
        key = (target.place.host, target.addresses, proxy)
        lane = self._lanes.get(key)
        if lane is None:
            addresses = target.addresses if proxy is None else proxy.addresses
            lane = Lane(self._make(target, proxy), frozenset(_as_written(address) for address in addresses))
            self._lanes[key] = lane
            if len(self._lanes) > KEPT:
                self._lanes.popitem(last=False)
        else:
            self._lanes.move_to_end(key)
        return lane

    def close(self) -> None:
        """Requests under way are cancelled."""
        while self._lanes:
            self._lanes.popitem()[1].client.close()

    def _make(self, target: Target, proxy: Proxy | None) -> wreq.Client:
        # system_dns: without it wreq would start a resolver of its own, which is never asked.
        names = wreq.DnsOptions(system_dns=True)
        if target.place.address is None:
            names.add_resolve(target.place.host, target.addresses)
        if proxy is not None and not proxy.is_literal:
            names.add_resolve(proxy.host, proxy.addresses)
        options: ClientConfig = {
            "emulation": BROWSER,
            "redirect": wreq.Policy.none(),
            "cookie_store": False,
            "dns_options": names,
            "connect_timeout": self._connect_timeout,
            "read_timeout": self._read_timeout,
            "pool_max_idle_per_host": self._idle_connections,
        }
        if self._roots is not None:
            options["tls_verify"] = self._roots
        if proxy is None:
            options["no_proxy"] = True  # also not the one of the environment
        else:
            options["proxies"] = [wreq.Proxy.all(proxy.url)]
        return wreq.Client(**options)


def _as_written(address: IPAddress) -> str:
    return f"[{address}]" if address.version == 6 else str(address)


def _read_roots(path: str | None) -> wreq.CertStore | None:
    return None if path is None else wreq.CertStore.from_pem_stack(Path(path).read_bytes())
