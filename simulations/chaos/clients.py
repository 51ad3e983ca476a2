"""A client of the floor's sockets: listens to every agent, is slow and cut off at times, and resumes where it was."""

import json
from collections.abc import Callable, Mapping
from typing import Any, Final

import trio
from wsproto.connection import Connection, ConnectionType
from wsproto.events import TextMessage

from simulations.chaos.ports import CREDENTIAL

CHANNELS: Final[Mapping[str, frozenset[str]]] = {
    "trades": frozenset({"trade.created", "trade.executed", "trade.failed", "trade.cancelled"}),
    "oversight": frozenset({"oversight.request", "oversight.approved", "oversight.rejected", "oversight.expired"}),
    "portfolio": frozenset({"agent.status"}),
}
"""The events of each channel that a client must see, each once and in order; updates of states may be left out."""

_CHANNEL_OF: Final = {kind: channel for channel, kinds in CHANNELS.items() for kind in kinds}


class ClientWire:
    """One connection: a `Wire` for the edge, whose frames go to `hear`."""

    def __init__(self, hear: Callable[[Any], None]) -> None:
        self._hear = hear
        self._to_edge, self._from_client = trio.open_memory_channel[str | None](100)
        self._reads = trio.Event()
        self._reads.set()
        self._is_cut = False
        self._decoder = Connection(ConnectionType.CLIENT)

    def say(self, **frame: object) -> None:
        """Send a frame."""
        self._to_edge.send_nowait(json.dumps(frame))

    def stall(self) -> None:
        """Read nothing more."""
        if self._reads.is_set():
            self._reads = trio.Event()

    def read_on(self) -> None:
        """Read again."""
        self._reads.set()

    def cut(self) -> None:
        """Hear nothing more, as after a crash of either side."""
        self._is_cut = True
        self._reads.set()

    def hang_up(self) -> None:
        """Go away."""
        self.cut()
        self._to_edge.send_nowait(None)

    async def receive(self) -> str | bytes | None:
        """Return what the client said."""
        return await self._from_client.receive()

    async def send(self, frames: bytes) -> None:
        """Let the client hear frames, once it reads; as on Hypercorn, a write under way cannot be cancelled."""
        with trio.CancelScope(shield=True):
            await self._reads.wait()
        await trio.lowlevel.checkpoint()
        if self._is_cut:
            return
        self._decoder.receive_data(frames)
        for event in self._decoder.events():
            if isinstance(event, TextMessage):
                self._hear(json.loads(event.data))

    async def close(self, closing: object, timeout_s: float) -> None:  # noqa: ARG002 - a client minds neither
        """Hear why the session ends."""
        await trio.lowlevel.checkpoint()
        self.cut()

    async def abort(self) -> None:
        """Be cut off."""
        await trio.lowlevel.checkpoint()
        self.cut()


class SocketClient:
    """What one client has seen over all its connections: by channel, the sequences of its events in their order."""

    def __init__(self) -> None:
        self.seen: dict[str, list[int]] = {channel: [] for channel in CHANNELS}
        self.lagged = 0
        self._wire: ClientWire | None = None

    def connect(self) -> ClientWire:
        """Open a connection that goes on where the ones before ended."""
        self._wire = wire = ClientWire(self._hear)
        wire.say(action="authenticate", token=CREDENTIAL)
        for channel, sequences in self.seen.items():
            wire.say(action="subscribe", channels=[channel], after=sequences[-1] if sequences else 0)
        return wire

    def stall(self) -> None:
        """Read nothing more on the connection of now."""
        if self._wire is not None:
            self._wire.stall()

    def read_on(self) -> None:
        """Read again."""
        if self._wire is not None:
            self._wire.read_on()

    def hang_up(self) -> None:
        """Cut the connection of now."""
        if self._wire is not None:
            self._wire.hang_up()

    def _hear(self, frame: Mapping[str, Any]) -> None:
        kind = frame["type"]
        channel = _CHANNEL_OF.get(kind)
        if channel is not None:
            self.seen[channel].append(frame["seq"])
        elif kind == "lagged":
            assert self._wire is not None
            self.lagged += 1
            for name, after in frame["data"]["resume"].items():
                self._wire.say(action="subscribe", channels=[name], after=after)
