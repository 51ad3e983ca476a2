"""The composition root: from settings to a running floor, every part handed what it needs.

Order of a start: the storage is opened and what it holds is put into the views; the gRPC services are started unless
they live elsewhere; the tree of actors starts; the edge is the last to open and the first to close.
"""

import random
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import ExitStack, asynccontextmanager, contextmanager
from typing import TYPE_CHECKING, Final

import grpc
from attrs import evolve, frozen

from actors.desk import PPM, OversightRules
from actors.market import MarketRules
from actors.ports.publisher import Publisher
from actors.prices.base import PriceModel
from actors.prices.synthetic import synthetic_market
from actors.prices.ticks import LIVE_TIME_COMPRESSION
from actors.services import Services
from actors.symbols import LISTINGS
from actors.tree import floor_tree
from actors.views import FloorViews
from net.grpc.embedded import ServiceAddresses, serve_metering, serve_oversight
from net.grpc.link import no_trace
from net.grpc.metering_client import MeteringClient, open_metering_client
from net.grpc.oversight_client import OversightClient, open_oversight_client
from net.messenger import Messenger
from net.slack.link import SlackLink, SlackSettings
from net.webhooks.sender import open_webhooks
from net.webhooks.signing import WebhookKeys
from persistence.files import FolderLock
from persistence.limits import OUTBOX_COUNTED_MAX
from persistence.services.metering_store import SqliteMeteringStore
from persistence.services.oversight_store import SqliteOversightStore
from persistence.store import SqliteStore, open_store
from supervisor import ActorSystem, correlation_id, open_system
from tradefloor.places import service_files
from tradefloor.settings import Settings
from tradefloor.stopping import say
from tradefloor.surroundings import SystemClock, SystemIds, development_secret, entropy
from tradefloor.tls import client_tls

if TYPE_CHECKING:
    from tradefloor.tracing import Tracing

SECONDS_US: Final = 1_000_000


@frozen
class Floor:
    """A running floor, for the edge and the commands to work with."""

    settings: Settings
    system: ActorSystem
    services: Services
    store: SqliteStore
    metering: MeteringClient
    oversight: OversightClient
    addresses: ServiceAddresses
    slack: SlackLink

    @property
    def views(self) -> FloorViews:
        """The published snapshots."""
        return self.services.views


@asynccontextmanager
async def open_floor(
    settings: Settings, publisher: Publisher, views: FloorViews, tracing: "Tracing | None" = None
) -> AsyncIterator[Floor]:
    """Run a floor around a block of code, traced or not. All is up at its beginning and stopped in order at its end.

    Raises FloorInUse when another program has the database or the folder, ListenError when a service finds no port.
    """
    clock, ids = SystemClock(), SystemIds()
    with ExitStack() as stack:
        stack.callback(FolderLock(settings.data_folder).release)
        store = open_store(settings.database_path)
        stack.callback(store.close)
        if tracing is not None:
            tracing.trace_commits(store)
        calling = no_trace if tracing is None else tracing.calling
        recover(store, views)
        addresses = stack.enter_context(
            grpc_services(settings, clock, () if tracing is None else (tracing.server_interceptor(),))
        )
        tls = client_tls(settings.grpc_tls_ca, settings.grpc_tls_cert, settings.grpc_tls_key)
        slack = SlackLink(SlackSettings(settings.slack_webhook_url, settings.slack_bot_token))
        keys = WebhookKeys(signing_secret(settings))
        async with (
            open_webhooks(keys, clock, public_only=not settings.is_development) as webhooks,
            open_metering_client(
                addresses.metering,
                tls=tls if settings.metering_grpc_address else None,
                correlation_id=correlation_id.get,
                traced=calling,
            ) as metering,
            open_oversight_client(
                addresses.oversight,
                tls=tls if settings.oversight_grpc_address else None,
                correlation_id=correlation_id.get,
                traced=calling,
            ) as oversight,
        ):
            services = Services(
                views=views,
                store=store,
                history=store,
                metering=metering,
                oversight=oversight,
                publisher=publisher,
                clock=clock,
                ids=ids,
                rules=oversight_rules(settings),
                seed=settings.market_seed,
                notifications=Messenger(slack, webhooks),
            )
            tree = floor_tree(services, market_model(settings, store), market_rules(settings))
            rng = random.Random(entropy(16))  # noqa: S311 -- jitter of restarts
            async with open_system(tree, rng=rng, around=None if tracing is None else tracing.around) as system:
                yield Floor(settings, system, services, store, metering, oversight, addresses, slack)
            depths = [backlog.entries for backlog in (await store.backlogs()).values()]
            if any(depths):
                at_least = "At least " if max(depths) == OUTBOX_COUNTED_MAX else ""
                say(f"{at_least}{sum(depths):,} entries of the outbox have not left yet; they do after the next start.")


def signing_secret(settings: Settings) -> bytes:
    """Return the secret that signs tokens, and from which the keys of webhooks are derived."""
    if settings.jwt_secret is not None:
        return settings.jwt_secret.encode()
    return development_secret(settings.data_folder)


def recover(store: SqliteStore, views: FloorViews) -> None:
    """Put what the storage holds into the views, before any actor runs."""
    for agent, book in store.agents():
        views.publish(agent, book)
    views.last_seq = store.last_seq()


def market_model(settings: Settings, store: SqliteStore) -> PriceModel:
    """Return the synthetic market, going on from the prices that were kept last.

    Its path is seeded anew from how far the log has come: a restart must not repeat the moves of the run before.
    """
    kept = store.prices()
    listings = [evolve(listing, open_micros=kept.get(listing.symbol, listing.open_micros)) for listing in LISTINGS]
    return synthetic_market(settings.market_seed + (store.last_seq() if kept else 0), listings=listings)


def market_rules(settings: Settings) -> MarketRules:
    """Return how time passes on the market."""
    return MarketRules(tick_us=settings.tick_interval_ms * 1_000, time_compression=LIVE_TIME_COMPRESSION)


def oversight_rules(settings: Settings) -> OversightRules:
    """Return when trades wait for a human."""
    return OversightRules(
        threshold_micros=settings.oversight_threshold,
        ttl_us=settings.approval_ttl * SECONDS_US,
        price_tolerance_ppm=round(settings.approval_price_tolerance * PPM),
    )


@contextmanager
def grpc_services(
    settings: Settings, clock: SystemClock, interceptors: Sequence[grpc.ServerInterceptor] = ()
) -> Iterator[ServiceAddresses]:
    """Start the services that the settings do not place elsewhere, and yield where both are."""
    files = service_files(settings.data_folder)
    with ExitStack() as stack:
        metering = settings.metering_grpc_address
        if metering is None:
            metering_store = SqliteMeteringStore(files["metering"])
            stack.callback(metering_store.close)
            metering = stack.enter_context(serve_metering(metering_store, clock.now_us, interceptors=interceptors))
        oversight = settings.oversight_grpc_address
        if oversight is None:
            oversight_store = SqliteOversightStore(files["oversight"])
            stack.callback(oversight_store.close)
            oversight = stack.enter_context(
                serve_oversight(
                    oversight_store,
                    clock.now_us,
                    auto_approve_below_micros=settings.oversight_auto_approve_below,
                    interceptors=interceptors,
                )
            )
        yield ServiceAddresses(metering, oversight)
