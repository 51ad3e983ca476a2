"""A stop of the program under clients of Socket.IO, by the bytes of the protocol."""

from pathlib import Path

import httpx
import pytest
import trio
from trio_websocket import ConnectionClosed, open_websocket_url

from tests.e2e.program import running, signed_in

pytestmark = [pytest.mark.e2e, pytest.mark.no_cover]

POLLING = "/socket.io/?EIO=4&transport=polling"
WEBSOCKET = "/socket.io/?EIO=4&transport=websocket"


async def test_a_stop_sends_clients_home(tmp_path: Path) -> None:
    """They are told why and closed without a farewell that would keep them away; the program ends in good order."""
    with running(tmp_path, "--no-demo", "--tick-interval-ms", "60000") as program:
        async with signed_in(program.url) as api, trio.open_nursery() as nursery:
            told: list[str] = []
            connected = [trio.Event(), trio.Event()]
            nursery.start_soon(_poll, program.url, api.token, connected[0], told)
            nursery.start_soon(_listen, program.url, api.token, connected[1], told)
            with trio.fail_after(20):
                for event in connected:
                    await event.wait()
                assert await trio.to_thread.run_sync(program.stop) == 0
        reason = '42["closing",{"code":1001,"reason":"the server is shutting down'
        assert sum(reason in packet for packet in told) == 2
        assert not any(packet.startswith("41") for packet in told)


async def _poll(url: str, token: str, connected: trio.Event, told: list[str]) -> None:
    """Connect by polling, and keep a poll open until the session is closed."""
    async with httpx.AsyncClient(base_url=url, timeout=30) as http:
        sid = (await http.get(POLLING)).text.split('"')[3]
        session = f"{POLLING}&sid={sid}"
        await http.post(session, content=f'40{{"token":"{token}"}}')
        assert (await http.get(session)).text.startswith("40{")
        connected.set()
        while told[-1:] != ["1"]:
            told += (await http.get(session)).text.split("\x1e")


async def _listen(url: str, token: str, connected: trio.Event, told: list[str]) -> None:
    """Connect by WebSocket, and listen until it is closed."""
    async with open_websocket_url(url.replace("http", "ws", 1) + WEBSOCKET) as socket:
        await socket.get_message()
        await socket.send_message(f'40{{"token":"{token}"}}')
        assert str(await socket.get_message()).startswith("40{")
        connected.set()
        try:
            while True:
                told.append(str(await socket.get_message()))
        except ConnectionClosed:
            # A client that sees the other side's close frame leaves its stream open.
            await trio.aclose_forcefully(socket._stream)
