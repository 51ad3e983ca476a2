"""Counting trades on their way to whoever watches the floor."""

from collections import Counter
from collections.abc import Iterator, Sequence

from prometheus_client.core import CounterMetricFamily, Metric

from actors.book import Book
from actors.events import Recorded, TradeEventRecord
from actors.model import Agent
from actors.ports.publisher import Publisher
from actors.views import MarketSnapshot


class TradeMeter:
    """Implements `actors.ports.publisher.Publisher`: counts the trades of what is published, and hands it on."""

    def __init__(self, publisher: Publisher) -> None:
        self._publisher = publisher
        self._statuses: Counter[str] = Counter()

    def publish(self, recorded: Sequence[Recorded], agent: Agent | None, book: Book | None) -> None:
        """Take the events of one commit."""
        for item in recorded:
            if isinstance(item.event, TradeEventRecord):
                self._statuses[item.event.trade.status.value] += 1
        self._publisher.publish(recorded, agent, book)

    def publish_market(self, snapshot: MarketSnapshot) -> None:
        """Take the prices of one tick."""
        self._publisher.publish_market(snapshot)

    def collect(self) -> Iterator[Metric]:
        """Yield what was counted."""
        trades = CounterMetricFamily(
            "tradefloor_trades", "Trades that came into a status, since the start.", labels=("status",)
        )
        for status, count in sorted(self._statuses.items()):
            trades.add_metric((status,), count)
        yield trades
