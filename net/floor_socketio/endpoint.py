"""Putting the floor's Socket.IO together: the layer's options, the namespace, and what both stand on."""

from typing import Final

from attrs import frozen

from net.auth.service import Auth
from net.edge import Edge
from net.floor_socketio.actor import SocketIoActor
from net.floor_socketio.namespace import FloorNamespace
from net.floor_socketio.packets import NAMESPACE
from net.http.headers import SECURITY
from net.socketio import SocketOptions, SocketServer
from net.socketio.hypercorn_channel import HypercornChannel
from net.websocket.hub import Hub
from net.websocket.limits import DEFAULT_LIMITS, Limits
from net.websocket.ports import Services
from net.websocket.trading import TradeDesk

ID_PREFIX: Final = "sio"


@frozen
class FloorSocketIo:
    """The server to mount, and what goes on in its main namespace."""

    server: SocketServer
    namespace: FloorNamespace

    def actor(self) -> SocketIoActor:
        """Return an actor that runs the server."""
        return SocketIoActor(self.server, self.namespace)


def create_socketio(
    edge: Edge, auth: Auth, hub: Hub, ping_interval_ms: int, ping_timeout_ms: int, limits: Limits = DEFAULT_LIMITS
) -> FloorSocketIo:
    """Return the Socket.IO of an edge, which shares authentication with HTTP, and the hub and its limits with `/ws`."""
    options = SocketOptions(
        ping_interval_ms=ping_interval_ms,
        ping_timeout_ms=ping_timeout_ms,
        connect_timeout_ms=round(limits.authenticate_s * 1_000),
        close_linger_ms=round(limits.close_s * 1_000),
        payload_bytes_max=limits.frame_bytes_max,
        outbox_packets_max=limits.outbox_frames_max,
        outbox_size_max=limits.outbox_bytes_max,
        sessions_max=limits.sockets_max,
        origins=frozenset(edge.settings.client_origins),
        response_headers=SECURITY,
    )
    services = Services(auth.recogniser.recognise, TradeDesk(edge).submit, edge.history, edge.clock, edge.ids, limits)
    namespace = FloorNamespace(hub, services)
    server = SocketServer(options, lambda: edge.ids.new(ID_PREFIX), HypercornChannel)
    server.namespace(NAMESPACE, namespace)
    return FloorSocketIo(server, namespace)
