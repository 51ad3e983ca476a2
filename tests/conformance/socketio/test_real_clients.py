"""Clients that we did not write use the Socket.IO layer unchanged: npm's socket.io-client, and python-socketio's."""

from functools import partial
from pathlib import Path
from queue import SimpleQueue
from typing import Any

import pytest
import socketio  # type: ignore[import-untyped]  # it ships no types
import trio

from net.socketio.hypercorn_channel import HypercornChannel
from tests.net.socketio.harness import echoing

HERE = Path(__file__).parent
HEARTBEAT = {"ping_interval_ms": 100, "ping_timeout_ms": 10_000}

pytestmark = pytest.mark.e2e


@pytest.mark.parametrize("transports", ["polling", "websocket", "polling,websocket"])
async def test_the_client_of_browsers(node: str, transports: str) -> None:
    """Connect, upgrade, events, attachments, acknowledgements, order, heartbeats, namespaces, reconnection."""
    async with echoing(HypercornChannel, **HEARTBEAT) as client:
        with trio.fail_after(30):
            result = await trio.run_process(
                [node, str(HERE / "client.mjs"), f"http://{client.address}", transports],
                capture_stdout=True,
                capture_stderr=True,
                check=False,
            )
        assert (result.returncode, result.stderr.decode()) == (0, "")


@pytest.mark.parametrize("transports", [["polling"], ["websocket"], ["polling", "websocket"]])
async def test_the_client_of_python(transports: list[str]) -> None:
    """Connect, upgrade, events, attachments, acknowledgements, a refused namespace, disconnection."""
    async with echoing(HypercornChannel, **HEARTBEAT) as client:
        with trio.fail_after(30):
            await trio.to_thread.run_sync(partial(_talk, f"http://{client.address}", transports))


def _talk(url: str, transports: list[str]) -> None:
    received: SimpleQueue[Any] = SimpleQueue()
    client = socketio.Client(reconnection=False)
    for event in ("auth", "message-back"):
        client.on(event, lambda *args: received.put(args))
    client.on("auth", lambda *args: received.put(args), namespace="/custom")
    client.connect(url, auth={"token": "abc"}, transports=transports, namespaces=["/", "/custom"])
    assert [received.get(timeout=5), received.get(timeout=5)] == [({"token": "abc"},)] * 2
    assert client.transport() == transports[-1]
    client.emit("message", (1, {"nested": [b"\0\1"]}))
    assert received.get(timeout=5) == (1, {"nested": [b"\0\1"]})
    assert client.call("message-with-ack", ("only",), timeout=5) == "only"
    client.disconnect()
    with pytest.raises(socketio.exceptions.ConnectionError, match=r"Invalid namespace|failed to connect"):
        socketio.Client(reconnection=False).connect(url, transports=transports, namespaces=["/unknown"], wait_timeout=5)
