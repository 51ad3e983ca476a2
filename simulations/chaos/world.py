"""What outlives a life of the floor: time, the disk, the services beyond the network, people, and the witness."""

import random
from collections.abc import Sequence
from typing import Final

import trio
from attrs import evolve, field, frozen

from actors.book import Book
from actors.desk import PPM, OversightRules
from actors.events import Recorded
from actors.market import MarketRules
from actors.model import Agent, Principal, Role
from actors.money import dollars
from actors.ports.publisher import Publisher
from actors.prices.synthetic import synthetic_market
from actors.prices.ticks import LIVE_TIME_COMPRESSION
from actors.services import Services
from actors.symbols import LISTINGS
from actors.tree import floor_tree
from actors.views import FloorViews, MarketSnapshot
from simulations.chaos.clients import SocketClient
from simulations.chaos.invariants import Acknowledged, Violated, Witness, check_sockets
from simulations.chaos.network import DistantMetering, DistantOversight
from simulations.chaos.plan import SYMBOLS
from simulations.chaos.ports import Sockets
from simulations.chaos.storage import Disk
from simulations.ports.clock import SECOND_US, CountingIds, VirtualClock
from simulations.ports.metering import InLoopMetering
from simulations.ports.oversight import InLoopOversight
from supervisor import ActorSystem, SupervisorSpec

START_US: Final = 1_771_329_600 * SECOND_US
"""2026-02-17 12:00 UTC: a Tuesday, far from the ends of day and month even when the clock jumps."""

TICK_US: Final = 2 * SECOND_US
APPROVAL_TTL_S: Final = 60
RULES: Final = OversightRules(dollars(20_000), APPROVAL_TTL_S * SECOND_US, round(0.02 * PPM))
OWNER: Final = Principal("usr_owner", "Olive Owner", Role.TRADER)
WATCHER: Final = Principal("usr_watcher", "Wim Watcher", Role.ADMIN)


class World:
    """Everything around the floor of one run. `nursery` lasts as long as the run."""

    def __init__(self, seed: int, nursery: trio.Nursery) -> None:
        self.seed = seed
        self.nursery = nursery
        self.rng = random.Random(f"world {seed}")  # noqa: S311 - a seeded draw
        self.clock = VirtualClock(START_US)
        self.ids = CountingIds()
        self.disk = Disk(self.rng)
        self.metering_service = InLoopMetering(self.clock.now_us)
        self.oversight_service = InLoopOversight(self.clock.now_us)
        self.metering = DistantMetering(self.metering_service, self.rng, nursery)
        self.oversight = DistantOversight(self.oversight_service, self.rng, nursery)
        self.witness = Witness()
        self.client = SocketClient()
        self.life: Life | None = None
        self.born = trio.Event()
        """Set while the floor is up."""
        self.down_s = 0.0
        """How long the floor is down after the next end of a life."""
        self.jumped_back_s = 0.0
        """How far the clock was set back in all."""
        self.violation: Violated | None = None

    def violated(self, violation: Violated) -> None:
        """Keep the first violation, and end the run."""
        if self.violation is None:
            self.violation = violation
        self.nursery.cancel_scope.cancel()

    async def floor(self) -> "Life":
        """Return the life of now, waiting for one where the floor is down."""
        while self.life is None:
            await self.born.wait()
        return self.life

    def begin(self, life: "Life") -> None:
        """Be up."""
        self.life = life
        self.born.set()

    def end(self) -> None:
        """Be down: nothing of this life reaches the disk, the network or anybody any more."""
        self.life = None
        if self.born.is_set():
            self.born = trio.Event()
        self.disk.is_powered = False

    def told_of_trade(self, agent_id: str, trade_id: str, key: str | None) -> None:
        """Remember that somebody was told of a trade."""
        try:
            self.witness.keep(Acknowledged(agent_id, trade_id, key))
        except Violated as violation:
            self.violated(violation)

    def told_of_decision(self, request_id: str, *, approved: bool) -> None:
        """Remember that somebody was told how an approval was decided."""
        self.witness.decisions[request_id] = approved

    def check(self) -> None:
        """Check what must hold at every moment."""
        try:
            self.witness.follow(self.disk.log)
            self.witness.remember()
            check_sockets(self.client.seen, self.witness.expected, complete=False)
            life = self.life
            if life is not None and life.views.last_seq == self.disk.last_seq():
                self.witness.compare(life.views)
        except Violated as violation:
            self.violated(violation)


@frozen(eq=False)
class Life:
    """The floor between a start and its end.

    Cancelling `power` ends it; `calls` are the scopes of those who wait for an answer of it.
    """

    system: ActorSystem
    services: Services
    sockets: Sockets
    power: trio.CancelScope
    calls: set[trio.CancelScope] = field(factory=set)

    @property
    def views(self) -> FloorViews:
        """What this life publishes."""
        return self.services.views


class WitnessedPublisher:
    """Satisfies Publisher: has the witness look before the sockets hear."""

    def __init__(self, world: World, sockets: Publisher) -> None:
        self._world = world
        self._sockets = sockets

    def publish(self, recorded: Sequence[Recorded], agent: Agent | None, book: Book | None) -> None:
        """Take the events of one commit."""
        if not self._world.disk.is_powered:
            return
        try:
            self._world.witness.see(recorded, self._world.disk.log)
        except Violated as violation:
            self._world.violated(violation)
        self._sockets.publish(recorded, agent, book)

    def publish_market(self, snapshot: MarketSnapshot) -> None:
        """Take the prices of one tick."""
        self._sockets.publish_market(snapshot)


def services_of(world: World, views: FloorViews, publisher: Publisher) -> Services:
    """Return what the actors of one life share."""
    return Services(
        views=views,
        store=world.disk,
        history=world.disk,
        metering=world.metering,
        oversight=world.oversight,
        publisher=publisher,
        clock=world.clock,
        ids=world.ids,
        rules=RULES,
        seed=world.seed,
    )


def tree_of(world: World, services: Services, lives: int) -> SupervisorSpec:
    """Return the tree of one life: the product's own, over the synthetic market, which goes on where it was."""
    kept = world.disk.prices()
    listings = [
        evolve(listing, open_micros=kept.get(listing.symbol, listing.open_micros))
        for listing in LISTINGS
        if listing.symbol in SYMBOLS
    ]
    model = synthetic_market(world.seed * 1_000 + lives, listings=listings)
    return floor_tree(services, model, MarketRules(TICK_US, LIVE_TIME_COMPRESSION))
