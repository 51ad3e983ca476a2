"""Socket.IO over real sockets: namespaces, events, acknowledgements, and what costs the connection."""

import pytest
from trio_websocket import WebSocketConnection

from net.socketio.channel import ChannelFactory
from tests.net.socketio.harness import closing_of, echoing


async def _get(socket: WebSocketConnection) -> str:
    return str(await socket.get_message())


@pytest.mark.parametrize(
    ("connect", "prefix", "auth"),
    [
        ("40", "40", '42["auth",{}]'),
        ('40{"token":"123"}', "40", '42["auth",{"token":"123"}]'),
        ("40/custom,", "40/custom,", '42/custom,["auth",{}]'),
        ("40/custom", "40/custom,", '42/custom,["auth",{}]'),
        ('40/custom,{"token":"abc"}', "40/custom,", '42/custom,["auth",{"token":"abc"}]'),
    ],
)
async def test_connecting(channel: ChannelFactory, connect: str, prefix: str, auth: str) -> None:
    """The confirmation names the socket; what the connect handler emits comes after it."""
    async with echoing(channel) as client:
        client.path = "/socket.io/"
        async with client.session() as socket:
            await socket.send_message(connect)
            assert await _get(socket) == prefix + '{"sid":"s2"}'
            assert await _get(socket) == auth


async def test_connecting_by_polling(channel: ChannelFactory) -> None:
    """Confirmation and greeting come in one payload."""
    async with echoing(channel) as client:
        client.path = "/socket.io/"
        sid = await client.open()
        assert await client.push(sid, "40") == (200, "ok")
        assert await client.poll(sid) == (200, '40{"sid":"s2"}\x1e42["auth",{}]')
        assert await client.push(sid, '42["message",1]\x1e451-["message",{"_placeholder":true,"num":0}]\x1ebAQI=') == (
            200,
            "ok",
        )
        assert await client.poll(sid) == (
            200,
            '42["message-back",1]\x1e451-["message-back",{"_placeholder":true,"num":0}]\x1ebAQI=',
        )


async def test_an_unknown_namespace_is_refused(channel: ChannelFactory) -> None:
    """The connection stays, for another try."""
    async with echoing(channel) as client:
        client.path = "/socket.io/"
        async with client.session() as socket:
            await socket.send_message("40/random")
            assert await _get(socket) == '44/random,{"message":"Invalid namespace"}'
            await socket.send_message("40")
            assert (await _get(socket)).startswith("40{")


@pytest.mark.parametrize("first", ["4abc", '42["message"]', "41", '42/custom,["message"]', "43[]", "4", "44{}"])
async def test_who_does_not_connect_first_is_closed(channel: ChannelFactory, first: str) -> None:
    """Whatever else the client sends."""
    async with echoing(channel) as client:
        client.path = "/socket.io/"
        async with client.session() as socket:
            await socket.send_message(first)
            assert await closing_of(socket) == (1002, "parse error")


async def test_who_never_connects_is_closed(channel: ChannelFactory) -> None:
    """After a while."""
    async with echoing(channel, connect_timeout_ms=50) as client:
        client.path = "/socket.io/"
        async with client.session() as socket:
            assert await closing_of(socket) == (1000, "no namespace in time")


async def test_who_leaves_every_namespace_is_closed(channel: ChannelFactory) -> None:
    """The session outlives its last namespace for that while only."""
    async with echoing(channel, connect_timeout_ms=50) as client, client.connected() as socket:
        await socket.send_message("41")
        assert await closing_of(socket) == (1000, "no namespace in time")


@pytest.mark.parametrize(
    ("sent", "expected"),
    [
        (['42["message",1,"2",{"3":[true]}]'], ['42["message-back",1,"2",{"3":[true]}]']),
        (['42456["message-with-ack",1,"2",{"3":[false]}]'], ['43456[1,"2",{"3":[false]}]']),
        (['420["message"]'], ['42["message-back"]', "430[]"]),
        (
            ['452-["message",{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}]', b"\1\2\3", b""],
            ['452-["message-back",{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}]', b"\1\2\3", b""],
        ),
        (
            ['451-789["message-with-ack",{"_placeholder":true,"num":0}]', b"\4"],
            ['461-789[{"_placeholder":true,"num":0}]', b"\4"],
        ),
    ],
)
async def test_events(channel: ChannelFactory, sent: list[str | bytes], expected: list[str | bytes]) -> None:
    """Arguments come back, with attachments, as an event or as an acknowledgement."""
    async with echoing(channel) as client, client.connected() as socket:
        for message in sent:
            await socket.send_message(message)
        assert [await socket.get_message() for _ in expected] == expected


@pytest.mark.parametrize(
    "messages",
    [
        ["4abc"],
        ["42{}"],
        ["42[]"],
        ["42"],
        ['42abc["message-with-ack",1]'],
        ['42/custom,["message"]'],
        ["40"],
        [b"\1"],
        ['451-["message",{"_placeholder":true,"num":0}]', '42["message"]'],
    ],
)
async def test_broken_packets_close_the_connection(channel: ChannelFactory, messages: list[str | bytes]) -> None:
    """Unknown types, wrong payloads and ids, stray attachments, a second CONNECT, namespaces never joined."""
    async with echoing(channel) as client, client.connected() as socket:
        for message in messages:
            await socket.send_message(message)
        assert await closing_of(socket) == (1002, "parse error")


async def test_namespaces_are_left_one_by_one(channel: ChannelFactory) -> None:
    """The others stay; late packets for one that was left are ignored; it can be joined again."""
    async with echoing(channel) as client, client.connected() as socket:
        await socket.send_message("40/custom")
        assert await _get(socket) == '40/custom,{"sid":"s3"}'
        assert await _get(socket) == '42/custom,["auth",{}]'
        await socket.send_message("41/custom")
        await socket.send_message('42/custom,["message","late"]')
        await socket.send_message('42["message","main"]')
        assert await _get(socket) == '42["message-back","main"]'
        await socket.send_message("40/custom")
        assert await _get(socket) == '40/custom,{"sid":"s4"}'
