"""Renews docs/what-if.md, its tables and its chart: `python -m tests.simulations.what_if [SEEDS]`.

Every run that has ended is kept in runs/what-if, so that the same command of the same commit goes on where it was
interrupted. What the figures say is written by hand.
"""

import re
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from attrs import frozen

from simulations.reports.words import percent, span
from simulations.scenario import load
from simulations.sweep.estimate import Estimate
from simulations.sweep.outcome import OutcomeFile
from simulations.sweep.plan import cases, parse_variation
from simulations.sweep.report import FILE_NAME
from simulations.sweep.table import Point, points
from tests.browser.chromium import chromium
from tradefloor.surroundings import provenance

ROOT: Final = Path(__file__).parents[2]
PAGE: Final = ROOT / "docs" / "what-if.md"
PICTURE: Final = PAGE.with_suffix(".png")
RUNS: Final = ROOT / "runs" / "what-if"
SCENARIO: Final = "overnight-approvals"
SEEDS: Final = 20
PICTURE_SIZE: Final = {"width": 1_000, "height": 900}
DRAWN_MS: Final = 2_000


def interval(estimate: Estimate, scale: float, places: int) -> str:
    """Return a mean with its interval."""
    wide = "" if estimate.half_width is None else f" \N{PLUS-MINUS SIGN} {estimate.half_width * scale:,.{places}f}"
    return f"{estimate.mean * scale:,.{places}f}{wide}"


COLUMNS: Final[dict[str, Callable[[Point], str]]] = {
    "decisions a day": lambda point: f"{point.decided_a_day.mean:.1f}",
    "expired": lambda point: percent(point.expired_share.mean),
    "waited (median)": lambda point: span(point.waited_median_s),
    "gain in five days": lambda point: f"{interval(point.own_gain, 100, 2)} %",
    "gain against the first": lambda point: f"{interval(point.against_first, 100, 2)} %",
    "cost of waiting, $": lambda point: interval(point.waiting_cost, 1, 0),
}
SHOWN: Final = ("decisions a day", "expired", "waited (median)")


@frozen
class Sweep:
    """One sweep of the page: what it varies, and which figures its table shows beside the values."""

    name: str
    varied: tuple[str, ...]
    columns: tuple[str, ...]


SWEEPS: Final = (
    Sweep("lives", ('oversight.ttl="4h","8h","16h"',), (*SHOWN, "gain against the first")),
    Sweep("evenings", ('oversight.shift.end="17:00","01:00"',), (*SHOWN, "gain against the first")),
    Sweep(
        "thresholds",
        ("oversight.threshold=12000,18000,30000,45000", "oversight.approvers=1,2,4"),
        (*SHOWN, "gain in five days", "cost of waiting, $"),
    ),
)
"""In the order in which they run; the report of the last one has the chart."""


def table_of(found: Sequence[Point], columns: Sequence[str]) -> str:
    """Return the table of a sweep in Markdown: the values of each setting, and its figures."""
    keys = [
        key.rpartition(".")[2].replace("ttl", "requests live").replace("end", "people stay until")
        for key, _ in found[0].settings
    ]
    rows = [
        [*(value.strip("'\"") for _, value in point.settings), *(COLUMNS[column](point) for column in columns)]
        for point in found
    ]
    lines = [[*keys, *columns], ["---"] * (len(keys) + len(columns)), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def with_table(page: str, name: str, table: str) -> str:
    """Return a page with the table between the marks of this name replaced. Raises ValueError where there are none."""
    between = re.compile(rf"(<!-- {name} -->\n).*?(\n<!-- /{name} -->)", re.DOTALL)
    found, count = between.subn(lambda marks: marks[1] + table + marks[2], page)
    if count != 1:
        raise ValueError(f"{PAGE.name} must have <!-- {name} --> and <!-- /{name} --> once")
    return found


def run(sweep: Sweep, seeds: int) -> None:
    """Run what of a sweep has not been run yet."""
    vary = [argument for text in sweep.varied for argument in ("--vary", text)]
    command = [sys.executable, "-m", "tradefloor", "sweep", SCENARIO, *vary, "--seeds", str(seeds), "--out", str(RUNS)]
    subprocess.run(command, check=True)


def points_of(sweep: Sweep, seeds: int) -> list[Point]:
    """Return what a sweep that was run found out."""
    made = provenance()
    planned = cases(load(SCENARIO), tuple(map(parse_variation, sweep.varied)), seeds, lambda scenario: scenario)
    return points(planned, OutcomeFile(RUNS, f"{made.version} {made.commit}").read())


def take_picture() -> None:
    """Take the chart out of the report."""
    with chromium() as browser:
        window = browser.new_page(viewport=PICTURE_SIZE, color_scheme="light")  # type: ignore[arg-type] # a plain dict
        window.goto((RUNS / FILE_NAME).as_uri())
        window.wait_for_timeout(DRAWN_MS)
        window.locator(".chart").first.screenshot(path=PICTURE)


def main(seeds: int) -> None:
    """Run the sweeps, and write what they found into the page."""
    for sweep in SWEEPS:
        run(sweep, seeds)
    page = PAGE.read_text("utf-8")
    for sweep in SWEEPS:
        page = with_table(page, sweep.name, table_of(points_of(sweep, seeds), sweep.columns))
    # Only now: a page that has changed is another commit, of which no run is known.
    PAGE.write_text(page, "utf-8")
    take_picture()


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else SEEDS)
