"""Whatever a client sends, the server goes on serving, and no error is logged."""

import logging
from collections.abc import Awaitable, Callable

import orjson
import trio
from hypothesis import given
from hypothesis import strategies as st
from trio.testing import MockClock

from tests.conformance.socketio_echo import EchoApp
from tests.net.socketio.harness import FakeWebSocket, request

packets = ["40", "40/custom,", "41", "41/custom", '42["message",1]', '421["message-with-ack",2]', "430[]", "42{}"]
attached = ['451-["message",{"_placeholder":true,"num":0}]', '461-1[{"_placeholder":true,"num":0}]']
pieces = st.sampled_from([*packets, *attached, "1", "2", "3", "4", "5", "6", ""])
frames = pieces | st.binary(max_size=4) | st.text(max_size=6)


class Errors(logging.Handler):
    """Collects what is logged as an error."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.records: list[logging.LogRecord] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Keep a record."""
        self.records.append(record)


@given(st.lists(frames, max_size=12), st.sampled_from(["/engine.io/", "/socket.io/"]))
def test_over_a_websocket(sent: list[str | bytes], path: str) -> None:
    """Messages in any order, valid and invalid ones; sessions end, none is left behind."""

    async def main() -> None:
        app = EchoApp()
        async with trio.open_nursery() as nursery:
            await nursery.start(app.run)
            client = FakeWebSocket(app, path=path)
            nursery.start_soon(client.run)
            for frame in sent:
                await client.put(frame)
            await client.leave()
            await trio.sleep(20)
            assert (app.engine.session_count, app.sockets.session_count) == (0, 0)
            nursery.cancel_scope.cancel()

    _without_errors(main)


@given(st.lists(st.lists(frames, min_size=1, max_size=4), max_size=6), st.sampled_from(["/engine.io/", "/socket.io/"]))
def test_over_polling(posts: list[list[str | bytes]], path: str) -> None:
    """Payloads of any packets: each is answered, and so is every poll."""

    async def main() -> None:
        app = EchoApp()
        async with trio.open_nursery() as nursery:
            await nursery.start(app.run)
            opening = await request(app, "EIO=4&transport=polling", path=path)
            query = f"EIO=4&transport=polling&sid={orjson.loads(opening.text[1:])['sid']}"
            for post in posts:
                body = b"\x1e".join(frame.encode() if isinstance(frame, str) else frame for frame in post)
                assert (await request(app, query, body, method="POST", path=path)).status in {200, 400}
                assert (await request(app, query, path=path)).status in {200, 400}
            await trio.sleep(20)
            assert (app.engine.session_count, app.sockets.session_count) == (0, 0)
            nursery.cancel_scope.cancel()

    _without_errors(main)


def _without_errors(main: Callable[[], Awaitable[None]]) -> None:
    errors = Errors()
    logging.getLogger("net.socketio").addHandler(errors)
    try:
        trio.run(main, clock=MockClock(autojump_threshold=0))
    finally:
        logging.getLogger("net.socketio").removeHandler(errors)
    assert errors.records == []
