"""Every way into the private network that is known to us, and the ways that must stay open."""

import asyncio
import socket
import threading
from ipaddress import ip_address

import pytest

from scraping.addresses import IPAddress, read_ipv4, refusal
from scraping.errors import ScrapeError
from scraping.guard import Guard
from scraping.resolver import REMEMBER, REMEMBER_FAILURE, Resolver
from tests.scraping.refused_urls import REFUSED

PUBLIC = "93.184.216.34"
NAMES = {
    "shop.example.com": [PUBLIC],
    "v6.example.com": ["2606:2800:220:1::1"],
    "both.example.com": [PUBLIC, "2606:2800:220:1::1"],
    "inside.example.com": ["10.1.2.3"],
    "half.example.com": [PUBLIC, "192.168.1.1"],
    "half6.example.com": [PUBLIC, "fe80::1%eth0"],
    "meta.example.com": ["169.254.169.254"],
    "xn--bcher-kva.example.com": [PUBLIC],
    "under_score.example.com": [PUBLIC],
    "empty.example.com": [],
    "intranet.corp.example.com": ["10.9.9.9"],
    "10.0.0.1.nip.io": ["10.0.0.1"],
}


def names(host: str) -> list[IPAddress]:
    if host not in NAMES:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
    return [ip_address(text) for text in NAMES[host]]


def refused(url: str, **options: object) -> ScrapeError:
    guard = Guard(lookup=names, **options)  # type: ignore[arg-type]  # options of Guard, passed on as they are
    with pytest.raises(ScrapeError) as caught:
        asyncio.run(guard.check(url))
    return caught.value


@pytest.mark.parametrize(
    ("code", "url"),
    [(code, url) for code, urls in REFUSED.items() for url in urls],
    ids=lambda value: ascii(value)[:60],
)
def test_a_url_that_leads_nowhere_good_is_refused_with_its_reason(code: str, url: str) -> None:
    error = refused(url)
    assert error.code == code, error.message
    assert not error.retryable
    assert len(error.message) < 500


@pytest.mark.parametrize(
    ("url", "becomes"),
    [
        ("http://shop.example.com", "http://shop.example.com/"),
        ("HTTPS://Shop.EXAMPLE.com.:443/A?b=C#d", "https://shop.example.com/A?b=C"),
        ("http://shop.example.com:8080/", "http://shop.example.com:8080/"),
        ("http://shop.example.com:/", "http://shop.example.com/"),
        ("http://shop.example.com:443/", "http://shop.example.com:443/"),
        ("https://shop.example.com:8443?q", "https://shop.example.com:8443/?q"),
        ("  http://shop.example.com/a b ", "http://shop.example.com/a%20b"),
        ("http://shop.example.com/ä?ö=ü", "http://shop.example.com/%C3%A4?%C3%B6=%C3%BC"),
        ("http://shop.example.com/%41%zz", "http://shop.example.com/%41%zz"),
        ("http://shop.example.com/a\\b", "http://shop.example.com/a%5Cb"),
        ("http://shop.example.com/x/../../y/./z", "http://shop.example.com/y/z"),
        ("http://shop.example.com/x/%2e%2E/y?z=/../", "http://shop.example.com/y?z=/../"),
        ("http://shop.example.com/@user:pass?u=a@b", "http://shop.example.com/@user:pass?u=a@b"),
        ("http://bücher.example.com/", "http://xn--bcher-kva.example.com/"),
        ("http://under_score.example.com/", "http://under_score.example.com/"),
        (f"http://{PUBLIC}/", f"http://{PUBLIC}/"),
        ("http://0x5db8d822/", f"http://{PUBLIC}/"),
        ("http://[2606:2800:0220:1::1]:8080/", "http://[2606:2800:220:1::1]:8080/"),
    ],
)
def test_a_public_url_passes_and_is_written_in_one_spelling(url: str, becomes: str) -> None:
    assert asyncio.run(Guard(lookup=names).check(url)).url == becomes


def test_the_checked_addresses_are_handed_over() -> None:
    target = asyncio.run(Guard(lookup=names).check("https://both.example.com/"))
    assert target.addresses == (ip_address(PUBLIC), ip_address("2606:2800:220:1::1"))
    assert (target.place.host, target.place.port, target.place.scheme) == ("both.example.com", 443, "https")


def test_the_blocking_check_gives_the_same_answers() -> None:
    guard = Guard(lookup=names)
    assert guard.check_blocking("http://shop.example.com/x").addresses == (ip_address(PUBLIC),)
    assert guard.check_blocking(f"http://{PUBLIC}/").addresses == (ip_address(PUBLIC),)
    for code, url in (
        ("private_ip", "http://inside.example.com/"),
        ("dns_failed", "http://nobody.example.com/"),
    ):
        with pytest.raises(ScrapeError) as caught:
            guard.check_blocking(url)
        assert caught.value.code == code


def test_the_form_is_checked_without_asking_for_a_name() -> None:
    asked: list[str] = []

    def lookup(host: str) -> list[IPAddress]:
        asked.append(host)
        return names(host)

    guard = Guard(lookup=lookup)
    assert guard.check_form("https://inside.example.com/").host == "inside.example.com"
    with pytest.raises(ScrapeError) as caught:
        guard.check_form("https://0x7f.1/")
    assert caught.value.code == "private_ip"
    assert asked == []


@pytest.mark.parametrize(
    ("entry", "passes", "stays_refused"),
    [
        (
            "127.0.0.1:9001",
            ["http://127.0.0.1:9001/", "http://0x7f.1:9001/"],
            ["http://127.0.0.1:9002/", "http://127.0.0.2:9001/"],
        ),
        ("127.0.0.1", ["http://127.0.0.1/", "http://127.0.0.1:22/"], ["http://[::1]/", "http://localhost/"]),
        ("[::1]:9001", ["http://[::1]:9001/"], ["http://[::1]:9002/", "http://127.0.0.1:9001/"]),
        ("::1", ["http://[0::1]:6379/"], ["http://[::2]/"]),
        (
            "inside.example.com",
            ["http://inside.example.com/"],
            ["http://meta.example.com/", "http://10.1.2.3/"],
        ),
        ("Inside.Example.com:8000", ["http://inside.example.com:8000/"], ["http://inside.example.com/"]),
        (
            "intranet.corp.example.com:443",
            ["https://intranet.corp.example.com/"],
            ["http://intranet.corp.example.com/"],
        ),
    ],
)
def test_an_allowed_private_host_passes_and_nothing_beside_it(
    entry: str, passes: list[str], stays_refused: list[str]
) -> None:
    guard = Guard([entry], lookup=names)
    for url in passes:
        asyncio.run(guard.check(url))
    for url in stays_refused:
        refused(url, allowed_private_hosts=[entry])


@pytest.mark.parametrize(
    "entry", ["", "a b", "http://127.0.0.1", "127.0.0.1:", "127.0.0.1:0", "127.0.0.1:x", "10.0.0.0/8", "[::1"]
)
def test_an_odd_allowed_host_is_refused_by_name(entry: str) -> None:
    with pytest.raises(ValueError, match="allowed private host") as caught:
        Guard([entry])
    assert repr(entry) in str(caught.value)


def test_a_trusted_url_may_be_private_but_not_malformed() -> None:
    guard = Guard(lookup=names)
    assert asyncio.run(guard.check("http://127.0.0.1:6379/", trusted=True)).url == "http://127.0.0.1:6379/"
    with pytest.raises(ScrapeError) as caught:
        asyncio.run(guard.check("http://a@127.0.0.1/", trusted=True))
    assert caught.value.code == "malformed_url"


def test_a_refusal_names_the_host_but_neither_its_address_nor_a_password() -> None:
    assert "inside.example.com" in refused("http://inside.example.com/").message
    assert "10.1.2.3" not in refused("http://inside.example.com/").message
    assert "secret" not in refused("http://user:secret@shop.example.com/").message


@pytest.mark.parametrize(
    "text",
    ["1.1.1.1", "8.8.8.8", "9.255.255.255", "11.0.0.0", "100.63.255.255", "100.128.0.0", "126.255.255.255"],
)
def test_addresses_beside_the_refused_networks_are_public(text: str) -> None:
    assert refusal(ip_address(text)) is None


@pytest.mark.parametrize(
    "text", ["2600::1", "2001:200::1", "2001:4860:4860::8888", "2a00:1450::1", "2003::1"]
)
def test_global_ipv6_is_public(text: str) -> None:
    assert refusal(ip_address(text)) is None


@pytest.mark.parametrize(
    "spelling", ["1.2.3.4", "1.2.772", "1.131844", "16909060", "0x1020304", "01.02.03.04", "0x1.2.0x3.04"]
)
def test_every_spelling_of_an_ipv4_address_is_read_as_the_system_does(spelling: str) -> None:
    assert read_ipv4(spelling).packed == socket.inet_aton(spelling)


def test_a_name_is_asked_for_once_at_a_time_and_remembered() -> None:
    asked: list[str] = []
    ready = threading.Event()

    def lookup(host: str) -> list[IPAddress]:
        asked.append(host)
        ready.wait(10)
        return names(host)

    async def scenario() -> None:
        now = 0.0
        resolver = Resolver(lookup, clock=lambda: now)
        waiting = [asyncio.create_task(resolver.resolve("shop.example.com")) for _ in range(10)]
        await asyncio.sleep(0)
        waiting[0].cancel()  # whoever asked first may give up without harm to the others
        ready.set()
        answers = await asyncio.gather(*waiting, return_exceptions=True)
        assert isinstance(answers[0], asyncio.CancelledError)
        assert answers[1:] == [(ip_address(PUBLIC),)] * 9
        assert asked == ["shop.example.com"]
        now = REMEMBER - 1
        await resolver.resolve("shop.example.com")
        assert len(asked) == 1
        now = REMEMBER + 1
        await resolver.resolve("shop.example.com")
        assert len(asked) == 2
        resolver.close()

    asyncio.run(scenario())


def test_a_failure_is_remembered_for_a_shorter_time_and_a_passing_one_not_at_all() -> None:
    asked: list[str] = []
    failure = socket.EAI_NONAME

    def lookup(host: str) -> list[IPAddress]:
        asked.append(host)
        raise socket.gaierror(failure, "no")

    async def scenario() -> None:
        nonlocal failure
        now = 0.0
        resolver = Resolver(lookup, clock=lambda: now)

        async def ask() -> ScrapeError:
            with pytest.raises(ScrapeError) as caught:
                await resolver.resolve("gone.example.com")
            return caught.value

        assert (await ask()).retryable is False
        assert (await ask()).code == "dns_failed"
        assert len(asked) == 1
        now, failure = REMEMBER_FAILURE + 1, socket.EAI_AGAIN
        assert (await ask()).retryable is True
        await ask()
        assert len(asked) == 3
        resolver.close()

    asyncio.run(scenario())


def test_a_name_server_that_does_not_answer_is_given_up() -> None:
    ready = threading.Event()

    def lookup(host: str) -> list[IPAddress]:
        ready.wait(10)
        return []

    async def scenario() -> None:
        resolver = Resolver(lookup, timeout=0.05)
        with pytest.raises(ScrapeError) as caught:
            await resolver.resolve("slow.example.com")
        assert (caught.value.code, caught.value.retryable) == ("dns_failed", True)
        ready.set()
        resolver.close()

    asyncio.run(scenario())
