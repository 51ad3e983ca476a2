"""What a contract is played on: an implementation of a port, opened, and what shows that it keeps its word."""

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Any

from attrs import field, frozen

from actors.ports.history import History, Recovery
from actors.ports.journal import JournalStore
from actors.ports.notifications import Notification, Notifications
from actors.ports.publisher import Publisher
from actors.views import FloorViews
from persistence.memory import MemoryStore
from tests.net.grpc.scripted import HandClock

Opened = AbstractAsyncContextManager[Any]


@frozen
class Around:
    """What an implementation is opened in: a clock that a test sets, and a folder of its own."""

    clock: HandClock
    folder: Path


@frozen
class Twin:
    """One implementation of a port.

    `open` opens it whole; `open_away`, where there is one, in the state in which its other side cannot be reached.
    Both yield the implementation itself, or a stage whose `subject` it is.
    """

    kind: type
    open: Callable[[Around], Opened]
    open_away: Callable[[Around], Opened] | None = None
    variant: str = ""

    @property
    def name(self) -> str:
        """What it is called in the names of tests."""
        return f"{self.kind.__name__} {self.variant}".rstrip()


@frozen
class Storage:
    """One floor's storage, by what it is asked for: commits, the past, and what a start finds."""

    subject: object
    writes: JournalStore
    reads: History
    starts: Recovery


@frozen
class Stage:
    """A publisher, with the store and the views that are ahead of it, and what its side has heard.

    `heard` returns the sequences of the events of trades that came through, `ticks` how many ticks did.
    """

    subject: Publisher
    heard: Callable[[], Sequence[int]]
    ticks: Callable[[], int]
    views: FloorViews = field(factory=FloorViews)
    store: MemoryStore = field(factory=MemoryStore)


@frozen
class Receiver:
    """Somebody to tell, over one method of the port, and how to make their next answer a bad one."""

    subject: Notifications
    tell: Callable[[Notification], Any]
    refuse: Callable[[], None]
    ask_to_wait: Callable[[], None]
    fail: Callable[[], None]
    vanish: Callable[[], None]
    taken: Callable[[], int]


def made(make: Callable[[Around], Any]) -> Callable[[Around], Opened]:
    """Return what opens an implementation that only has to be made."""

    @asynccontextmanager
    async def opened(around: Around) -> AsyncIterator[Any]:
        yield make(around)

    return opened
