"""The ASGI application behind every upgrade: checks the request, then runs a session at `/ws`."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any
from urllib.parse import urlsplit

from werkzeug.exceptions import NotFound

from actors.errors import FloorBusy, JournalUnavailable
from net.auth.errors import AuthError, Forbidden
from net.auth.identity import Identity, bearer
from net.auth.service import Auth
from net.edge import Edge
from net.http.problems import MEDIA_TYPE, problem_of
from net.websocket.hub import Hub
from net.websocket.hypercorn_frames import HypercornTransport, PeerGone, Receive, Send
from net.websocket.limits import DEFAULT_LIMITS, Limits
from net.websocket.ports import Services, SubmitOrder
from net.websocket.session import INSTANCE, Session
from net.websocket.trading import TradeDesk


class WebSocketEndpoint:
    """Takes WebSocket upgrades. `origins` are those of the browsers that may connect, besides the own one."""

    def __init__(self, hub: Hub, services: Services, origins: Iterable[str]) -> None:
        self._hub = hub
        self._services = services
        self._origins = frozenset(origin.rstrip("/").lower() for origin in origins)

    async def __call__(self, scope: Mapping[str, Any], receive: Receive, send: Send) -> None:
        """Serve one connection, as ASGI asks for it; the scope's type is `websocket`."""
        transport = HypercornTransport(receive, send, self._services.limits.frame_bytes_max)
        session = Session(transport, self._hub, self._services)
        try:
            known = await self._admit(session, scope["path"], _headers(scope))
        except (NotFound, AuthError, FloorBusy, JournalUnavailable) as refusal:
            await self._reject(transport, scope["path"], refusal)
            return
        try:
            transport.on_too_large = session.too_large
            await transport.accept()
            await session.run(known)
        except PeerGone:
            pass
        finally:
            self._hub.dismiss(session)

    async def _admit(self, session: Session, path: str, headers: Mapping[str, str]) -> tuple[str, Identity] | None:
        """Let a session in, and return who the upgrade shows it to be, if it does.

        Raises NotFound at another address, Forbidden for a foreign origin, Unauthorized for a header that is no good,
        FloorBusy without room, and JournalUnavailable.
        """
        if path != INSTANCE:
            raise NotFound(f"no socket opens at this address; {INSTANCE} is where they do")
        if not is_allowed_origin(headers.get("origin"), headers.get("host"), self._origins):
            raise Forbidden("pages of this origin may not open a socket; CLIENT_URL names those that may")
        authorization = headers.get("authorization")
        known = None
        if authorization is not None:
            credential = bearer(authorization)
            known = credential, await self._services.recognise(credential)
        if not self._hub.admit(session):
            raise FloorBusy("no further socket is taken now")
        return known

    async def _reject(self, transport: HypercornTransport, path: str, refusal: Exception) -> None:
        problem = problem_of(refusal, self._services.clock.now_us())
        headers = {"Content-Type": MEDIA_TYPE, **problem.headers}
        await transport.reject(problem.status, headers, problem.body(path, self._services.ids.new("cor")))


def is_allowed_origin(origin: str | None, host: str | None, allowed: frozenset[str]) -> bool:
    """Say whether a page of `origin` may connect to the server called `host`; programs send no origin."""
    if origin is None or origin.lower() in allowed:
        return True
    try:
        return host is not None and urlsplit(origin).netloc.lower() == host.lower()
    except ValueError:
        return False


def _headers(scope: Mapping[str, Any]) -> dict[str, str]:
    return {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}


def create_endpoint(
    edge: Edge,
    auth: Auth,
    hub: Hub,
    limits: Limits = DEFAULT_LIMITS,
    around: Callable[[SubmitOrder], SubmitOrder] | None = None,
) -> WebSocketEndpoint:
    """Return the endpoint of an edge, which shares its authentication with HTTP; `around` wraps how it trades."""
    submit = TradeDesk(edge, limits).submit if around is None else around(TradeDesk(edge, limits).submit)
    services = Services(auth.recogniser.recognise, submit, edge.history, edge.clock, edge.ids, limits)
    return WebSocketEndpoint(hub, services, edge.settings.client_origins)
