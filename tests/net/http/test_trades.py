"""Trades over HTTP."""

from typing import Any

import pytest
import trio
from trio.testing import MockClock, wait_all_tasks_blocked

from tests.actors.builders import sell
from tests.net.http.harness import Answer, served

AT = "/api/v1/agents/agt_1/trades"
ORDER = {"symbol": "AAPL", "action": "buy", "quantity": 10, "orderType": "market"}


async def test_a_trade_is_shown_as_the_contract_says(mock_clock: MockClock) -> None:
    """All fields are there; those without a value are null."""
    async with served() as edge:
        token = await edge.user("ann")
        await edge.agent(token)
        trade = (await edge.trade(token, "agt_1", reason="try", clientOrderId="o-1")).json
        submitted = trade["submittedAt"]
        assert trade == {
            "tradeId": "trd_1",
            "agentId": "agt_1",
            "symbol": "AAPL",
            "action": "buy",
            "quantity": 10,
            "orderType": "market",
            "limitPrice": None,
            "stopPrice": None,
            "timeInForce": "day",
            "status": "completed",
            "submittedAt": submitted,
            "executedAt": submitted,
            "executedPrice": 150.25,
            "fees": 1.5025,
            "totalCost": 1504.0025,
            "approvalRequestId": None,
            "failureReason": None,
            "reason": "try",
            "clientOrderId": "o-1",
        }
        assert (await edge.call("GET", f"{AT}/trd_1", token=token)).json == trade


@pytest.mark.parametrize(
    ("order", "status", "slug"),
    [
        (ORDER | {"quantity": 1000}, 402, "insufficient-funds"),
        (ORDER | {"action": "sell"}, 402, "insufficient-shares"),
        (ORDER | {"symbol": "ZZZZ"}, 400, "unknown-symbol"),
        (ORDER | {"quantity": 1.5}, 400, "validation"),
        (ORDER | {"colour": "red"}, 400, "validation"),
    ],
)
async def test_orders_that_are_refused(order: dict[str, Any], status: int, slug: str, mock_clock: MockClock) -> None:
    """Each cause has its answer, and nothing was traded."""
    async with served() as edge:
        token = await edge.user("ann")
        await edge.agent(token)
        answer = await edge.call("POST", AT, order, token=token)
        assert (answer.status, answer.slug) == (status, slug)
        assert answer.json["instance"] == AT
        assert (await edge.call("GET", AT, token=token)).json["items"] == []


async def test_an_unknown_symbol_is_a_field_at_fault(mock_clock: MockClock) -> None:
    """The message says what there is."""
    async with served() as edge:
        token = await edge.user("ann")
        await edge.agent(token)
        assert "AAPL" in (await edge.call("POST", AT, ORDER | {"symbol": "ZZZZ"}, token=token)).fields["symbol"]


async def test_one_trade_under_one_key(mock_clock: MockClock) -> None:
    """The same request again replays the answer; another one is refused; another agent's key is another."""
    async with served() as edge:
        token = await edge.user("ann")
        await edge.agent(token)
        key = {"Idempotency-Key": "k1"}
        first = await edge.call("POST", AT, ORDER, token=token, headers=key)
        again = await edge.call("POST", AT, ORDER, token=token, headers=key)
        assert (first.status, again.status, first.json) == (200, 200, again.json)
        other = await edge.call("POST", AT, ORDER | {"quantity": 11}, token=token, headers=key)
        assert (other.status, other.slug) == (422, "idempotency-mismatch")
        assert len((await edge.call("GET", AT, token=token)).json["items"]) == 1


async def test_a_request_in_flight_is_a_conflict(mock_clock: MockClock) -> None:
    """While the first is being handled, the second neither waits nor trades."""
    async with served() as edge:
        token = await edge.user("ann")
        await edge.agent(token)
        key = {"Idempotency-Key": "k1"}
        edge.floor.store.gate = trio.Event()
        answers: list[Answer] = []

        async def submit() -> None:
            answers.append(await edge.call("POST", AT, ORDER, token=token, headers=key))

        async with trio.open_nursery() as nursery:
            nursery.start_soon(submit)
            await wait_all_tasks_blocked()
            second = await edge.call("POST", AT, ORDER, token=token, headers=key)
            assert (second.status, second.slug, second.headers["retry-after"]) == (409, "request-in-flight", "1")
            edge.floor.store.gate.set()
        assert [answer.status for answer in answers] == [200]


@pytest.mark.parametrize("key", ["", " ", "é", "x" * 256])
async def test_keys_that_are_none(key: str, mock_clock: MockClock) -> None:
    """A key is 1 to 255 visible characters."""
    async with served() as edge:
        token = await edge.user("ann")
        await edge.agent(token)
        answer = await edge.call("POST", AT, ORDER, token=token, headers={"Idempotency-Key": key})
        assert (answer.status, answer.slug) == (400, "idempotency-key")


async def test_a_client_order_id_is_unique(mock_clock: MockClock) -> None:
    """The second trade under it is a conflict."""
    async with served() as edge:
        token = await edge.user("ann")
        await edge.agent(token)
        assert (await edge.trade(token, "agt_1", clientOrderId="a")).status == 200
        assert (await edge.trade(token, "agt_1", clientOrderId="a")).slug == "duplicate-client-order-id"


async def test_a_pending_trade_is_cancelled_once(mock_clock: MockClock) -> None:
    """What it held is free again; a second time it is a conflict, as for a completed one."""
    async with served() as edge:
        token = await edge.user("ann")
        await edge.agent(token)
        held = (await edge.trade(token, "agt_1", "TSLA", 400)).json
        path = f"{AT}/{held['tradeId']}"
        cancelled = await edge.call("DELETE", path, token=token)
        assert (cancelled.status, cancelled.json["status"]) == (200, "cancelled")
        again = await edge.call("DELETE", path, token=token)
        assert again.status == 409
        done = (await edge.trade(token, "agt_1")).json
        assert (await edge.call("DELETE", f"{AT}/{done['tradeId']}", token=token)).status == 409
        assert (await edge.call("DELETE", f"{AT}/trd_0", token=token)).slug == "trade-not-found"


async def test_trades_are_found(mock_clock: MockClock) -> None:
    """Filters narrow the list together; pages follow each other."""
    async with served() as edge:
        token = await edge.user("ann")
        await edge.agent(token)
        for symbol in ("AAPL", "TSLA", "AAPL"):
            await edge.trade(token, "agt_1", symbol)
        for query, ids in (
            ("", ["trd_3", "trd_2", "trd_1"]),
            ("?symbol=TSLA", ["trd_2"]),
            ("?status=failed", []),
            ("?status=completed&symbol=AAPL", ["trd_3", "trd_1"]),
            ("?from=2027-01-01T00:00:00Z", []),
            ("?to=2026-01-01T00:00:00Z", []),
            ("?limit=2", ["trd_3", "trd_2"]),
        ):
            page = (await edge.call("GET", AT + query, token=token)).json
            assert [trade["tradeId"] for trade in page["items"]] == ids
        rest = (await edge.call("GET", f"{AT}?limit=2&cursor={page['nextCursor']}", token=token)).json
        assert [trade["tradeId"] for trade in rest["items"]] == ["trd_1"]
        assert rest["nextCursor"] is None
        assert (await edge.call("GET", f"{AT}?cursor=zzz", token=token)).slug == "cursor"


async def test_a_quota_that_is_used_up(mock_clock: MockClock) -> None:
    """429 says when the new month begins."""
    async with served() as edge:
        token = await edge.user("ann")
        await edge.agent(token, quotaConfig={"apiCalls": 1000})
        for _ in range(1000):
            await edge.floor.trade(agent_id="agt_1", order=None if _ % 2 == 0 else sell())
        answer = await edge.trade(token, "agt_1")
        assert (answer.status, answer.slug) == (429, "quota-exceeded")
        until_march_s = (11 * 24 + 12) * 3600
        assert until_march_s - 10 < int(answer.headers["retry-after"]) <= until_march_s


async def test_a_disk_that_is_full_is_said_so(mock_clock: MockClock) -> None:
    """503 with Retry-After, and the trade was not made."""
    async with served() as edge:
        token = await edge.user("ann")
        await edge.agent(token)
        edge.floor.store.unavailable = True
        answer = await edge.trade(token, "agt_1")
        assert (answer.status, answer.slug, answer.headers["retry-after"]) == (503, "unavailable", "1")
        edge.floor.store.unavailable = False
        assert (await edge.trade(token, "agt_1")).status == 200


async def test_a_trade_that_raised_an_alert_is_replayed(mock_clock: MockClock) -> None:
    """The answer under the key is the trade, although an alert was the last thing that it led to."""
    async with served() as edge:
        token = await edge.user("ann")
        await edge.agent(token, quotaConfig={"apiCalls": 1000})
        for number in range(799):
            await edge.floor.trade(agent_id="agt_1", order=None if number % 2 == 0 else sell())
        key = {"Idempotency-Key": "k1"}
        first = await edge.call("POST", AT, ORDER | {"quantity": 1}, token=token, headers=key)
        assert "usage.alert" in edge.floor.published_types()
        again = await edge.call("POST", AT, ORDER | {"quantity": 1}, token=token, headers=key)
        assert (first.status, again.status, again.json) == (200, 200, first.json)
