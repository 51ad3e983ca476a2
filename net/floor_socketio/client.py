"""One client of Socket.IO, as the hub sees it: what it listens to, whether it is still known, how it ends."""

import trio

from actors.model import Principal
from net.auth.identity import Identity
from net.floor_socketio.packets import PacketEncoder
from net.socketio import Socket
from net.websocket.bucket import TokenBucket
from net.websocket.channels import Topic, route, scope_of
from net.websocket.closing import GOING_AWAY, Closing
from net.websocket.hub import Hub
from net.websocket.outbox import Frame
from net.websocket.ports import Services
from net.websocket.standing import Standing
from net.websocket.trading import visible_agent
from net.wire.structure import FieldProblem, InvalidRequest

CLOSING_EVENT = "closing"
"""Sent before the floor ends a connection, with the code and the reason that `/ws` closes with."""


class FloorClient:
    """A client that is known. `leave` it at its end."""

    def __init__(
        self, socket: Socket, hub: Hub, services: Services, encoder: PacketEncoder, standing: Standing
    ) -> None:
        self._socket = socket
        self._hub = hub
        self._services = services
        self._encoder = encoder
        self._standing = standing
        self._routes: dict[str, None] = {}
        self._agents: dict[str, None] = {}
        self._watching = trio.CancelScope()
        limits = services.limits
        self._events = TokenBucket(limits.frames_burst, limits.frames_per_minute, trio.current_time())

    @property
    def identity(self) -> Identity:
        """Who it is."""
        return self._standing.identity

    @property
    def is_ending(self) -> bool:
        """Whether it is to be heard no more."""
        return self._watching.cancel_called

    def offer(self, frame: Frame) -> bool:
        """Queue a frame. The layer itself cuts off a client that reads too slowly, so there always is room here."""
        self._socket.send_frames(self._encoder.encode(frame), frame.key)
        return True

    def lag(self, frame: Frame) -> None:
        """Hear what never happens, as `offer` refuses nothing."""

    def tend(self, now: float) -> None:
        """Do nothing: Engine.IO has a heartbeat of its own."""

    def end(self, closing: Closing) -> None:
        """Say why, and end the connection. A client comes back by itself only where the floor stops."""
        self._watching.cancel()
        self._socket.emit(CLOSING_EVENT, {"code": closing.code, "reason": closing.reason})
        if closing is not GOING_AWAY:
            self._socket.disconnect()
        self._socket.close()

    def take_event(self) -> bool:
        """Count an event of the client, and say whether it may send one now."""
        return self._events.take(trio.current_time())

    def enter(self) -> None:
        """Listen to what everybody gets unasked: the prices, and what of their agents wants attention."""
        for topic in (Topic.MARKET, Topic.OVERSIGHT):
            self._join(route(topic, scope_of(self._principal, topic)))
        self._join(route(Topic.NOTICES, self._principal.agent_id or self._principal.user_id))

    def subscribe(self, agent_id: str) -> None:
        """Listen to everything about an agent. Raises AgentNotFound, InvalidRequest."""
        visible_agent(agent_id, self._principal, self._hub.views)
        if len(self._agents) >= self._services.limits.channels_max and agent_id not in self._agents:
            limit = f"a socket may listen to {self._services.limits.channels_max:,} agents at most"
            raise InvalidRequest([FieldProblem("agentId", limit)])
        self._agents[agent_id] = None
        self._join(route(Topic.AGENT, agent_id))

    def unsubscribe(self, agent_id: str) -> None:
        """Listen to an agent no more; not to have listened is as good."""
        self._agents.pop(agent_id, None)
        self._leave([route(Topic.AGENT, agent_id)])

    def leave(self) -> None:
        """Listen to nothing more, and be forgotten."""
        self._watching.cancel()
        self._leave(list(self._routes))
        self._hub.dismiss(self)

    async def watch(self) -> None:
        """End the connection when the sign-in has ended, the token expired, or the account changed."""
        with self._watching:
            while True:
                await trio.sleep_until(self._standing.good_until)
                closing = await self._standing.look_again()
                if closing is not None:
                    self.end(closing)

    def _join(self, name: str) -> None:
        self._routes[name] = None
        self._hub.join(self, name)

    def _leave(self, names: list[str]) -> None:
        self._hub.leave(self, names)
        for name in names:
            self._routes.pop(name, None)

    @property
    def _principal(self) -> Principal:
        return self._standing.identity.principal
