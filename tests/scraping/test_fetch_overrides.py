"""Requests for an origin that are sent elsewhere."""

import pytest

from tests.scraping.fetching import Diary, failure, fetching, get, run
from tests.scraping.site import Site, page, redirect


def test_an_overridden_origin_is_fetched_elsewhere_and_keeps_its_url() -> None:
    async def scenario() -> None:
        async with Site({"/shop/a": page(b"mirrored")}) as site:
            overrides = {"https://www.shop.example": site.url("/shop/")}
            async with fetching(
                origin_overrides=overrides
            ) as fetcher:  # its target needs no other permission
                response = await get(fetcher, "https://www.shop.example:443/a?b=c")
                assert (response.body, response.url) == (b"mirrored", "https://www.shop.example/a?b=c")
                assert site.received[0].target == "/shop/a?b=c"
                assert site.received[0].headers["host"] == site.address
                # The permission is for the override, not for whoever names its target.
                assert (await failure(fetcher, site.url("/shop/a"))).code == "private_ip"

    run(scenario())


@pytest.mark.parametrize(
    "location",
    [
        "/b?x=1",
        "b?x=1",
        "/mirror/b?x=1",
        "https://www.shop.example/b?x=1",
        "//www.shop.example/b?x=1",
        "http://{address}/mirror/b?x=1",
    ],
)
def test_a_redirect_of_an_overridden_page_stays_in_the_override(location: str) -> None:
    async def scenario() -> None:
        async with Site({"/mirror/b": page(b"there")}) as site:
            site.routes["/mirror/a"] = redirect(location.format(address=site.address))
            overrides = {"https://www.shop.example": site.url("/mirror")}
            async with fetching(origin_overrides=overrides) as fetcher:
                response = await get(fetcher, "https://www.shop.example/a")
                assert response.url == "https://www.shop.example/b?x=1"
                assert response.redirects == ("https://www.shop.example/a",)
                assert site.paths() == ["/mirror/a", "/mirror/b?x=1"]

    run(scenario())


def test_a_redirect_out_of_an_override_is_checked() -> None:
    async def scenario() -> None:
        async with Site() as site, Site({"*": page(b"secret")}) as other:
            site.routes["/a"] = redirect(other.url("/"))
            async with fetching(origin_overrides={"https://www.shop.example": site.url()}) as fetcher:
                assert (await failure(fetcher, "https://www.shop.example/a")).code == "private_ip"
                assert other.received == []

    run(scenario())


def test_a_path_cannot_climb_out_of_an_override() -> None:
    async def scenario() -> None:
        async with Site({"*": page(b"ok")}) as site:
            async with fetching(origin_overrides={"https://www.shop.example": site.url("/shop")}) as fetcher:
                for path in ("/../admin", "/%2e%2e/admin", "/a/../../admin", "/.%2E/admin"):
                    await get(fetcher, f"https://www.shop.example{path}")
            assert site.paths() == ["/shop/admin"] * 4

    run(scenario())


def test_an_override_leaves_the_proxy_out_and_keeps_the_hosts_pace() -> None:
    async def scenario() -> None:
        diary = Diary()
        async with Site({"*": page(b"mirrored")}) as site:
            overrides = {"https://www.shop.example": site.url()}
            async with fetching(
                origin_overrides=overrides, proxy="http://127.0.0.1:1", diary=diary
            ) as fetcher:
                assert (await get(fetcher, "https://www.shop.example/a")).body == b"mirrored"
                assert diary.slots == ["www.shop.example"]

    run(scenario())
