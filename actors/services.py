"""What the actors of one floor share: the published views and the ports, handed in by the composition root."""

from collections.abc import Callable

from attrs import field, frozen

from actors.desk import OversightRules
from actors.liquidity import Liquidity
from actors.model import Agent
from actors.ports.clock import Clock, Ids
from actors.ports.history import History
from actors.ports.journal import JournalStore
from actors.ports.metering import MeteringService
from actors.ports.notifications import Notifications, TellNobody
from actors.ports.oversight import OversightService
from actors.ports.publisher import Publisher
from actors.quota import Leases
from actors.refusals import Refusals
from actors.strategies.base import REVIEW_US, Strategy, StrategyConfig
from actors.strategies.registry import create_strategy
from actors.views import FloorViews


@frozen
class Pace:
    """How often the floor looks around by itself, which a simulation sets to the length of its ticks."""

    review_us: int = REVIEW_US
    """How long a strategy rests at most before it decides again."""
    equity_look_s: float = 1.0
    """How often everybody's equity is looked at for drawdowns."""
    passivate_after_s: float = 5.0
    """An agent that trades keeps its tasks; one that rests for so long gives them up."""
    lease_us: int = 60_000_000
    """How long a lease of a quota is good for: an outage shorter than this goes unnoticed by agents with calls left."""
    outbox_look_s: float = 30.0
    """The outbox is looked at after each commit that concerns it, and this often even when nobody said so."""
    purge_first_s: float = 600.0
    """How long after a start what is kept no longer is removed first, and then daily: waiting a day for the first time,
    too, a floor that is started every night would never do it."""
    alarm_s_max: float = 60.0
    """A pending approval looks at the clock this often, so that one that was set forward, or a machine that slept,
    delays no expiry."""


MakeStrategy = Callable[[Agent, StrategyConfig], Strategy]
"""Makes the strategy of an agent. Raises what `create_strategy` does."""


def registered_strategy(agent: Agent, config: StrategyConfig) -> Strategy:
    """Return the strategy that is registered under the agent's kind, or under the name it asks for."""
    return create_strategy(agent.strategy, config, agent.strategy_name)


@frozen
class Services:
    """One floor's surroundings. `seed` feeds the strategies' own streams of random numbers."""

    views: FloorViews
    store: JournalStore
    history: History
    metering: MeteringService
    oversight: OversightService
    publisher: Publisher
    clock: Clock
    ids: Ids
    rules: OversightRules
    seed: int
    liquidity: Liquidity | None = None
    """How thin the market is; None, as on the live floor: it takes everything at the price of now."""
    notifications: Notifications = field(factory=TellNobody)
    pace: Pace = field(factory=Pace)
    leases: Leases = field(factory=Leases)
    refusals: Refusals = field(factory=Refusals)
    make_strategy: MakeStrategy = registered_strategy
