"""Answers that are sent line by line, over the real server."""

import trio

from actors.model import Role
from supervisor.cell import Cell
from tests.net.http.harness import Served, served
from tests.net.http.sockets import HANG_S, RECEIVE_BYTES, listening

URL = "/admin/v1/actors/trace?path=/market&seconds=600"


def traced(edge: Served) -> bool:
    """Say whether the market is traced."""
    market = edge.floor.system.node("/market")
    assert isinstance(market, Cell)
    return market.tracers != ()


async def test_a_trace_ends_when_its_client_goes(mock_clock: trio.testing.MockClock) -> None:
    """At once, not only when the next line finds nobody to read it."""
    mock_clock.rate = 1
    async with served() as edge, listening(edge.app) as server:
        token = await edge.user("boss", Role.ADMIN)
        async with server.connect() as client:
            head = f"GET {URL} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\n\r\n"
            await client.send(head.encode())
            with trio.fail_after(HANG_S):
                received = b""
                while b'"Tick"' not in received:
                    received += await client.stream.receive_some(RECEIVE_BYTES)
            assert b"transfer-encoding: chunked" in received.lower()
            assert traced(edge)
            await edge.floor.system.control.pause("/market")
        with trio.fail_after(HANG_S):
            while traced(edge):
                await trio.lowlevel.checkpoint()


async def test_only_the_head_of_a_trace_can_be_asked_for(autojump_clock: trio.testing.MockClock) -> None:
    """Nothing is traced for that."""
    async with served() as edge:
        token = await edge.user("boss", Role.ADMIN)
        answer = await edge.call("HEAD", URL, token=token)
        assert (answer.status, answer.body) == (200, b"")
        assert not traced(edge)
