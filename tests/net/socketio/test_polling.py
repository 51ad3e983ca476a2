"""Polling over real sockets: what a client sends comes back, and whoever breaks the rules loses the session."""

import httpx
import pytest
import trio
from trio.testing import wait_all_tasks_blocked

from tests.net.socketio.harness import Client, echoing

GONE = (400, '{"code":1,"message":"Session ID unknown"}')
BAD = (400, '{"code":3,"message":"Bad request"}')


@pytest.mark.parametrize("body", ["4hello", "4test1\x1e4test2\x1e4test3", "4hello\x1ebAQIDBA==\x1eb"])
async def test_messages_come_back_in_one_payload(body: str) -> None:
    """Text, several packets, and binary ones, one of them empty."""
    async with echoing() as client:
        sid = await client.open()
        assert await client.push(sid, body) == (200, "ok")
        assert await client.poll(sid) == (200, body)


async def test_a_poll_waits_for_packets() -> None:
    """It is answered as soon as there is something to say."""
    async with echoing() as client, trio.open_nursery() as nursery:
        sid = await client.open()
        nursery.start_soon(_expect, client, sid, "4late")
        await wait_all_tasks_blocked(0.05)
        assert await client.push(sid, "4late") == (200, "ok")


@pytest.mark.parametrize(
    "body", [b"abc", b"", b"4a\x1e", b"bAQ", b"\xff", b"2", b"0", b"5", b"\x1e".join([b"3"] * 20_001)]
)
async def test_an_invalid_payload_costs_the_session(body: bytes) -> None:
    """It is refused, and the session is unknown from then on."""
    async with echoing() as client:
        sid = await client.open()
        assert await client.push(sid, body) == BAD
        assert await client.poll(sid) == GONE


async def test_an_invalid_packet_spares_none_of_its_payload() -> None:
    """The valid packets before it are not handled either."""
    async with echoing() as client, trio.open_nursery() as nursery:
        sid = await client.open()
        nursery.start_soon(_expect, client, sid, "1")
        await wait_all_tasks_blocked(0.05)
        assert await client.push(sid, "4fine\x1eabc") == BAD


async def test_a_body_of_bytes_is_refused() -> None:
    """Version 4 sends even binary packets as text."""
    async with echoing() as client:
        sid = await client.open()
        headers = {"content-type": "application/octet-stream"}
        assert await client.push(sid, b"4hello", **headers) == BAD
        assert await client.poll(sid) == GONE


async def test_a_second_poll_costs_the_session() -> None:
    """The first one is told that the session is closed."""
    async with echoing() as client, trio.open_nursery() as nursery:
        sid = await client.open()
        nursery.start_soon(_expect, client, sid, "1")
        await wait_all_tasks_blocked(0.05)
        assert await client.poll(sid) == BAD
        assert await client.poll(sid) == GONE


async def test_an_aborted_poll_costs_the_session() -> None:
    """Nobody could say which packets had reached the client. Hypercorn tells us on trio, too."""
    async with echoing() as client, trio.open_nursery() as nursery:
        sid = await client.open()
        async with httpx.AsyncClient() as other:
            nursery.start_soon(_abandon, other, client.url(sid))
            await wait_all_tasks_blocked(0.05)
            nursery.cancel_scope.cancel()
        with trio.CancelScope(shield=True):
            while client.app.engine.session_count:
                await trio.lowlevel.checkpoint()
            assert await client.poll(sid) == GONE


async def test_an_oversized_body_is_refused_and_the_connection_lives() -> None:
    """It costs the session; the same connection serves the next request at once."""
    async with echoing(payload_bytes_max=1_000) as client:
        sid = await client.open()
        assert (await client.push(sid, "4" + "x" * 999))[0] == 200
        assert (await client.push(sid, "4" + "x" * 300_000))[0] == 413
        with trio.fail_after(2):
            assert await client.poll(sid) == GONE


async def test_a_client_closes_its_session() -> None:
    """A waiting poll gets a NOOP; so does the next one if none was waiting."""
    async with echoing() as client, trio.open_nursery() as nursery:
        sid = await client.open()
        nursery.start_soon(_expect, client, sid, "6")
        await wait_all_tasks_blocked(0.05)
        assert await client.push(sid, "1") == (200, "ok")
        assert await client.poll(sid) == GONE

        sid = await client.open()
        assert await client.push(sid, "1\x1e4ignored") == (200, "ok")
        assert await client.push(sid, "4late") == BAD
        assert await client.poll(sid) == (200, "6")
        assert await client.poll(sid) == GONE


async def test_heartbeat() -> None:
    """A ping comes by itself, and a pong keeps the session for the next one."""
    async with echoing(ping_interval_ms=30, ping_timeout_ms=5_000) as client:
        sid = await client.open()
        for _ in range(3):
            assert await client.poll(sid) == (200, "2")
            assert await client.push(sid, "3") == (200, "ok")


async def test_many_small_packets() -> None:
    """They are handled without holding up the loop, and NOOPs mean nothing."""
    async with echoing() as client:
        sid = await client.open()
        assert await client.push(sid, "\x1e".join(["6"] * 250 + ["4x"])) == (200, "ok")
        assert await client.poll(sid) == (200, "4x")


async def _expect(client: Client, sid: str, body: str) -> None:
    assert await client.poll(sid) == (200, body)


async def _abandon(http: httpx.AsyncClient, url: str) -> None:
    await http.get(url)
