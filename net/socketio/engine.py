"""The Engine.IO 4 server: an ASGI application that leads requests to sessions."""

from collections.abc import Callable

import trio

from net.socketio import asgi, handshake, polling
from net.socketio.asgi import ConnectionInfo, Receive, Scope, Send
from net.socketio.channel import AsgiChannel, ChannelFactory
from net.socketio.engine_packet import encode_open
from net.socketio.handshake import Action, Refusal, classify, parse_query
from net.socketio.lifecycle import Phase
from net.socketio.options import SocketOptions
from net.socketio.origins import Headers, cors_headers, is_allowed, preflight_headers
from net.socketio.session import SHUTTING_DOWN, EngineSession, SessionHandler
from net.socketio.websocket import WebSocketTransport


class EngineServer:
    """Serves ``http`` and ``websocket`` scopes while `run` runs. ``new_id`` returns an unguessable id."""

    def __init__(
        self,
        options: SocketOptions,
        handler: SessionHandler,
        new_id: Callable[[], str],
        channel: ChannelFactory = AsgiChannel,
    ) -> None:
        self._channel = channel
        self._options = options
        self._handler = handler
        self._new_id = new_id
        self._sessions: dict[str, EngineSession] = {}
        self._nursery: trio.Nursery | None = None
        self._shutdown = trio.Event()

    @property
    def session_count(self) -> int:
        """How many sessions there are, closing ones included."""
        return len(self._sessions)

    async def run(self, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        """Keep the sessions until `shutdown` and until all are over. Cancelling it ends them at once."""
        try:
            async with trio.open_nursery() as self._nursery:
                task_status.started()
                await self._shutdown.wait()
        finally:
            self._nursery = None

    def shutdown(self) -> None:
        """Open no new sessions, and end the others in good order."""
        self._shutdown.set()
        for session in tuple(self._sessions.values()):
            session.shut(SHUTTING_DOWN)

    def owns(self, scope: Scope) -> bool:
        """Say whether a scope is for this server, by its path; the trailing slash may be missing."""
        return scope["type"] in {"http", "websocket"} and scope["path"].rstrip("/") == self._options.path.rstrip("/")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, or serve one WebSocket until it closes."""
        if scope["type"] == "websocket":
            await self._websocket(scope, receive, send)
        else:
            await self._http(scope, receive, send)

    async def _http(self, scope: Scope, receive: Receive, send: Send) -> None:
        info = ConnectionInfo.of(scope)
        try:
            answer = await self._answer(scope, info, receive)
        except asgi.BodyTooLarge:
            answer = handshake.TOO_LARGE
        except asgi.BodyTooSlow:
            answer = handshake.TOO_SLOW
        except asgi.ClientLeft:
            return
        headers = self._headers(info)
        if answer is None:
            await asgi.respond(send, 204, b"", asgi.TEXT, [*headers, *preflight_headers(self._options)])
        elif isinstance(answer, Refusal):
            await asgi.respond(send, answer.status, asgi.refusal_body(answer), asgi.JSON, headers)
        else:
            await asgi.respond(send, 200, answer.encode(), asgi.TEXT, headers)

    async def _answer(self, scope: Scope, info: ConnectionInfo, receive: Receive) -> str | Refusal | None:
        """Return the body of the answer, a refusal, or None for a preflight. Raises BodyError.

        The body of the request is read before anything else is done.
        """
        found = self._find(scope, info)
        match found:
            case Action.PUSH, EngineSession() as session:
                return await polling.push(session, receive, info.headers.get("content-type", ""), self._options)
        await asgi.read_body(receive, self._options)
        if scope["method"] == "OPTIONS":
            return None if self._allows(info) else handshake.FORBIDDEN
        match found:
            case Refusal():
                return found
            case _, EngineSession() as session:
                return await polling.poll(session, receive)
            case _:
                opened = self._open(info, Phase.POLLING)
                return opened if isinstance(opened, Refusal) else opened.take_payload()

    async def _websocket(self, scope: Scope, receive: Receive, send: Send) -> None:
        await receive()  # that the client wants to connect
        info = ConnectionInfo.of(scope)
        found = self._find(scope, info)
        if isinstance(found, Refusal):
            await asgi.deny_websocket(scope, send, found, self._headers(info))
            return
        _, joined = found
        session = self._open(info, Phase.WEBSOCKET) if joined is None else joined
        if isinstance(session, Refusal):
            await asgi.deny_websocket(scope, send, session, self._headers(info))
            return
        channel = self._channel(receive, send, self._options.payload_bytes_max)
        await send({"type": "websocket.accept"})
        transport = WebSocketTransport(channel, self._options)
        if joined is None or await transport.upgrade(session):
            await transport.serve(session)

    def _find(self, scope: Scope, info: ConnectionInfo) -> tuple[Action, EngineSession | None] | Refusal:
        """Return what the request wants, of which session; only one that opens a session has none yet."""
        if not self._allows(info):
            return handshake.FORBIDDEN
        is_websocket = scope["type"] == "websocket"
        wish = classify(
            parse_query(scope["query_string"]), method=scope.get("method", "GET"), is_websocket=is_websocket
        )
        if isinstance(wish, Refusal):
            return wish
        if wish.action is Action.OPEN:
            return wish.action, None
        session = self._sessions.get(wish.sid)
        if session is not None:
            session.expire_if_silent()
        if session is None or session.is_in(Phase.CLOSED):
            return handshake.UNKNOWN_SESSION
        return wish.action, session

    def _allows(self, info: ConnectionInfo) -> bool:
        return is_allowed(info.headers.get("origin"), info.headers.get("host"), self._options.origins)

    def _headers(self, info: ConnectionInfo) -> Headers:
        return [*cors_headers(info.headers.get("origin"), self._options), *self._options.response_headers]

    def _open(self, info: ConnectionInfo, phase: Phase) -> EngineSession | Refusal:
        options = self._options
        if self._nursery is None or self._shutdown.is_set() or len(self._sessions) >= options.sessions_max:
            return handshake.UNAVAILABLE
        session = EngineSession(self._new_id(), info, phase, options, self._handler)
        self._sessions[session.sid] = session
        self._nursery.start_soon(self._keep, session)
        opening = encode_open(
            sid=session.sid,
            upgrades=["websocket"] if phase is Phase.POLLING else [],
            ping_interval_ms=options.ping_interval_ms,
            ping_timeout_ms=options.ping_timeout_ms,
            payload_bytes_max=options.payload_bytes_max,
        )
        session.send((opening,))
        self._handler.opened(session)
        return session

    async def _keep(self, session: EngineSession) -> None:
        try:
            await session.run()
        finally:
            del self._sessions[session.sid]
