"""What actors did in a window, as a table, with what they did in the windows before."""

from collections import deque
from collections.abc import Mapping
from typing import Any, Final

from attrs import define, field
from rich.table import Table

from supervisor import WindowSort
from tradefloor.operating.tables import age, count, is_wide, sparkline, state, table

WINDOWS_KEPT: Final = 12


@define
class History:
    """The messages a second of actors over the last windows, of those that were shown in one of them."""

    rates: dict[str, deque[float]] = field(factory=dict)

    def add(self, window: Mapping[str, Any]) -> None:
        """Take a window. Whoever is not shown in it counts as idle; after enough such windows it is forgotten."""
        shown = {row["path"]: float(row["rate"]) for row in window["items"]}
        for path in shown.keys() - self.rates.keys():
            self.rates[path] = deque([0.0] * WINDOWS_KEPT, maxlen=WINDOWS_KEPT)
        for path, rates in list(self.rates.items()):
            rates.append(shown.get(path, 0.0))
            if path not in shown and not any(rates):
                del self.rates[path]


def window_table(
    window: Mapping[str, Any], history: History, sort: WindowSort, help_line: str | None, path_max: int | None = None
) -> Table:
    """Show a window; a narrow terminal has the columns that matter most. `path_max` keeps each actor to one line."""
    wide = is_wide()
    numbers = ("msgs/s", "busy", "mailbox", "oldest", "restarts") if wide else ("msgs/s", "busy", "mailbox")
    shown = table("state", *numbers, *(("history",) if wide else ()), "path", numbers=numbers)
    for row in window["items"]:
        cells = {
            "msgs/s": f"{row['rate']:,.1f}",
            "busy": f"{row['busyShare']:.1%}",
            "mailbox": count(row["mailbox"]),
            "oldest": age(row["oldestAgeSeconds"]),
            "restarts": count(row["restarts"]),
        }
        others = (sparkline(history.rates[row["path"]]),) if wide else ()
        shown.add_row(state(row["state"]), *(cells[name] for name in numbers), *others, _short(row["path"], path_max))
    told = f"{len(window['items']):,} of {window['total']:,} actors by {sort.value} over {window['seconds']:.1f} s"
    shown.caption = told if help_line is None else f"{told}; {help_line}"
    shown.caption_justify = "left"
    return shown


def _short(path: str, length_max: int | None) -> str:
    """Return a path without its middle where it is too long: its ends tell more."""
    if length_max is None or len(path) <= length_max:
        return path
    tail = (length_max - 1) // 2
    return f"{path[: length_max - 1 - tail]}…{path[-tail:]}"
