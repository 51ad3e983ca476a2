"""WebSockets over real sockets: sessions of their own, and upgrades of polling ones."""

import pytest
import trio
from trio.testing import wait_all_tasks_blocked

from net.socketio.channel import ChannelFactory
from tests.net.socketio.harness import Client, closing_of, echoing


@pytest.mark.parametrize("message", ["4hello", "4", "4grüße", b"\1\2\3\4", b""])
async def test_messages_come_back(channel: ChannelFactory, message: str | bytes) -> None:
    """Text and bytes, empty ones too."""
    async with echoing(channel) as client, client.session() as socket:
        await socket.send_message(message)
        assert await socket.get_message() == message


@pytest.mark.parametrize("message", ["abc", "", "2", "0", "5"])
async def test_an_invalid_packet_closes(channel: ChannelFactory, message: str) -> None:
    """The code says that the protocol was broken."""
    async with echoing(channel) as client, client.session() as socket:
        await socket.send_message(message)
        assert await closing_of(socket) == (1002, "parse error")


@pytest.mark.parametrize("message", ["4" + "x" * 1_000, "4" + "é" * 600, b"x" * 1_001])
async def test_an_oversized_message_closes(channel: ChannelFactory, message: str | bytes) -> None:
    """The limit counts bytes."""
    async with echoing(channel, payload_bytes_max=1_000) as client, client.session() as socket:
        await socket.send_message("4" + "é" * 499)
        assert await socket.get_message() == "4" + "é" * 499
        await socket.send_message(message)
        assert await closing_of(socket) == (1009, "payload too large")


async def test_a_client_closes_its_session(channel: ChannelFactory) -> None:
    """By a packet; the server closes the WebSocket in good order."""
    async with echoing(channel) as client, client.session() as socket:
        await socket.send_message("1")
        assert await closing_of(socket) == (1000, "transport close")


async def test_heartbeat(channel: ChannelFactory) -> None:
    """Pings are answered; then they are not, and the server closes."""
    async with echoing(channel, ping_interval_ms=30, ping_timeout_ms=300) as client, client.session() as socket:
        for _ in range(3):
            assert await socket.get_message() == "2"
            await socket.send_message("3")
        assert await closing_of(socket) == (1008, "ping timeout")


async def test_a_lost_connection_ends_the_session(channel: ChannelFactory) -> None:
    """Nothing of it remains."""
    async with echoing(channel) as client:
        async with client.session():
            assert client.app.engine.session_count == 1
        with trio.fail_after(5):
            while client.app.engine.session_count:
                await trio.lowlevel.checkpoint()


@pytest.mark.parametrize(("change", "code"), [({"EIO": "abc"}, 5), ({"transport": "abc"}, 0), ({"sid": "unknown"}, 1)])
async def test_a_bad_handshake_is_refused_before_it_opens(
    channel: ChannelFactory, change: dict[str, str], code: int
) -> None:
    """With the reason in the answer."""
    async with echoing(channel) as client:
        assert await client.refusal(**change) == (400, code)


async def test_upgrade(channel: ChannelFactory) -> None:
    """The waiting poll is released, polls in between get NOOPs, and then packets go over the WebSocket only."""
    async with echoing(channel) as client, trio.open_nursery() as nursery:
        sid = await client.open()
        nursery.start_soon(_expect, client, sid, "6")
        await wait_all_tasks_blocked(0.05)
        async with client.websocket(sid) as socket:
            await socket.send_message("2probe")
            assert await socket.get_message() == "3probe"
            assert await client.poll(sid) == (200, "6")
            await client.push(sid, "4in between")
            await socket.send_message("5")
            assert await socket.get_message() == "4in between"
            await socket.send_message("4hello")
            assert await socket.get_message() == "4hello"
            for status, _ in (await client.poll(sid), await client.push(sid, "4hello")):
                assert status == 400
            async with client.websocket(sid) as second:
                assert await closing_of(second) == (1002, "the session has another transport")
            await socket.send_message("4still there")
            assert await socket.get_message() == "4still there"


@pytest.mark.parametrize(
    "messages", [["2"], ["4hello"], ["abc"], [b""], ["2probe", "4hello"], ["2probe", "abc"], ["x" * 1_000_001]]
)
async def test_a_wrong_upgrade_leaves_the_session_polling(channel: ChannelFactory, messages: list[str | bytes]) -> None:
    """The WebSocket is closed; nothing is lost."""
    async with echoing(channel) as client:
        sid = await client.open()
        async with client.websocket(sid) as socket:
            for message in messages:
                await socket.send_message(message)
            assert await closing_of(socket) == (1002, "the upgrade failed")
        assert await client.push(sid, "4hello") == (200, "ok")
        assert await client.poll(sid) == (200, "4hello")


@pytest.mark.parametrize("messages", [[], ["2probe"]])
async def test_a_late_upgrade_leaves_the_session_polling(channel: ChannelFactory, messages: list[str]) -> None:
    """Whether the probe or its confirmation is missing."""
    async with echoing(channel, upgrade_timeout_ms=100) as client:
        sid = await client.open()
        async with client.websocket(sid) as socket:
            for message in messages:
                await socket.send_message(message)
            assert (await closing_of(socket))[0] == 1002
        await client.push(sid, "4hello")
        assert await client.poll(sid) == (200, "4hello")


async def test_a_lost_upgrade_leaves_the_session_polling(channel: ChannelFactory) -> None:
    """The WebSocket went away between probe and confirmation."""
    async with echoing(channel) as client:
        sid = await client.open()
        async with client.websocket(sid) as socket:
            await socket.send_message("2probe")
            await socket.get_message()
        await client.push(sid, "4hello")
        with trio.fail_after(5):
            while (answer := await client.poll(sid)) == (200, "6"):
                pass
        assert answer == (200, "4hello")


async def test_two_upgrades_at_a_time(channel: ChannelFactory) -> None:
    """The first to probe wins."""
    async with echoing(channel) as client:
        sid = await client.open()
        async with client.websocket(sid) as first, client.websocket(sid) as second:
            await first.send_message("2probe")
            assert await first.get_message() == "3probe"
            await second.send_message("2probe")
            assert (await closing_of(second))[0] == 1002
            await first.send_message("5")
            await first.send_message("4hello")
            assert await first.get_message() == "4hello"


async def test_a_session_that_ends_takes_its_upgrade_along(channel: ChannelFactory) -> None:
    """The probing WebSocket is closed; polling gets the farewell."""
    async with echoing(channel) as client:
        sid = await client.open()
        async with client.websocket(sid) as socket:
            await socket.send_message("2probe")
            await socket.get_message()
            await client.push(sid, "1")
            assert (await closing_of(socket))[0] == 1002
        assert await client.poll(sid) == (200, "6")


async def _expect(client: Client, sid: str, body: str) -> None:
    assert await client.poll(sid) == (200, body)
