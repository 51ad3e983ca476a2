"""Clients that we did not write see the real program's tour live: npm's socket.io-client, and python-socketio's."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from queue import SimpleQueue
from typing import Any, Final

import httpx
import pytest
import requests
import socketio  # type: ignore[import-untyped]  # it ships no types
import trio

from tests.e2e.program import DEMO, Program, running

HERE: Final = Path(__file__).parent
NEW_AGENT: Final = {"name": "Tour", "strategy": "balanced", "initialBudget": 100_000, "riskTolerance": 5}
STEPS: Final = [
    "trade:created",
    "trade:executed",
    "trade:created",
    "oversight:request",
    "oversight:approved",
    "trade:executed",
]

pytestmark = [pytest.mark.e2e, pytest.mark.no_cover]


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Program]:
    """Run the floor, with prices that come quickly."""
    with running(tmp_path_factory.mktemp("floor"), "--no-demo", "--tick-interval-ms", "100") as program:
        yield program


@pytest.mark.parametrize("transports", ["polling", "websocket", "polling,websocket"])
async def test_the_client_of_browsers(node: str, program: Program, transports: str) -> None:
    """Sign-in, refusals, subscription, prices, trades and an approval."""
    with trio.fail_after(30):
        command = [node, str(HERE / "floor_client.mjs"), program.url, transports]
        result = await trio.run_process(command, capture_stdout=True, capture_stderr=True, check=False)
    assert (result.returncode, result.stderr.decode()) == (0, "")


@pytest.mark.parametrize("transports", [["polling"], ["websocket"], ["polling", "websocket"]])
async def test_the_client_of_python(program: Program, transports: list[str]) -> None:
    """The same tour, and what comes of an agent that is not listened to: its notices alone."""
    with trio.fail_after(30):
        await trio.to_thread.run_sync(partial(_tour, program.url, transports))


@contextmanager
def _client() -> Iterator[Any]:
    """Yield a client, and leave none of its connections open."""
    with requests.Session() as http:
        client = socketio.Client(reconnection=False, http_session=http)
        try:
            yield client
        finally:
            client.disconnect()
            client.wait()


@contextmanager
def _signed_in(url: str) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=f"{url}/api/v1", timeout=30) as http:
        http.headers["Authorization"] = f"Bearer {http.post('/auth/login', json=DEMO).json()['token']}"
        yield http


def _token(http: httpx.Client) -> str:
    return http.headers["Authorization"].removeprefix("Bearer ")


def _tour(url: str, transports: list[str]) -> None:
    with _signed_in(url) as http, _client() as client:
        agent, other = [http.post("/agents", json=NEW_AGENT).json()["agentId"] for _ in range(2)]
        received: SimpleQueue[tuple[str, Any]] = SimpleQueue()
        client.on("*", lambda name, frame: received.put((name, frame)))
        client.connect(url, auth={"token": _token(http)}, transports=transports)
        assert client.transport() == transports[-1]
        assert client.call("subscribe:agent", agent, timeout=5)["ok"]
        _trade_and_approve(http, agent)
        heard = _hear(received, STEPS)
        assert [frame["agentId"] for _, frame in heard] == [agent] * len(STEPS)
        assert [frame["seq"] for _, frame in heard] == sorted({frame["seq"] for _, frame in heard})
        _trade_and_approve(http, other)
        notices = ["oversight:request", "oversight:approved"]
        assert [frame["agentId"] for _, frame in _hear(received, notices)] == [other, other]


def _hear(received: "SimpleQueue[tuple[str, Any]]", names: list[str]) -> list[tuple[str, Any]]:
    """Return so many events but prices and portfolios, which must have these names."""
    heard: list[tuple[str, Any]] = []
    while len(heard) < len(names):
        event = received.get(timeout=10)
        if event[0] not in {"market:update", "portfolio:update"}:
            heard.append(event)
    assert [name for name, _ in heard] == names
    return heard


def _trade_and_approve(http: httpx.Client, agent_id: str) -> None:
    for symbol, quantity in (("AAPL", 10), ("TSLA", 500)):
        order = {"symbol": symbol, "action": "buy", "quantity": quantity, "orderType": "market"}
        trade = http.post(f"/agents/{agent_id}/trades", json=order).json()
    decided = http.post(f"/oversight/requests/{trade['approvalRequestId']}/approve", json={"reason": "fine"})
    assert decided.json()["status"] == "approved"
