"""`tradefloor top`: who works how much just now, live, ranked over all actors of a running floor."""

import json
import sys
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Final

import click
import trio
from attrs import define, field
from rich.console import Console
from rich.live import Live

from supervisor import WindowSort
from tradefloor.numbers import FiniteRange
from tradefloor.operating.async_connection import AsyncConnection, connection_to
from tradefloor.operating.connection import ACTORS, Place, connected, stopped
from tradefloor.operating.keys import pressed, unbuffered
from tradefloor.operating.options import floor_options, terminal, watched
from tradefloor.operating.tables import is_wide
from tradefloor.operating.window_table import History, window_table

TOP: Final = f"{ACTORS}/top"
ROWS_BESIDE: Final = 6
"""Lines of the screen that the head and the foot of the table take."""

WIDE_BESIDE: Final = 75
NARROW_BESIDE: Final = 40
"""Columns of the screen that stand beside the path."""

PATH_MIN: Final = 20
ROWS_MAX: Final = 200
QUIT: Final = "q"
SORT_KEYS: Final = {
    sort.value[0]: sort for sort in (WindowSort.RATE, WindowSort.BUSY, WindowSort.MAILBOX, WindowSort.AGE)
}
KEYS: Final = {**SORT_KEYS, "e": WindowSort.RESTARTS}
"""What a key sorts by: the first letter, and `e` for restarts, whose first letter is taken."""

HELP: Final = "keys: r rate, b busy, m mailbox, a age, e restarts, q quit"


@define
class Screen:
    """What is on the screen, and how it comes there."""

    console: Console
    live: Live
    sort: WindowSort
    history: History = field(factory=History)
    failure: click.ClickException | None = None

    def show(self, window: Any) -> None:
        """Show a window."""
        self.history.add(window)
        beside = WIDE_BESIDE if is_wide() else NARROW_BESIDE
        shown = window_table(window, self.history, self.sort, HELP, max(PATH_MIN, self.console.width - beside))
        self.live.update(shown, refresh=True)

    @property
    def rows(self) -> int:
        """How many actors there is room for."""
        return max(1, min(ROWS_MAX, self.console.height - ROWS_BESIDE))


@click.command()
@click.argument("pattern", default="/")
@click.option(
    "--sort", type=click.Choice([sort.value for sort in WindowSort]), default="rate", show_default=True, help="By what."
)
@click.option(
    "--limit", type=click.IntRange(1, 1_000), default=20, show_default=True, help="How many, where it is printed."
)
@click.option("--interval", type=FiniteRange(0.2, 60), default=1.0, show_default=True, help="Seconds of a window.")
@click.option("--looks", type=click.IntRange(min=1), help="End after so many windows.")
@watched
@floor_options
def top(
    place: Place, pattern: str, sort: str, limit: int, interval: float, looks: int | None, *, as_json: bool, watch: bool
) -> None:
    """Watch the actors at or below PATTERN: messages a second, share of the time busy, mailboxes.

    In a terminal it goes on until q, and keys change what is sorted by. Where it is printed, it is one window, or with
    -w one after the other.
    """
    console = terminal()
    query = {"path": pattern, "interval_ms": round(interval * 1_000)}
    if console.is_terminal and sys.stdin.isatty() and not as_json:
        _watch(place, query, WindowSort(sort), looks, console)
        return
    windows = looks or (None if watch else 1)
    history = History()
    with connected(place) as floor, floor.lines(TOP, **query, sort=sort, limit=limit, windows=windows) as lines:
        tell: Callable[[str], None] = click.echo if as_json else lambda line: console.print(_told(line, history, sort))
        with suppress(KeyboardInterrupt):
            for line in lines:
                tell(line)
            if windows is None:
                raise stopped(place)


def _told(line: str, history: History, sort: str) -> Any:
    window = json.loads(line)
    history.add(window)
    return window_table(window, history, WindowSort(sort), None)


def _watch(place: Place, query: dict[str, object], sort: WindowSort, looks: int | None, console: Console) -> None:
    """Show windows on the screen until q or Ctrl-C. Raises Refused and NotReached."""
    with unbuffered() as keys, Live(console=console, screen=True, auto_refresh=False) as live:
        screen = Screen(console, live, sort)
        try:
            trio.run(_show_windows, place, query, screen, looks, keys)
        except* KeyboardInterrupt:
            pass
    if screen.failure is not None:
        raise screen.failure


async def _show_windows(place: Place, query: dict[str, object], screen: Screen, looks: int | None, keys: int) -> None:
    floor = connection_to(place)
    scope = trio.CancelScope()

    async def listen() -> None:
        async for key in pressed(keys):
            if key == QUIT:
                nursery.cancel_scope.cancel()
            elif key in KEYS and KEYS[key] is not screen.sort:
                screen.sort = KEYS[key]
                scope.cancel()

    try:
        async with trio.open_nursery() as nursery:
            nursery.start_soon(listen)
            await _read(floor, query, screen, looks, scope)
            while scope.cancelled_caught:  # By a key that asks for another order.
                scope = trio.CancelScope()
                await _read(floor, query, screen, looks, scope)
            nursery.cancel_scope.cancel()
    finally:
        with trio.CancelScope(shield=True):
            await floor.close()


async def _read(
    floor: AsyncConnection, query: dict[str, object], screen: Screen, looks: int | None, scope: trio.CancelScope
) -> None:
    """Show windows in one order until they end, or the scope is cancelled."""
    try:
        with scope:
            async with floor.lines(TOP, **query, sort=screen.sort.value, limit=screen.rows, windows=looks) as lines:
                async for line in lines:
                    screen.show(json.loads(line))
            if looks is None:
                raise stopped(floor.place)
    except click.ClickException as error:
        screen.failure = error
