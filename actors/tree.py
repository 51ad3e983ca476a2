"""The tree of a floor, in the order in which it starts; it stops in the reverse order."""

from actors.drawdown_watch import DrawdownActor
from actors.floor import FloorActor
from actors.journal import JournalActor
from actors.market import MarketActor, MarketRules
from actors.metering import MeteringActor
from actors.notifier import NotifierActor
from actors.oversight import OversightActor
from actors.prices.base import PriceModel
from actors.services import Services
from supervisor import Backoff, ChildSpec, MailboxSpec, Strategy, SupervisorSpec

BUSY_MAILBOX = MailboxSpec(capacity=65_536)
"""For the actors that every agent speaks to."""

_BACKOFF = Backoff(base_s=0.05, max_s=5.0)


def floor_tree(services: Services, model: PriceModel, market: MarketRules) -> SupervisorSpec:
    """Return the specification of the whole floor.

    The services come first and the agents last, so that an agent finds at its start what it asks, and a stop lets the
    agents finish while the journal still commits.
    """
    return SupervisorSpec(
        "",
        strategy=Strategy.ONE_FOR_ONE,
        intensity=10,
        period_s=60.0,
        children=(
            ChildSpec(
                "journal",
                lambda: JournalActor(services.store, services.views, services.publisher),
                mailbox=BUSY_MAILBOX,
                backoff=_BACKOFF,
                shutdown_s=10.0,
            ),
            ChildSpec("metering", lambda: MeteringActor(services), mailbox=BUSY_MAILBOX, backoff=_BACKOFF),
            ChildSpec("oversight", lambda: OversightActor(services), mailbox=BUSY_MAILBOX, backoff=_BACKOFF),
            ChildSpec("notifier", lambda: NotifierActor(services), mailbox=BUSY_MAILBOX, backoff=_BACKOFF),
            ChildSpec(
                "market",
                lambda: MarketActor(model, market, services.views, services.publisher, services.clock),
                mailbox=BUSY_MAILBOX,
                backoff=_BACKOFF,
            ),
            ChildSpec("drawdown", lambda: DrawdownActor(services, model.symbols), backoff=_BACKOFF),
            SupervisorSpec("agents", strategy=Strategy.ONE_FOR_ONE, intensity=1_000, period_s=1.0),
            ChildSpec("floor", lambda: FloorActor(services), mailbox=BUSY_MAILBOX, backoff=_BACKOFF),
        ),
    )
