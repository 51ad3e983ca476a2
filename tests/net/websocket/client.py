"""A client in memory that does what a good client does: remembers the last sequence, and resumes from it."""

from typing import Any

import trio

from net.websocket.session import Session
from tests.net.websocket.floor import MiniFloor
from tests.net.websocket.memory import MemoryTransport


class ResumingClient:
    """Reads frames when told to, may drop at any moment, and comes back for what it missed."""

    def __init__(self, floor: MiniFloor, nursery: trio.Nursery, token: str, channels: list[str]) -> None:
        self.transport = MemoryTransport()
        self.events: list[int] = []
        """Sequences of the events that were seen, in order."""
        self.fees: dict[str, float] = {}
        """The last portfolio that was seen of each agent, by its fees."""
        self.last_seq = 0
        self.lags = 0
        self._floor = floor
        self._nursery = nursery
        self._token = token
        self._channels = channels

    def connect(self) -> None:
        """Open a socket and ask for all that was missed."""
        self.transport = MemoryTransport()
        session = Session(self.transport, self._floor.hub, self._floor.services())
        self._nursery.start_soon(session.run)
        self.transport.say("authenticate", token=self._token)
        self._subscribe()

    def drop(self) -> None:
        """Lose the connection, and with it whatever was on its way."""
        self.transport.go()
        self.connect()

    def read(self, count: int | None = None) -> None:
        """Read the next frames, or all that have arrived."""
        heard = self.transport.heard
        for frame in heard[:count]:
            self._see(frame)
        del heard[:count]

    def _subscribe(self) -> None:
        self.transport.say("subscribe", channels=self._channels, after=self.last_seq)

    def _see(self, frame: dict[str, Any]) -> None:
        kind = frame["type"]
        assert kind != "error", frame
        if kind == "lagged":
            self.lags += 1
            self.last_seq = frame["seq"]
            self._subscribe()
        elif frame.get("seq") is not None:
            assert frame["seq"] >= self.last_seq
            self.last_seq = frame["seq"]
            if kind == "portfolio.update":
                self.fees[frame["agentId"]] = frame["data"]["fees"]
            else:
                self.events.append(frame["seq"])
