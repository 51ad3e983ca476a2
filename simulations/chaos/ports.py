"""What chaos needs of the edge, handed in by the composition root: sockets without a network."""

from collections.abc import Callable, Sequence
from typing import Protocol

from attrs import frozen

from actors.model import Principal
from actors.ports.clock import Clock, Ids
from actors.ports.history import History
from actors.ports.publisher import Publisher
from actors.views import FloorViews
from supervisor import ChildSpec

CREDENTIAL = "chaos"
"""What a socket of chaos authenticates with; it stands for `Surroundings.principal`."""


class Wire(Protocol):
    """One connection, as the edge sees it: the transport below a session."""

    async def receive(self) -> str | bytes | None:
        """Return the client's next message, None once it has gone."""
        ...

    async def send(self, frames: bytes) -> None:
        """Take encoded WebSocket frames."""
        ...

    async def close(self, closing: object, timeout_s: float) -> None:
        """Hear why the session ends."""
        ...

    async def abort(self) -> None:
        """Be cut off."""
        ...


@frozen
class Surroundings:
    """What the sockets of one life of the floor work with."""

    views: FloorViews
    history: History
    clock: Clock
    ids: Ids
    principal: Principal


class Sockets(Protocol):
    """The sockets of one life of the floor."""

    @property
    def publisher(self) -> Publisher:
        """Who hears of what was committed."""
        ...

    @property
    def children(self) -> Sequence[ChildSpec]:
        """The actors that tend the sockets."""
        ...

    async def serve(self, wire: Wire) -> None:
        """Serve one connection to its end."""
        ...


OpenSockets = Callable[[Surroundings], Sockets]
