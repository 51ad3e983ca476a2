"""Where webhooks may lead."""

import pytest

from net.webhooks.addresses import AddressRefused, Destination, destination_of, is_public, resolve


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "10.0.0.1", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "224.0.0.1",
        "0.0.0.0",  # noqa: S104 - refused, not bound
        "255.255.255.255", "198.18.0.1", "240.0.0.1", "::1", "::", "fe80::1", "fe80::1%eth0", "fc00::1", "ff02::1",
        "::ffff:10.0.0.1", "::ffff:8.8.8.8", "64:ff9b::a00:1", "2002:a00:1::", "2001:0:4136:e378:8000:63bf:3fff:fdd2",
        "::10.0.0.1", "2001:db8::1", "no address", "",
    ],
)  # fmt: skip
def test_addresses_that_only_this_host_or_network_can_reach_are_not_public(address: str) -> None:
    """Nor are those that stand for another address."""
    assert not is_public(address)


@pytest.mark.parametrize("address", ["8.8.8.8", "1.1.1.1", "2606:4700::1111"])
def test_addresses_of_the_internet_are_public(address: str) -> None:
    """Of both families."""
    assert is_public(address)


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("http://example.com/", "must be an https:// URL"),
        ("ftp://example.com/", "must be an https:// URL"),
        ("https://", "must have a host"),
        ("https://user:pw@example.com/", "must have a host, and neither a user"),
        ("https://example.com/#part", "fragment"),
        ("https://example.com:99999/", "is no URL"),
        ("https://[::1", "is no URL"),
        ("https://127.0.0.1/", "127.0.0.1 is not a public address"),
        ("https://[::1]/", "::1 is not a public address"),
    ],
)
def test_a_url_is_judged_before_anything_is_resolved(url: str, reason: str) -> None:
    """So that the owner hears of it at once."""
    with pytest.raises(AddressRefused, match=reason):
        destination_of(url, public_only=True)


def test_development_may_use_what_is_near() -> None:
    """Plain HTTP, and this host."""
    assert destination_of("http://127.0.0.1:8080/x", public_only=False) == Destination("http", "127.0.0.1", 8080)
    assert destination_of("https://example.com", public_only=True) == Destination("https", "example.com", 443)
    with pytest.raises(AddressRefused, match="http:// or https://"):
        destination_of("file:///etc/passwd", public_only=False)


async def test_what_a_name_resolves_to_is_judged() -> None:
    """Also where it is an odd spelling of an address."""
    assert await resolve(Destination("http", "127.0.0.1", 80), public_only=False) == "127.0.0.1"
    for host in ("localhost", "127.1", "0x7f000001", "2130706433"):
        with pytest.raises(AddressRefused, match="which is not public"):
            await resolve(Destination("https", host, 443), public_only=True)
    assert await resolve(Destination("https", "8.8.8.8", 443), public_only=True) == "8.8.8.8"
