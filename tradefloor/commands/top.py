"""`tradefloor top`: who works how much just now, live."""

import time
from collections import deque
from collections.abc import Mapping
from typing import Any, Final

import click
from attrs import define, field
from rich.live import Live
from rich.table import Table

from tradefloor.operating.connection import ACTORS, Place, connected
from tradefloor.operating.options import floor_options, terminal
from tradefloor.operating.tables import age, count, is_wide, sparkline, state, table

HISTORY: Final = 12
ROWS_ASKED: Final = 1_000
ROWS_BESIDE: Final = 6
"""Lines of the screen that the head and the foot of the table take."""

SORTS: Final = ("rate", "mailbox", "busy", "restarts")


@define
class Window:
    """What is known of one actor over the last looks: messages a second of each, and its share of the loop."""

    handled: int
    busy_s: float
    rates: deque[float] = field(factory=lambda: deque([0.0] * HISTORY, maxlen=HISTORY))
    busy_share: float = 0.0

    def look(self, row: Mapping[str, Any], passed_s: float) -> None:
        """Take the counters of now."""
        self.rates.append(max(0, row["handled"] - self.handled) / passed_s)
        self.busy_share = max(0.0, row["busySeconds"] - self.busy_s) / passed_s
        self.handled, self.busy_s = row["handled"], row["busySeconds"]


@click.command()
@click.argument("pattern", default="/")
@click.option("--sort", type=click.Choice(SORTS), default="rate", show_default=True, help="By what, over the window.")
@click.option("--interval", type=click.FloatRange(0.2, 60), default=1.0, show_default=True, help="Seconds of a window.")
@click.option("--looks", type=click.IntRange(min=1), help="End after so many windows.")
@floor_options
def top(place: Place, pattern: str, sort: str, interval: float, looks: int | None) -> None:
    """Watch the actors at or below PATTERN: messages a second, share of the loop, mailboxes. Ctrl-C ends it."""
    console = terminal()
    windows: dict[str, Window] = {}
    left = looks
    with connected(place) as floor:
        answer = floor.get(ACTORS, path=pattern, sort="msgs", limit=ROWS_ASKED)
        looked_s = time.perf_counter()
        _look(windows, answer, interval)
        try:
            with Live(console=console, screen=console.is_terminal, auto_refresh=False) as live:
                while left is None or left > 0:
                    time.sleep(interval)
                    answer = floor.get(ACTORS, path=pattern, sort="msgs", limit=ROWS_ASKED)
                    now_s = time.perf_counter()
                    _look(windows, answer, now_s - looked_s)
                    looked_s = now_s
                    live.update(_render(answer, windows, sort, console.height - ROWS_BESIDE), refresh=True)
                    left = None if left is None else left - 1
        except KeyboardInterrupt:
            return


def _look(windows: dict[str, Window], answer: Mapping[str, Any], passed_s: float) -> None:
    for row in answer["items"]:
        window = windows.setdefault(row["path"], Window(row["handled"], row["busySeconds"]))
        window.look(row, passed_s)


def _render(answer: Mapping[str, Any], windows: Mapping[str, Window], sort: str, rows_max: int) -> Table:
    keys = {
        "rate": lambda row: windows[row["path"]].rates[-1],
        "mailbox": lambda row: row["mailbox"],
        "busy": lambda row: windows[row["path"]].busy_share,
        "restarts": lambda row: row["restarts"],
    }
    rows = sorted(answer["items"], key=keys[sort], reverse=True)[: max(1, rows_max)]
    wide = is_wide()
    numbers = ("msgs/s", "loop", "mailbox", "oldest", "restarts") if wide else ("msgs/s", "loop", "mailbox")
    shown = table("state", *numbers, *(("history",) if wide else ()), "path", numbers=numbers)
    for row in rows:
        window = windows[row["path"]]
        cells = {
            "msgs/s": f"{window.rates[-1]:,.1f}",
            "loop": f"{window.busy_share:.1%}",
            "mailbox": count(row["mailbox"]),
            "oldest": age(row["oldestAgeSeconds"]),
            "restarts": count(row["restarts"]),
        }
        others = (sparkline(window.rates),) if wide else ()
        shown.add_row(state(row["state"]), *(cells[name] for name in numbers), *others, row["path"])
    shown.caption = f"{answer['total']:,} actors; the busiest {len(answer['items']):,} are looked at, sorted by {sort}"
    shown.caption_justify = "left"
    return shown
