"""How answers of a floor look in a terminal: plain tables, numbers to the right, colour only for what it means."""

from collections.abc import Iterable, Mapping
from shutil import get_terminal_size
from typing import Any, Final, Literal

from rich import box
from rich.table import Table
from rich.text import Text

STYLES: Final[Mapping[str, str]] = {
    "running": "green",
    "busy": "cyan",
    "stuck": "bold red",
    "restarting": "yellow",
    "starting": "yellow",
    "stopping": "yellow",
    "paused": "magenta",
    "passive": "dim",
    "stopped": "dim",
    "failed": "bold red",
    "active": "green",
    "pending": "yellow",
    "approved": "green",
    "rejected": "red",
    "expired": "dim",
    "cancelled": "dim",
}
"""The colour of a state; the state is always written, too."""

LONG: Final = frozenset({"path", "message", "value", "why", "event", "name", "waits for"})
"""Columns whose text may go on in a second line where the terminal is narrow."""

BLOCKS: Final = " ▁▂▃▄▅▆▇█"
WIDE_COLUMNS: Final = 110
MINUTE_S: Final = 60
HOUR_S: Final = 3600


def table(*columns: str, numbers: Iterable[str] = (), title: str | None = None) -> Table:
    """Return an empty table; `numbers` are the columns that stand to the right."""
    to_the_right = set(numbers)
    made = Table(box=box.SIMPLE_HEAD, title=title, title_justify="left", title_style="bold", pad_edge=False)
    for column in columns:
        justify: Literal["left", "right"] = "right" if column in to_the_right else "left"
        made.add_column(column, justify=justify, no_wrap=column not in LONG, overflow="fold")
    return made


def facts_grid() -> Table:
    """Return an empty list of facts: what each is about, and what it is."""
    facts = Table.grid(padding=(0, 2))
    facts.add_column(style="dim")
    facts.add_column(overflow="fold")
    return facts


def is_wide() -> bool:
    """Say whether there is room for more than what matters most."""
    return get_terminal_size((WIDE_COLUMNS, 24)).columns >= WIDE_COLUMNS


def state(name: str) -> Text:
    """Return a state in its colour."""
    return Text(name, STYLES.get(name, ""))


def age(seconds: float) -> str:
    """Return a time for people: `-` for none, then milliseconds, seconds, minutes, hours."""
    if seconds <= 0:
        return "-"
    if seconds < 1:
        return f"{seconds * 1000:.0f} ms"
    if seconds < MINUTE_S:
        return f"{seconds:.1f} s"
    if seconds < HOUR_S:
        return f"{seconds / MINUTE_S:.1f} min"
    return f"{seconds / HOUR_S:.1f} h"


def count(number: float) -> str:
    """Return a whole number with its thousands apart."""
    return f"{number:,.0f}"


def dollars(amount: float | None) -> str:
    """Return an amount in dollars and cents."""
    return "-" if amount is None else f"${amount:,.2f}"


def sparkline(values: Iterable[float]) -> str:
    """Return values as blocks, the highest of them full."""
    kept = list(values)
    top = max(kept, default=0.0)
    if top <= 0:
        return BLOCKS[0] * len(kept)
    return "".join(BLOCKS[round(value / top * (len(BLOCKS) - 1))] for value in kept)


def actor_table(answer: Mapping[str, Any]) -> Table:
    """Show a listing of actors; a narrow terminal has the columns that matter most."""
    rows = answer["items"]
    wide = is_wide()
    numbers = ("mailbox", "oldest", "handled", "busy", "restarts") if wide else ("mailbox", "handled")
    shown = table("state", *numbers, *(("in hand",) if wide else ()), "path", numbers=numbers)
    for row in rows:
        cells = {
            "mailbox": count(row["mailbox"]),
            "oldest": age(row["oldestAgeSeconds"]),
            "handled": count(row["handled"]),
            "busy": age(row["busySeconds"]),
            "restarts": count(row["restarts"]),
        }
        in_hand = "" if row["inHand"] is None else f"{row['inHand']} {age(row['inHandSeconds'])}"
        others = (in_hand,) if wide else ()
        shown.add_row(state(row["state"]), *(cells[name] for name in numbers), *others, row["path"])
    shown.caption = f"{len(rows):,} of {answer['total']:,} actors"
    shown.caption_justify = "left"
    return shown
