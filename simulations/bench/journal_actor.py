"""The journal as the floor runs it: the store behind its actor, views and answers included."""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Final

from actors import paths
from actors.book import Book
from actors.events import Recorded
from actors.journal import JournalActor
from actors.messages import Append
from actors.model import Agent
from actors.ports.journal import Commit, JournalStore
from actors.tree import BUSY_MAILBOX
from actors.views import FloorViews, MarketSnapshot
from supervisor import ChildSpec, SupervisorSpec, open_system

PATIENCE_S: Final = 60.0


class Nobody:
    """A publisher whom nobody listens to."""

    def publish(self, recorded: Sequence[Recorded], agent: Agent | None, book: Book | None) -> None:
        """Take a commit."""

    def publish_market(self, snapshot: MarketSnapshot) -> None:
        """Take a tick."""


@asynccontextmanager
async def journal_actor(store: JournalStore) -> AsyncIterator[Callable[[Commit], Awaitable[object]]]:
    """Run a journal actor on a store, and yield the way to ask it for a commit."""
    child = ChildSpec("journal", lambda: JournalActor(store, FloorViews(), Nobody()), mailbox=BUSY_MAILBOX)
    async with open_system(SupervisorSpec("", children=(child,))) as system:
        journal = system.ref(paths.JOURNAL)
        yield lambda commit: journal.ask(Append(commit), timeout_s=PATIENCE_S)
