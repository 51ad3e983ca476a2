"""What the actors of one floor share: the published views and the ports, handed in by the composition root."""

from attrs import field, frozen

from actors.desk import OversightRules
from actors.ports.clock import Clock, Ids
from actors.ports.history import History
from actors.ports.journal import JournalStore
from actors.ports.metering import MeteringService
from actors.ports.notifications import Notifications, TellNobody
from actors.ports.oversight import OversightService
from actors.ports.publisher import Publisher
from actors.views import FloorViews


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
    notifications: Notifications = field(factory=TellNobody)
