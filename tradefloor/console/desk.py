"""What the views of the console share: the floor they ask, and what becomes of their questions."""

from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import Final

from attrs import frozen
from textual.dom import DOMNode

from tradefloor.operating.async_connection import AsyncConnection
from tradefloor.operating.connection import NotReached, Refused

ACTS: Final = "acts"
"""The group of workers that have something done; they are never given up for others."""


@frozen
class Desk:
    """Asks one floor, and tells whoever shows it what was refused, and whether the floor is there.

    `tell` takes a line for the person and whether it is bad news; `lose` why nobody answers; `find` nothing.
    """

    floor: AsyncConnection
    tell: Callable[[str, bool], None]
    lose: Callable[[str], None]
    find: Callable[[], None]

    @contextmanager
    def asking(self) -> Iterator[None]:
        """Ask within this block: it ends early where the floor refuses or is away, which is told and not raised."""
        try:
            yield
        except NotReached as error:
            self.lose(error.message)
        except Refused as error:
            self.find()
            self.tell(error.message, True)
        else:
            self.find()


def start(node: DOMNode, work: Callable[[], Awaitable[None]], group: str, *, only: bool = False) -> None:
    """Have something done beside the keys and the screen; `only` gives up what the group did before."""

    async def run() -> None:
        await work()

    node.run_worker(run, group=group, exclusive=only)  # type: ignore[arg-type]  # mypy does not solve its union
