"""Bars, equity curves and performance over HTTP."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from trio.testing import MockClock

from actors.model import Role
from actors.prices.ticks import TRADING_YEAR_SECONDS
from tests.net.http.harness import Served, served

MARKET = "/api/v1/market/history"
AGENT = "/api/v1/agents/agt_1"
NOON = "2026-02-17T12:0{}:00.000000Z"


@asynccontextmanager
async def traded(clock: MockClock) -> AsyncIterator[tuple[Served, str]]:
    """Run a floor on which Ann's agent bought 10 AAPL at $150.25 and sold 4 at $160, from 12:00 to 12:03:30."""
    async with served() as edge:
        token = await edge.user("ann")
        clock.autojump_threshold = 0
        agent_id = await edge.agent(token)
        await edge.floor.advance(20.5)
        assert (await edge.trade(token, agent_id)).json["status"] == "completed"
        await edge.floor.advance(69)
        edge.floor.around.prices.set("AAPL", "160")
        await edge.floor.advance(41)
        assert (await edge.trade(token, agent_id, quantity=4, action="sell")).json["status"] == "completed"
        await edge.floor.advance(79.5)
        yield edge, token


def a_bar(minute: int, opened: float, close: float, volume: int) -> dict[str, Any]:
    """Return a bar whose prices go up from its open to its close."""
    return {
        "timestamp": NOON.format(minute),
        "open": opened,
        "high": close,
        "low": opened,
        "close": close,
        "volume": volume,
    }


def a_point(timestamp: str, cash: float, market_value: float) -> dict[str, Any]:
    """Return a point of an equity curve."""
    value = round(cash + market_value, 6)
    return {"timestamp": timestamp, "value": value, "cash": cash, "marketValue": market_value}


async def test_bars_of_a_symbol(mock_clock: MockClock) -> None:
    """In minutes without another wish; the last one is under way."""
    async with traded(mock_clock) as (edge, token):
        answer = await edge.call("GET", f"{MARKET}/AAPL", token=token)
        assert answer.status == 200
        assert answer.json == {
            "symbol": "AAPL",
            "interval": "1m",
            "items": [
                a_bar(0, 150.25, 150.25, 10),
                a_bar(1, 150.25, 160.0, 0),
                a_bar(2, 160.0, 160.0, 4),
                a_bar(3, 160.0, 160.0, 0),
            ],
        }
        answer = await edge.call("GET", f"{MARKET}/AAPL?interval=5m&to={NOON.format(3)}", token=token)
        assert answer.json == {"symbol": "AAPL", "interval": "5m", "items": [a_bar(0, 150.25, 160.0, 14)]}
        query = f"?from={NOON.format(1)}&to={NOON.format(2)}"
        answer = await edge.call("GET", f"{MARKET}/AAPL{query}", token=token)
        assert answer.json["items"] == [a_bar(1, 150.25, 160.0, 0), a_bar(2, 160.0, 160.0, 4)]


async def test_the_equity_curve(mock_clock: MockClock) -> None:
    """Worked by hand; the last point is the portfolio of now."""
    async with traded(mock_clock) as (edge, token):
        answer = await edge.call("GET", f"{AGENT}/portfolio/history", token=token)
        assert answer.status == 200
        assert answer.json == {
            "agentId": "agt_1",
            "interval": "1m",
            "items": [
                a_point(NOON.format(0), 100_000.0, 0.0),
                a_point(NOON.format(1), 98_495.9975, 1_502.5),
                a_point(NOON.format(2), 98_495.9975, 1_600.0),
                a_point(NOON.format(3), 99_134.9975, 960.0),
                a_point("2026-02-17T12:03:30.000000Z", 99_134.9975, 960.0),
            ],
        }
        portfolio = (await edge.call("GET", f"{AGENT}/portfolio", token=token)).json["portfolio"]
        assert portfolio["value"] == answer.json["items"][-1]["value"]
        hours = await edge.call("GET", f"{AGENT}/portfolio/history?from=1970-01-01T00:00:00Z&interval=1h", token=token)
        assert [item["value"] for item in hours.json["items"]] == [100_000.0, portfolio["value"]]


async def test_the_performance(mock_clock: MockClock) -> None:
    """Worked by hand from the curve; nobody knows a deviation of three returns."""
    async with traded(mock_clock) as (edge, token):
        answer = await edge.call("GET", f"{AGENT}/performance", token=token)
        assert answer.status == 200
        assert answer.json == {
            "agentId": "agt_1",
            "from": NOON.format(0),
            "to": NOON.format(3),
            "interval": "1m",
            "periods": 3,
            "periodYears": pytest.approx(60 / TRADING_YEAR_SECONDS),
            "sales": 1,
            "roi": pytest.approx(94.9975 / 100_000),
            "volatility": None,
            "sharpe": None,
            "sortino": None,
            "maxDrawdown": pytest.approx(1.5025 / 100_000),
            "calmar": None,
            "winRate": 1.0,
            "turnover": pytest.approx(640 / 100_047.373125),
        }


async def test_a_new_agent_has_no_performance_yet(mock_clock: MockClock) -> None:
    """Everything that is not known is null."""
    async with served() as edge:
        token = await edge.user("ann")
        await edge.agent(token)
        report = (await edge.call("GET", f"{AGENT}/performance", token=token)).json
        measures = ("roi", "volatility", "sharpe", "sortino", "maxDrawdown", "calmar", "winRate")
        assert [report[name] for name in measures] == [None] * 7
        assert (report["periods"], report["sales"], report["turnover"]) == (0, 0, 0.0)


@pytest.mark.parametrize("path", [f"{MARKET}/AAPL", f"{AGENT}/portfolio/history", f"{AGENT}/performance"])
@pytest.mark.parametrize(
    ("query", "field", "slug", "words"),
    [
        ("interval=2m", "interval", "validation", "must be one of 1m, 5m, 15m, 1h, 1d"),
        ("from=yesterday", "from", "validation", "must be a moment as RFC 3339 writes it"),
        ("limit=5", "limit", "validation", "is unknown; known are from, to, interval"),
        ("from=2026-02-17T11:00:00Z&to=2026-02-17T10:00:00Z", "from", "range-reversed", "ends before it begins"),
    ],
)
async def test_ranges_at_fault(path: str, query: str, field: str, slug: str, words: str, mock_clock: MockClock) -> None:
    """The parameter is named, and what is wrong with it."""
    async with served() as edge:
        token = await edge.user("ann")
        await edge.agent(token)
        answer = await edge.call("GET", f"{path}?{query}", token=token)
        assert (answer.status, answer.slug, list(answer.fields)) == (400, slug, [field])
        assert words in answer.fields[field]


@pytest.mark.parametrize(
    ("query", "slug", "words"),
    [
        ("from=2026-02-01T00:00:00Z&interval=1m", "range-too-long", "at most 1,000 are handed out at once"),
        ("from=2026-01-01T00:00:00Z&to=2026-01-01T01:00:00Z&interval=5m", "range-too-old", "kept for 30 days"),
    ],
)
async def test_ranges_beyond_a_limit(query: str, slug: str, words: str, mock_clock: MockClock) -> None:
    """The limit is named."""
    async with served() as edge:
        token = await edge.user("ann")
        answer = await edge.call("GET", f"{MARKET}/AAPL?{query}", token=token)
        assert (answer.status, answer.slug, list(answer.fields)) == (400, slug, ["from"])
        assert words in answer.json["detail"]


async def test_who_may_see_them(mock_clock: MockClock) -> None:
    """Whoever signed in sees the market; an agent's charts only its owner, admins, and its own keys."""
    async with served() as edge:
        ann, ben, ada = await edge.user("ann"), await edge.user("ben"), await edge.user("ada", Role.ADMIN)
        await edge.agent(ann)
        await edge.agent(ben)
        key = (await edge.call("POST", f"{AGENT}/keys", {"name": "Program"}, token=ann)).json["key"]
        for path in (f"{AGENT}/portfolio/history", f"{AGENT}/performance"):
            statuses = [(await edge.call("GET", path, token=token)).status for token in (ann, ada, key, ben, None)]
            assert statuses == [200, 200, 200, 404, 401]
        assert (await edge.call("GET", f"{MARKET}/AAPL", token=key)).status == 200
        assert (await edge.call("GET", f"{MARKET}/AAPL")).status == 401
        unknown = await edge.call("GET", f"{MARKET}/NOPE", token=ann)
        assert (unknown.status, unknown.slug) == (400, "unknown-symbol")
