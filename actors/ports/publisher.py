"""The port to whoever watches the floor: sockets, notifications."""

from collections.abc import Sequence
from typing import Protocol

from actors.book import Book
from actors.events import Recorded
from actors.model import Agent
from actors.views import MarketSnapshot


class Publisher(Protocol):
    """Takes what has become true. Called on the loop, after the views show it, and must neither wait nor raise."""

    def publish(self, recorded: Sequence[Recorded], agent: Agent | None, book: Book | None) -> None:
        """Take the events of one commit; commits come in the order of their sequence."""
        ...

    def publish_market(self, snapshot: MarketSnapshot) -> None:
        """Take the prices of one tick."""
        ...
