"""The Socket.IO 5 server: namespaces over Engine.IO sessions, as an ASGI application."""

from collections.abc import Callable
from typing import Any

import trio
from attrs import define, field

from net.socketio import socket_packet
from net.socketio.asgi import App, Receive, Scope, Send
from net.socketio.channel import AsgiChannel, ChannelFactory
from net.socketio.client_socket import CLIENT_DISCONNECT, Event, Socket
from net.socketio.engine import EngineServer
from net.socketio.errors import InvalidPacket
from net.socketio.namespace import Namespace, NamespaceHandlers
from net.socketio.options import SocketOptions
from net.socketio.outbox import Frame
from net.socketio.packet_decoder import PacketDecoder
from net.socketio.session import EngineSession
from net.socketio.socket_packet import SocketPacket, SocketPacketType

INVALID_NAMESPACE = "Invalid namespace"
CONNECT_TIMEOUT = "no namespace in time"
REFUSED_TOO_OFTEN = "refused too often"


@define(eq=False)
class _Client:
    """One session and its sockets, by namespace. Sockets that are gone stay until their namespace is joined again."""

    session: EngineSession
    decoder: PacketDecoder
    sockets: dict[str, Socket] = field(factory=dict)
    refusals: int = 0

    @property
    def is_alone(self) -> bool:
        """Whether it is in no namespace."""
        return not any(socket.is_connected for socket in self.sockets.values())


class SocketServer:
    """Serves clients of Socket.IO while `run` runs. ``new_id`` returns an unguessable id.

    Register the namespaces first, start `run` in a nursery, and let `in_front_of` or your own code hand it the scopes
    that it `owns`. ``channel`` is how WebSockets are carried: by plain ASGI, unless you know your server better.
    """

    def __init__(
        self, options: SocketOptions, new_id: Callable[[], str], channel: ChannelFactory = AsgiChannel
    ) -> None:
        self._options = options
        self._new_id = new_id
        self._engine = EngineServer(options, self, new_id, channel)
        self._namespaces: dict[str, Namespace] = {}
        self._clients: dict[EngineSession, _Client] = {}
        self._nursery: trio.Nursery | None = None

    @property
    def session_count(self) -> int:
        """How many sessions there are, closing ones included."""
        return self._engine.session_count

    def namespace(self, name: str, handlers: NamespaceHandlers) -> Namespace:
        """Register a namespace and return it; the main one is called ``/``."""
        namespace = self._namespaces[name] = Namespace(name, handlers, self._options)
        return namespace

    async def run(self, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        """Serve until `shutdown` and until all sessions are over and all handlers have returned.

        Cancelling it ends the sessions at once, and the handlers with them.
        """
        async with trio.open_nursery() as self._nursery:
            await self._nursery.start(self._engine.run)
            task_status.started()

    def shutdown(self) -> None:
        """Refuse new sessions, end the others in good order; `run` returns when this is done.

        Clients are not told to stay away: they reconnect as soon as a server is there again.
        """
        self._engine.shutdown()

    def owns(self, scope: Scope) -> bool:
        """Say whether a scope is for this server, by its path."""
        return self._engine.owns(scope)

    def in_front_of(self, app: App) -> App:
        """Return an application that serves what this server owns, and leaves everything else to ``app``."""

        async def serve(scope: Scope, receive: Receive, send: Send) -> None:
            await (self if self.owns(scope) else app)(scope, receive, send)

        return serve

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, or serve one WebSocket until it closes."""
        await self._engine(scope, receive, send)

    def opened(self, session: EngineSession) -> None:
        """Expect the new session to enter a namespace."""
        client = self._clients[session] = _Client(session, PacketDecoder(self._options))
        self._start(self._expect_namespace, client)

    async def message(self, session: EngineSession, data: Frame) -> None:
        """Handle a message of a session. Raises InvalidPacket."""
        client = self._clients[session]
        packet = client.decoder.feed(data)
        if packet is None:
            return
        socket = client.sockets.get(packet.namespace)
        if packet.type is SocketPacketType.CONNECT:
            self._connect(client, socket, packet)
        elif socket is None:
            raise InvalidPacket("a packet for a namespace that is not connected")
        else:
            await _dispatch(socket, packet)

    def closed(self, session: EngineSession, reason: str) -> None:
        """End the sockets of a session that is over."""
        for socket in self._clients.pop(session).sockets.values():
            socket.end(reason)

    def _connect(self, client: _Client, socket: Socket | None, packet: SocketPacket) -> None:
        if socket is not None and not socket.is_gone:
            raise InvalidPacket("a second connection to a namespace")
        namespace = self._namespaces.get(packet.namespace)
        if namespace is None:
            client.session.send(socket_packet.encode_connect_error(packet.namespace, INVALID_NAMESPACE))
            self._count_refusal(client)
            return
        socket = client.sockets[namespace.name] = Socket(self._new_id(), namespace, client.session, self._options)
        self._start(self._serve, client, socket, packet.data or {})

    async def _serve(self, client: _Client, socket: Socket, auth: dict[str, Any]) -> None:
        await socket.run(auth)
        if socket.was_refused:
            self._count_refusal(client)
        await self._expect_namespace(client)

    def _count_refusal(self, client: _Client) -> None:
        client.refusals += 1
        if client.refusals >= self._options.refusals_max:
            client.session.shut(REFUSED_TOO_OFTEN)

    async def _expect_namespace(self, client: _Client) -> None:
        """End a session that stays without a namespace for too long."""
        if not client.is_alone:
            return
        with trio.move_on_after(self._options.connect_timeout_ms / 1_000):
            await client.session.wait_ended()
        if client.is_alone:
            client.session.shut(CONNECT_TIMEOUT)

    def _start(self, function: Callable[..., Any], *args: object) -> None:
        assert self._nursery is not None, "sessions are opened while the server runs"
        self._nursery.start_soon(function, *args)


async def _dispatch(socket: Socket, packet: SocketPacket) -> None:
    # What a client sends before it learns that its socket is gone is no mistake of its own.
    if socket.is_gone:
        return
    match packet.type:
        case SocketPacketType.DISCONNECT:
            socket.end(CLIENT_DISCONNECT)
        case SocketPacketType.EVENT | SocketPacketType.BINARY_EVENT:
            name, *args = packet.data
            await socket.take_event(Event(str(name), tuple(args), packet.ack_id))
        case SocketPacketType.ACK | SocketPacketType.BINARY_ACK if packet.ack_id is not None:
            socket.take_ack(packet.ack_id, packet.data)
