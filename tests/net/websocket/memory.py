"""A connection in memory: the transport that a session sees, and the client at its other end."""

import json
from typing import Any

import trio
from wsproto.connection import Connection, ConnectionType
from wsproto.events import Ping, TextMessage

from net.websocket.closing import Closing


class MemoryTransport:
    """Keeps what the session sends as JSON objects in `heard`; `stop_reading` makes it wait, as a full socket does."""

    def __init__(self) -> None:
        self.heard: list[Any] = []
        self.writes = 0
        self.pings = 0
        self.closing: Closing | None = None
        self.aborts = 0
        self._decoder = Connection(ConnectionType.CLIENT)
        self._to_session, self._from_client = trio.open_memory_channel[str | bytes | None](10_000)
        self._may_send = trio.Event()
        self._may_send.set()

    def say(self, action: str, **fields: Any) -> None:
        """Send an action."""
        self.say_raw(json.dumps({"action": action, **fields}))

    def say_raw(self, message: str | bytes) -> None:
        """Send a message."""
        self._to_session.send_nowait(message)

    def go(self) -> None:
        """Go away."""
        self._to_session.send_nowait(None)

    def stop_reading(self) -> None:
        """Take nothing more."""
        if self._may_send.is_set():
            self._may_send = trio.Event()

    def read_on(self) -> None:
        """Take what waits, and all that follows."""
        self._may_send.set()

    async def receive(self) -> str | bytes | None:
        """Return what the client said."""
        return await self._from_client.receive()

    async def send(self, frames: bytes) -> None:
        """Take frames; like Hypercorn's, a write under way cannot be cancelled."""
        with trio.CancelScope(shield=True):
            await self._may_send.wait()
        await trio.lowlevel.checkpoint_if_cancelled()
        self.writes += 1
        self._decoder.receive_data(frames)
        for event in self._decoder.events():
            if isinstance(event, Ping):
                self.pings += 1
            else:
                assert isinstance(event, TextMessage)
                self.heard.append(json.loads(event.data))

    async def close(self, closing: Closing, timeout_s: float) -> None:
        """Hear why the session ends."""
        assert timeout_s > 0
        self.closing = closing

    async def abort(self) -> None:
        """Be cut off."""
        self.aborts += 1
        self.read_on()

    def types(self) -> list[str]:
        """Return the types of the frames that were heard, and forget the frames."""
        types = [frame["type"] for frame in self.heard]
        self.heard.clear()
        return types
