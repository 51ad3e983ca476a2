"""Opening the edge of a floor: HTTP, WebSocket and Socket.IO on one server, supervised below `/edge`."""

import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import ExitStack, asynccontextmanager, contextmanager
from typing import TYPE_CHECKING, Any, Final

import trio
from attrs import frozen

from actors.ports.people import People
from actors.simulating.board import Board
from actors.simulating.desk import Simulations, simulations_tree
from actors.simulating.room import MB, Limits
from actors.views import FloorViews
from net.auth.passwords import Passwords
from net.auth.service import Auth
from net.edge import AuthSettings, Edge, EdgeSettings
from net.floor_socketio.endpoint import create_socketio
from net.grpc.metering_client import MeteringClient
from net.grpc.oversight_client import OversightClient
from net.http.app import create_app
from net.local_control import AsLocalOperator, listen_locally, local_operator
from net.loop_watch import LoopWatchActor
from net.metrics.requests import Histogram
from net.metrics.trades import TradeMeter
from net.server import Doors, HttpServerActor, listen, url_of
from net.slack.actions import SlackActionsActor
from net.slack.signatures import SlackSignatures
from net.websocket.actor import HubActor
from net.websocket.endpoint import create_endpoint
from net.websocket.hub import Hub
from persistence.people import SqlitePeople
from persistence.simulation_jobs import FolderJobStore
from supervisor import ChildSpec, SupervisorSpec
from tradefloor import version
from tradefloor.floor import Floor, open_floor, signing_secret
from tradefloor.observing import observed
from tradefloor.places import SOCKET_NAME
from tradefloor.settings import Settings
from tradefloor.simulator import ProcessSimulator
from tradefloor.surroundings import entropy

if TYPE_CHECKING:
    from tradefloor.tracing import Tracing

GRACE_S: Final = 5.0
"""How long requests in progress may take at a stop."""

STALE_TICKS: Final = 10
"""So many ticks without a price, the market counts as stopped."""

SERVICE_ANSWER_S_MAX: Final = 1.5
"""How long a probe waits for the services, so that it can still say which of them does not answer."""

SIMULATIONS_FOLDER: Final = "simulations"
EDGE: Final = "/edge"

_log = logging.getLogger(__name__)

AsgiApp = Callable[[Any, Any, Any], Awaitable[None]]
Preparation = Callable[[Floor, People, Passwords], Awaitable[None]]


@frozen
class OpenEdge:
    """A floor with its edge open."""

    floor: Floor
    people: People
    auth: Auth
    hub: Hub
    url: str
    doors: tuple[Doors, ...]
    closing: trio.Event

    async def close(self) -> None:
        """Take no new connection, tell the sockets and close them, and let the requests in progress finish."""
        for doors in self.doors:
            doors.close()
        self.closing.set()
        if self.floor.system.exists(EDGE):
            with trio.CancelScope(shield=True):
                await self.floor.system.stop(EDGE)


async def nothing_first(_floor: Floor, _people: People, _passwords: Passwords) -> None:
    """Open as it is."""


@asynccontextmanager
async def open_edge(
    settings: Settings, first: Preparation = nothing_first, tracing: "Tracing | None" = None
) -> AsyncIterator[OpenEdge]:
    """Run a floor and its edge around a block of code; the edge closes first.

    `first` is done before anybody is answered; connections wait meanwhile.
    """
    views = FloorViews()
    hub = Hub(views)
    trades, loop_lag = TradeMeter(hub if tracing is None else tracing.publisher(hub)), Histogram()
    with listen(settings.host, settings.port) as listener:
        doors = Doors(listener)
        async with open_floor(settings, trades, views, tracing) as floor:
            people = SqlitePeople(floor.store)
            simulations = simulations_of(floor)
            edge = observed(_edge(floor, people, simulations), floor, hub, trades, loop_lag)
            auth = Auth(edge)
            auth.recogniser.follow(hub.sign_off)
            socketio = create_socketio(edge, auth, hub, settings.socketio_ping_interval, settings.socketio_ping_timeout)
            http = create_app(edge, auth)
            if tracing is not None:
                http.asgi_http_class = tracing.connection()
            around = None if tracing is None else tracing.socket_trades
            mounted = Mounted(http, create_endpoint(edge, auth, hub, around=around))
            app = socketio.server.in_front_of(mounted)
            with _local_doors(settings) as local:
                servers = (
                    _server("http", app, doors),
                    *(_server("local", _by_operator(app, auth), at) for at in local),
                )
                watch = ChildSpec("watch", lambda: LoopWatchActor(loop_lag.observe))
                slack = ChildSpec("slack", lambda: SlackActionsActor(edge, floor.slack))
                sessions = ChildSpec("socketio", socketio.actor, shutdown_s=GRACE_S)
                sockets = ChildSpec("sockets", lambda: HubActor(hub), shutdown_s=GRACE_S)
                # The last to start is the first to stop: sockets end before the server that carries them.
                children = (watch, slack, *servers, sessions, sockets)
                await first(floor, people, auth.passwords)
                await floor.system.start_child("/", simulations_tree(simulations))
                await floor.system.start_child("/", SupervisorSpec("edge", children=children))
                opened = OpenEdge(floor, people, auth, hub, url_of(listener), (doors, *local), edge.closing)
                try:
                    yield opened
                finally:
                    await opened.close()


def _server(name: str, app: AsgiApp, doors: Doors) -> ChildSpec:
    return ChildSpec(name, lambda: HttpServerActor(app, doors, GRACE_S), shutdown_s=GRACE_S + 1)


@contextmanager
def _local_doors(settings: Settings) -> Iterator[tuple[Doors, ...]]:
    """Open the door of the local operator, where there can be one; a floor without it is operated by `--url`."""
    with ExitStack() as stack:
        try:
            listener = stack.enter_context(listen_locally(settings.data_folder / SOCKET_NAME))
        except OSError as error:
            _log.warning("commands on this machine need --url and a token: %s", error)
            yield ()
        else:
            yield (Doors(listener),)


def _by_operator(app: AsgiApp, auth: Auth) -> AsgiApp:
    """Let whoever comes in without a credential be the local operator."""

    def admit(user_id: int | None) -> str:
        credential = f"opr_{entropy(32).hex()}"
        auth.recogniser.admit(credential, local_operator(user_id))
        return credential

    return AsLocalOperator(app, admit)


class Mounted:
    """The ASGI application: sockets to the hub, everything else to Quart."""

    def __init__(self, http: AsgiApp, sockets: AsgiApp) -> None:
        self._http = http
        self._sockets = sockets

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Hand a connection to whom its path belongs."""
        if scope["type"] == "websocket":
            await self._sockets(scope, receive, send)
        else:
            await self._http(scope, receive, send)


def simulations_of(floor: Floor) -> Simulations:
    """Return what simulations beside a floor are made of; they leave their results below its data folder."""
    store = FolderJobStore(floor.settings.data_folder / SIMULATIONS_FOLDER)
    return Simulations(
        board=Board(),
        simulator=ProcessSimulator(store.folder_of),
        store=store,
        clock=floor.services.clock,
        ids=floor.services.ids,
        at_once=floor.settings.simulations_at_once,
        limits=Limits(floor.settings.simulations_kept, floor.settings.simulations_mb_max * MB),
    )


def _edge(floor: Floor, people: People, simulations: Simulations) -> Edge:
    settings = floor.settings
    slack_secret = settings.slack_signing_secret
    return Edge(
        system=floor.system,
        views=floor.views,
        history=floor.services.history,
        people=people,
        clock=floor.services.clock,
        ids=floor.services.ids,
        entropy=entropy,
        auth=AuthSettings(jwt_secret=signing_secret(settings)),
        settings=EdgeSettings(
            version=version(),
            client_origins=settings.client_url,
            rate_limit_max=settings.rate_limit_max,
            rate_limit_window_s=settings.rate_limit_window,
            rate_limit_user_max=settings.rate_limit_user_max,
            trusted_proxies=settings.trusted_proxies,
            public_webhooks_only=not settings.is_development,
        ),
        checks={
            "database": floor.services.history.check,
            "grpc": _grpc_check(floor),
            "market": _market_check(floor),
        },
        slack=SlackSignatures(None if slack_secret is None else slack_secret.encode()),
        simulations=simulations,
    )


def _grpc_check(floor: Floor) -> Callable[[], Awaitable[None]]:
    async def check() -> None:
        silent = {"metering", "oversight"}

        async def ask(name: str, client: MeteringClient | OversightClient) -> None:
            with trio.move_on_after(SERVICE_ANSWER_S_MAX):
                if await client.is_serving():
                    silent.discard(name)

        async with trio.open_nursery() as nursery:
            nursery.start_soon(ask, "metering", floor.metering)
            nursery.start_soon(ask, "oversight", floor.oversight)
        if silent:
            raise ConnectionError(f"no answer from {' and '.join(sorted(silent))}")

    return check


def _market_check(floor: Floor) -> Callable[[], Awaitable[None]]:
    async def check() -> None:
        await trio.lowlevel.checkpoint()
        age_us = floor.services.clock.now_us() - floor.views.market.at_us
        if age_us > STALE_TICKS * floor.settings.tick_interval_ms * 1_000:
            raise TimeoutError(f"the last price is {age_us / 1e6:.1f} s old")

    return check
