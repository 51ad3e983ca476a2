"""What the load generator reads out of a floor's answers."""

import httpx
import pytest

from simulations.load.crew import accounts_needed
from simulations.load.http import Allowance, judged, parse_allowance, parse_target
from simulations.load.plan import Call, Plan
from simulations.load.refusal import LoadRefused
from simulations.load.tally import Failure


def test_an_allowance_is_read_from_its_header_fields() -> None:
    """Both fields together say all; without either nothing is known."""
    assert parse_allowance('"user";q=6000;w=60', '"user";r=5999;t=60') == Allowance(6_000, 60, 5_999, 60)
    assert parse_allowance('"user";q=6000;w=60', "") is None
    assert parse_allowance("", "") is None
    assert parse_allowance('"user";q=many;w=60', '"user";r=1;t=60') is None


def test_an_answer_is_judged_by_its_status_and_problem() -> None:
    """A problem document names the cause; anything else is known by its status."""
    problem = {"title": "Rate limited", "detail": "at most 5 requests in 60 s"}
    assert judged(httpx.Response(204)) is None
    assert judged(httpx.Response(429, json=problem)) == Failure("429 Rate limited", "at most 5 requests in 60 s")
    assert judged(httpx.Response(502, text="no")) == Failure("502", "502 Bad Gateway: 'no'")
    assert judged(httpx.Response(500, json=[])) == Failure("500", "500 Internal Server Error: '[]'")


@pytest.mark.parametrize(
    ("url", "root"),
    [
        ("http://127.0.0.1:3000/", "http://127.0.0.1:3000"),
        ("https://[::1]/api/v1?x=1", "https://[::1]"),
        ("http://localhost", "http://localhost"),
    ],
)
def test_a_target_is_a_floors_root(url: str, root: str) -> None:
    """Whatever comes after the host and the port is left out."""
    assert parse_target(url) == root


@pytest.mark.parametrize(
    "url", ["127.0.0.1:3000", "ftp://127.0.0.1", "http://", "http://127.0.0.1:70000", "http://[::"]
)
def test_what_is_no_url_is_refused(url: str) -> None:
    """The message shows what was given."""
    with pytest.raises(LoadRefused, match="is no URL"):
        parse_target(url)


def test_as_many_accounts_as_the_floor_asks_for() -> None:
    """One while the load fits, with headroom; trades over sockets are not counted."""
    plan = Plan(agents=500, rate=200.0, seconds=60.0, weights={Call.TRADES: 9, Call.SOCKETS: 1}, sockets=10)
    assert accounts_needed(plan, None) == 1
    assert accounts_needed(plan, Allowance(100_000, 60, 100_000, 60)) == 1
    # 200/s x 0.9 x 60 s and three requests for each agent are 12,300, with a tenth more 13,530.
    assert accounts_needed(plan, Allowance(6_000, 60, 6_000, 60)) == 3
