"""What actors did, as a table with its past."""

from typing import Any

import pytest
from rich.console import Console

from supervisor import WindowSort
from tradefloor.operating.window_table import WINDOWS_KEPT, History, window_table


def a_window(**rates: float) -> dict[str, Any]:
    """Return a window in which these actors handled so many messages a second."""
    items = [
        {
            "path": f"/agents/{name}",
            "state": "running",
            "rate": rate,
            "busyShare": 0.25,
            "mailbox": 2,
            "oldestAgeSeconds": 0.5,
            "restarts": 1,
        }
        for name, rate in rates.items()
    ]
    return {"items": items, "total": 9, "seconds": 1.0}


def printed(window: dict[str, Any], history: History, path_max: int | None = None) -> list[str]:
    """Return the lines of a table without their padding."""
    console = Console(width=140, no_color=True)
    with console.capture() as capture:
        console.print(window_table(window, history, WindowSort.RATE, "q quit", path_max))
    return [" ".join(line.split()) for line in capture.get().splitlines() if line.strip(" ─")]


def test_a_line_an_actor_with_its_past(monkeypatch: pytest.MonkeyPatch) -> None:
    """And what is sorted by what, and the keys."""
    monkeypatch.setenv("COLUMNS", "140")
    history = History()
    for rate in (1.0, 2.0):
        history.add(a_window(a=rate))

    assert printed(a_window(a=2.0), history) == [
        "state msgs/s busy mailbox oldest restarts history path",
        "running 2.0 25.0% 2 500 ms 1 ▄█ /agents/a",
        "1 of 9 actors by rate over 1.0 s; q quit",
    ]


def test_a_narrow_terminal_has_what_matters_most(monkeypatch: pytest.MonkeyPatch) -> None:
    """Paths without their middle, so that an actor is one line."""
    monkeypatch.setenv("COLUMNS", "80")
    history = History()
    window = a_window(**{"agt_0123456789/portfolio": 1.0})
    history.add(window)

    assert printed(window, history, 20)[:2] == [
        "state msgs/s busy mailbox path",
        "running 1.0 25.0% 2 /agents/ag…portfolio",
    ]


def test_who_was_idle_for_long_is_forgotten() -> None:
    """Whoever is not shown counts as idle."""
    history = History()
    history.add(a_window(a=1.0))
    for _ in range(WINDOWS_KEPT):
        assert list(history.rates) == ["/agents/a"]
        history.add(a_window())

    assert history.rates == {}
