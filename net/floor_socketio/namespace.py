"""The namespace `/`: admits clients by their token, and serves their events."""

import logging
from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Any, Final

import trio

from actors.errors import FloorBusy
from net.auth.errors import CredentialsMissing
from net.floor_socketio.client import FloorClient
from net.floor_socketio.packets import PacketEncoder
from net.http import problems
from net.http.problems import problem_of
from net.socketio import ConnectionRefused, Event, Socket
from net.websocket.closing import TOO_MANY_FRAMES
from net.websocket.hub import Hub
from net.websocket.ports import Services
from net.websocket.protocol import TOKEN_LENGTH_MAX
from net.websocket.standing import Standing
from net.wire.scalars import format_timestamp
from net.wire.structure import FieldProblem, InvalidRequest

INSTANCE: Final = "/socket.io/"
PONG: Final = "pong"
ERROR: Final = "error"
"""Sent with a problem detail where a client did not ask for an acknowledgement."""

AGENT_ID_LENGTH_MAX: Final = 64

_log = logging.getLogger(__name__)


class ClientEvent(StrEnum):
    """What a client may ask for."""

    SUBSCRIBE = "subscribe:agent"
    UNSUBSCRIBE = "unsubscribe:agent"
    PING = "ping"


class FloorNamespace:
    """Satisfies `NamespaceHandlers`. Clients are admitted while `run` runs."""

    def __init__(self, hub: Hub, services: Services) -> None:
        self._hub = hub
        self._services = services
        self._encoder = PacketEncoder()
        self._clients: dict[Socket, FloorClient] = {}
        self._nursery: trio.Nursery | None = None

    def __len__(self) -> int:
        return len(self._clients)

    async def run(self) -> None:
        """Watch over the clients until cancelled; then those that are left are forgotten."""
        try:
            async with trio.open_nursery() as self._nursery:
                await trio.sleep_forever()
        finally:
            self._nursery = None
            for client in list(self._clients.values()):
                client.leave()
            self._clients.clear()

    async def connect(self, socket: Socket, auth: dict[str, Any]) -> None:
        """Admit a client that shows a valid token or key. Raises ConnectionRefused."""
        try:
            credential = _credential(auth)
            identity = await self._services.recognise(credential)
            self._admit(socket, Standing(self._services, credential, identity))
        except Exception as error:
            document = self._problem(error)
            raise ConnectionRefused(document["detail"], document) from error

    async def event(self, socket: Socket, event: Event) -> Sequence[Any] | None:
        """Serve an event, and return what acknowledges it: one object, whose `ok` says whether it was done."""
        await trio.lowlevel.checkpoint()
        client = self._clients.get(socket)
        if client is None or client.is_ending:
            return None
        if not client.take_event():
            client.end(TOO_MANY_FRAMES)
            return None
        try:
            return [{"ok": True, **self._serve(socket, client, event)}]
        except Exception as error:  # noqa: BLE001 - the table of problems knows what to say of any
            problem = {"ok": False, **self._problem(error)}
            if event.ack_id is None:
                socket.emit(ERROR, problem)
            return [problem]

    async def disconnect(self, socket: Socket, _reason: str) -> None:
        """Forget a client."""
        await trio.lowlevel.checkpoint()
        client = self._clients.pop(socket, None)
        if client is not None:
            client.leave()

    def _admit(self, socket: Socket, standing: Standing) -> None:
        client = FloorClient(socket, self._hub, self._services, self._encoder, standing)
        if self._nursery is None or not self._hub.admit(client):
            raise FloorBusy("no further socket is taken now; connect again in a while")
        if not self._hub.enlist(client, standing.identity.principal.user_id):
            self._hub.dismiss(client)
            raise FloorBusy("too many sockets of this user are open; close some, and connect again")
        self._clients[socket] = client
        client.enter()
        self._nursery.start_soon(client.watch)

    def _serve(self, socket: Socket, client: FloorClient, event: Event) -> Mapping[str, Any]:
        match event.name:
            case ClientEvent.SUBSCRIBE:
                agent_id = _agent_id(event)
                client.subscribe(agent_id)
                return {"agentId": agent_id, "seq": self._hub.head}
            case ClientEvent.UNSUBSCRIBE:
                agent_id = _agent_id(event)
                client.unsubscribe(agent_id)
                return {"agentId": agent_id}
            case ClientEvent.PING:
                pong = {"timestamp": format_timestamp(self._services.clock.now_us())}
                socket.emit(PONG, pong)
                return pong
            case _:
                raise InvalidRequest([FieldProblem("event", f"must be one of {', '.join(ClientEvent)}")])

    def _problem(self, error: Exception) -> dict[str, Any]:
        problem = problem_of(error, self._services.clock.now_us())
        if problem.cause is problems.INTERNAL:
            _log.error("an event failed", exc_info=error)
        return problem.document(INSTANCE, self._services.ids.new("cor"))


def _credential(auth: Mapping[str, Any]) -> str:
    """Return what a client authenticates with. Raises CredentialsMissing."""
    token = auth.get("token")
    if not isinstance(token, str) or not token or len(token) > TOKEN_LENGTH_MAX or not token.isascii():
        raise CredentialsMissing("sign in, and connect with the access token or an agent's key: auth: { token }")
    return token


def _agent_id(event: Event) -> str:
    """Return the agent that an event names. Raises InvalidRequest."""
    agent_id = event.args[0] if event.args else None
    if not isinstance(agent_id, str) or not 0 < len(agent_id) <= AGENT_ID_LENGTH_MAX:
        raise InvalidRequest([FieldProblem("agentId", "must be the id of an agent, as text")])
    return agent_id
