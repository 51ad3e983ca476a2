"""Whom strangers' requests are counted for."""

import pytest
from attrs import evolve
from trio.testing import MockClock

from net.http.sites import site_of
from tests.net.http.harness import SETTINGS, served


@pytest.mark.parametrize(
    ("client", "site"),
    [
        ("203.0.113.9", "203.0.113.9"),
        ("203.0.113.9:4711", "203.0.113.9"),
        ("::ffff:203.0.113.9", "203.0.113.9"),
        ("2001:db8:0:7:a:b:c:d", "2001:db8:0:7::/64"),
        ("[2001:db8:0:7::1]:4711", "2001:db8:0:7::/64"),
        ("local", "local"),
        ("[", "["),
        ("", ""),
    ],
)
def test_a_client_counts_by_what_is_its_own(client: str, site: str) -> None:
    """Neither a port nor another address of the same site makes another client."""
    assert site_of(client) == site


async def test_one_site_has_one_limit(mock_clock: MockClock) -> None:
    """However many addresses of it ask, and however often they sign in with a wrong password; others are none of it."""
    login = {"email": "ann@example.com", "password": "a wrong one"}
    async with served(settings=evolve(SETTINGS, rate_limit_max=6, trusted_proxies=1)) as edge:
        await edge.user("ann")
        places = [*(f"2001:db8:0:7::{host:x}" for host in range(7)), "2001:db8:0:8::1"]
        tried = [
            await edge.call("POST", "/api/v1/auth/login", login, headers={"X-Forwarded-For": place}) for place in places
        ]
        assert [answer.status for answer in tried] == [401, 401, 401, 401, 401, 429, 429, 401]
