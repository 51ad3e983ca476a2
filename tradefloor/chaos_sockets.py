"""The edge's sockets for chaos: real sessions and a real hub, over connections in memory."""

from collections.abc import Sequence
from typing import Final

from attrs import evolve

from actors.model import OrderRequest, Trade
from actors.ports.publisher import Publisher
from net.auth.errors import Forbidden
from net.auth.identity import Identity
from net.websocket.actor import HubActor
from net.websocket.hub import Hub
from net.websocket.limits import DEFAULT_LIMITS
from net.websocket.ports import Services
from net.websocket.session import Session
from simulations.chaos.ports import Sockets, Surroundings, Wire
from supervisor import ChildSpec

LIMITS: Final = evolve(DEFAULT_LIMITS, outbox_frames_max=6, replay_page_events=5)
"""So little room, that a client that stalls for seconds lags."""

FOREVER_US: Final = 2**62


class HubSockets:
    """Satisfies `simulations.chaos.ports.Sockets`."""

    def __init__(self, around: Surroundings) -> None:
        self._hub = Hub(around.views, LIMITS)
        self._identity = Identity(around.principal, "watcher@example.com", None, FOREVER_US, None)
        self._services = Services(self._recognise, self._submit, around.history, around.clock, around.ids, LIMITS)

    @property
    def publisher(self) -> Publisher:
        """The hub."""
        return self._hub

    @property
    def children(self) -> Sequence[ChildSpec]:
        """The actor that tends the hub."""
        return (ChildSpec("sockets", lambda: HubActor(self._hub)),)

    async def serve(self, wire: Wire) -> None:
        """Run a session."""
        session = Session(wire, self._hub, self._services)
        if not self._hub.admit(session):
            return
        try:
            await session.run()
        finally:
            self._hub.dismiss(session)

    async def _recognise(self, _credential: str) -> Identity:
        return self._identity

    async def _submit(self, agent_id: str, _order: OrderRequest, _identity: Identity) -> Trade:
        raise Forbidden(f"nobody trades for {agent_id} over these sockets")


def open_sockets(around: Surroundings) -> Sockets:
    """Return the sockets of one life of the floor."""
    return HubSockets(around)
