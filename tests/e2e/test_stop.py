"""SIGTERM while many clients trade: no broken answer, nothing lost or doubled, and an end within the limit."""

import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import orjson
import pytest
import trio
from attrs import Factory, define
from trio_websocket import ConnectionClosed

from tests.e2e.program import Api, Program, Socket, eventually, running, signed_in, socket, verify
from tests.e2e.services import ServicesProcess, services
from tests.e2e.trading import new_agent, order, usage_is

pytestmark = [pytest.mark.e2e, pytest.mark.no_cover]

HTTP_CLIENTS: Final = 8
SOCKET_CLIENTS: Final = 3
ANSWERS_BEFORE_STOP: Final = 60
BUY: Final = {"symbol": "KO", "action": "buy", "quantity": 1, "orderType": "market", "timeInForce": "day"}


@define
class Seen:
    """What the clients saw: trades by agent and key where they were answered, keys where they were not."""

    answered: dict[tuple[str, str], str] = Factory(dict)
    unanswered: dict[str, str] = Factory(dict)
    closings: list[int] = Factory(list)
    enough: trio.Event = Factory(trio.Event)

    def answer(self, agent_id: str, key: str, trade_id: str) -> None:
        """Note an answer that came in full."""
        del self.unanswered[agent_id]
        self.answered[agent_id, key] = trade_id
        if len(self.answered) >= ANSWERS_BEFORE_STOP:
            self.enough.set()


async def test_sigterm_under_load(tmp_path: Path) -> None:
    """Answers are whole or do not come; each trade is there once, and is metered once at a receiver that dedupes."""
    seen = Seen()
    with services(tmp_path) as processes:
        with running(tmp_path, "--no-demo", "--stop-timeout", "20", env=processes.addresses) as program:
            async with signed_in(program.url) as api:
                agents = [await new_agent(api) for _ in range(HTTP_CLIENTS + SOCKET_CLIENTS)]
                await trade_until_stopped(program, api, agents, seen)
            assert program.process.wait(timeout=20) == 0
            told = program.farewell()
        assert told[0].startswith(f"Stopping within 20 s: no new connections, {SOCKET_CLIENTS} sockets are told")
        assert told[1] == "The edge is closed; agents, market and journal stop."
        assert told[-1].startswith("Stopped in ")
        assert seen.closings == [1001] * SOCKET_CLIENTS
        with running(tmp_path, "--no-demo", env=processes.addresses) as program:
            async with signed_in(program.url) as api:
                await check(api, processes, agents, seen)
            assert program.stop() == 0
    verify(tmp_path / "floor.db")


async def test_a_second_signal_stops_at_once(tmp_path: Path) -> None:
    """A request that never ends holds the orderly stop up; the second signal does not wait for it."""
    with running(tmp_path, "--no-demo") as program:
        async with half_a_request(program):
            program.process.send_signal(signal.SIGTERM)
            assert program.line_with("Stopping").startswith("Stopping within 25 s")
            program.process.send_signal(signal.SIGINT)
            assert program.process.wait(timeout=30) == 128 + signal.SIGINT
        assert program.farewell()[-1].startswith("Stopped at once.")
    verify(tmp_path / "floor.db")


async def test_a_stop_that_takes_too_long(tmp_path: Path) -> None:
    """At the limit the program ends by itself, and says where it was."""
    with running(tmp_path, "--no-demo", "--stop-timeout", "0.5") as program:
        async with half_a_request(program):
            program.process.send_signal(signal.SIGTERM)
            assert program.process.wait(timeout=30) == 1
        assert program.farewell()[-1].startswith("Stopped at the limit of 0.5 s")
        assert "Current thread" in (tmp_path / "log.txt").read_text()
    verify(tmp_path / "floor.db")


async def trade_until_stopped(program: Program, api: Api, agents: list[str], seen: Seen) -> None:
    """Let every client trade until enough answers have come, then send SIGTERM while they go on."""
    async with trio.open_nursery() as nursery:
        for agent_id in agents[:HTTP_CLIENTS]:
            nursery.start_soon(trade_by_http, program, api, agent_id, seen)
        for agent_id in agents[HTTP_CLIENTS:]:
            nursery.start_soon(trade_by_socket, api, agent_id, seen)
        await seen.enough.wait()
        program.process.send_signal(signal.SIGTERM)


async def trade_by_http(program: Program, api: Api, agent_id: str, seen: Seen) -> None:
    """Trade on one connection until it is closed or refused, looking at the bytes of each answer."""
    where = urlsplit(program.url)
    async with await trio.open_tcp_stream(str(where.hostname), where.port or 0) as stream:
        for number in range(10_000):
            key = f"{agent_id}-{number}"
            seen.unanswered[agent_id] = key
            trade = await asked(stream, api.token, agent_id, key)
            if trade is None:
                return
            seen.answer(agent_id, key, trade)


async def asked(stream: trio.SocketStream, token: str, agent_id: str, key: str) -> str | None:
    """Return the trade that was answered, None when the connection ended without a byte of an answer."""
    body = orjson.dumps(BUY)
    head = (
        f"POST /api/v1/agents/{agent_id}/trades HTTP/1.1\r\nHost: floor.test\r\nAuthorization: Bearer {token}\r\n"
        f"Content-Type: application/json\r\nIdempotency-Key: {key}\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    received = b""
    try:
        await stream.send_all(head.encode() + body)
        while not is_whole(received):
            chunk = await stream.receive_some()
            if not chunk:
                break
            received += chunk
    except trio.BrokenResourceError:
        pass
    if not received:
        return None
    assert is_whole(received), received
    assert received.startswith(b"HTTP/1.1 200 "), received
    return str(orjson.loads(received.partition(b"\r\n\r\n")[2])["tradeId"])


def is_whole(received: bytes) -> bool:
    """Say whether an answer is there in full, by the length it states."""
    head, _, body = received.partition(b"\r\n\r\n")
    lengths = [line.split(b":")[1] for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")]
    return bool(lengths) and len(body) == int(lengths[0])


async def trade_by_socket(api: Api, agent_id: str, seen: Seen) -> None:
    """Trade over /ws until it is closed."""
    async with socket(api, f"agent:{agent_id}") as ws:
        try:
            for number in range(10_000):
                await trade_once(ws, agent_id, f"{agent_id}-{number}", seen)
        except ConnectionClosed as closed:
            seen.closings.append(0 if closed.reason is None else closed.reason.code)
            # A client that sees the other side's close frame leaves its stream open.
            await trio.aclose_forcefully(ws.connection._stream)


async def trade_once(ws: Socket, agent_id: str, key: str, seen: Seen) -> None:
    """Submit a trade under its clientOrderId, and wait for the answer."""
    seen.unanswered[agent_id] = key
    await ws.send(action="trade.submit", id=key, agentId=agent_id, trade=BUY | {"clientOrderId": key})
    frame = await ws.receive_type("trade.submitted", "error")
    assert (frame["type"], frame["id"]) == ("trade.submitted", key), frame
    seen.answer(agent_id, key, frame["data"]["tradeId"])


async def check(api: Api, processes: ServicesProcess, agents: list[str], seen: Seen) -> None:
    """Find every answered trade once; ask again for those without an answer; count what was metered."""
    for agent_id in agents[:HTTP_CLIENTS]:
        key = seen.unanswered[agent_id]
        first, again = [await order(api, agent_id, key=key) for _ in range(2)]
        assert first.json() == again.json()
        seen.answered[agent_id, key] = first.json()["tradeId"]
    for agent_id in agents:
        there = (await api.get(f"/agents/{agent_id}/trades?limit=200"))["items"]
        answered = {trade for (of, _), trade in seen.answered.items() if of == agent_id}
        found = [trade["tradeId"] for trade in there]
        # A trade that a socket was not told of is found by its clientOrderId.
        untold = {trade["tradeId"] for trade in there if trade["clientOrderId"] == seen.unanswered[agent_id]}
        assert sorted(found) == sorted(answered | untold)
        with processes.clients() as (metering, _):
            await eventually(lambda: usage_is(metering, agent_id, len(found)))  # noqa: B023 -- awaited here


@asynccontextmanager
async def half_a_request(program: Program) -> AsyncIterator[None]:
    """Send a request whose body does not come, and keep the connection for as long as the block takes."""
    where = urlsplit(program.url)
    async with await trio.open_tcp_stream(str(where.hostname), where.port or 0) as stream:
        await stream.send_all(
            b"POST /api/v1/auth/login HTTP/1.1\r\nHost: floor.test\r\nContent-Type: application/json\r\n"
            b"Expect: 100-continue\r\nContent-Length: 9\r\n\r\n"
        )
        # The server has the request once it asks for the body.
        assert (await stream.receive_some()).startswith(b"HTTP/1.1 100")
        yield
