"""The floor's namespace in memory: the real layer, a floor in miniature, and clients without a network."""

import itertools
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import orjson
import trio
from attrs import define, field
from trio.testing import wait_all_tasks_blocked

from actors.model import Role
from net.floor_socketio.namespace import FloorNamespace
from net.socketio import SocketOptions, SocketServer
from net.websocket.limits import Limits
from tests.net.socketio.harness import FakeWebSocket
from tests.net.websocket.floor import MiniFloor

EVENT, ACK, CONNECTED, REFUSED, DISCONNECTED = "42", "43", "40", "44", "41"
LIMITS = Limits(close_s=0.2)


@define(eq=False)
class Peer:
    """A client. What it is sent is kept in `packets`, as text; `closed` has the close message once there is one."""

    socket: FakeWebSocket
    packets: list[str] = field(factory=list)
    closed: Any = None
    _next_ack: Any = field(factory=itertools.count)

    async def listen(self) -> None:
        """Keep what comes, until the server closes."""
        while True:
            message = await self.socket.get()
            if isinstance(message, str):
                self.packets.append(message)
            elif message["type"] == "websocket.close":
                self.closed = message
                await self.socket.leave()
                return

    async def connect(self, auth: object = None) -> Any:
        """Ask for the namespace, and return what the answer carries; `is_refused` tells which answer it was."""
        await self.socket.put(CONNECTED + ("" if auth is None else orjson.dumps(auth).decode()))
        await wait_all_tasks_blocked()
        answer = next(packet for packet in reversed(self.packets) if packet[:2] in {CONNECTED, REFUSED})
        return orjson.loads(answer[2:])

    async def say(self, name: str, *args: object) -> None:
        """Send an event that is not acknowledged."""
        await self.socket.put(EVENT + orjson.dumps([name, *args]).decode())
        await wait_all_tasks_blocked()

    async def ask(self, name: str, *args: object) -> Any:
        """Send an event, and return what acknowledges it."""
        ack = f"{next(self._next_ack)}"
        await self.socket.put(EVENT + ack + orjson.dumps([name, *args]).decode())
        await wait_all_tasks_blocked()
        (answer,) = [packet for packet in self.packets if packet.startswith(f"{ACK}{ack}[")]
        (document,) = orjson.loads(answer[2 + len(ack) :])
        return document

    def heard(self) -> list[tuple[str, Any]]:
        """Return the events that came, by name and argument, and forget all packets."""
        events = [orjson.loads(packet[2:]) for packet in self.packets if packet.startswith(EVENT)]
        self.packets.clear()
        return [(name, args[0] if args else None) for name, *args in events]

    def names(self) -> list[str]:
        """Return the names of the events that came, and forget all packets."""
        return [name for name, _ in self.heard()]


class Table:
    """A floor with two users' agents, `agt_1` and `agt_2`, and the server before it."""

    def __init__(self, nursery: trio.Nursery, limits: Limits) -> None:
        numbers = itertools.count(1)
        self.nursery = nursery
        self.serving = trio.CancelScope()
        self.floor = MiniFloor(limits)
        for number in "12":
            self.floor.add_agent(f"agt_{number}", f"usr_{number}")
        self.namespace = FloorNamespace(self.floor.hub, self.floor.services())
        options = SocketOptions(close_linger_ms=round(limits.close_s * 1_000))
        self.server = SocketServer(options, lambda: f"s{next(numbers)}")
        self.server.namespace("/", self.namespace)

    async def serve(self) -> None:
        """Run the namespace until `serving` is cancelled."""
        with self.serving:
            await self.namespace.run()

    async def peer(self) -> Peer:
        """Return a client with a session, in no namespace yet."""
        socket = FakeWebSocket(self.server, path="/socket.io/")
        self.nursery.start_soon(socket.run)
        peer = Peer(socket)
        self.nursery.start_soon(peer.listen)
        await wait_all_tasks_blocked()
        return peer

    async def user(self, user_id: str, role: Role = Role.TRADER, agent_id: str | None = None, **more: Any) -> Peer:
        """Return a client that was let in."""
        peer = await self.peer()
        await peer.connect({"token": self.floor.let_in(user_id, role, agent_id, **more)})
        peer.packets.clear()
        return peer


@asynccontextmanager
async def table(limits: Limits = LIMITS) -> AsyncIterator[Table]:
    """Run the namespace and its server around a block of code."""
    async with trio.open_nursery() as nursery:
        here = Table(nursery, limits)
        await nursery.start(here.server.run)
        nursery.start_soon(here.serve)
        await wait_all_tasks_blocked()
        yield here
        nursery.cancel_scope.cancel()
