"""The floors under coverage, held after a run of the tests: `python -m tests.coverage_floor`.

The whole is at least 90 % covered, lines and branches together, and the pure modules entirely: what decides about money
has no untested branch.
"""

import json
import sys
import tempfile
from collections.abc import Collection, Iterable, Iterator, Mapping
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

from attrs import frozen
from coverage import Coverage
from coverage.exceptions import CoverageException, NoDataError

WHOLE_PERCENT_MIN = 90
PLACES_SHOWN_MAX = 12
PURE_MODULES = (
    "actors/alerts.py",
    "actors/audit.py",
    "actors/bands.py",
    "actors/book.py",
    "actors/desk.py",
    "actors/drawdown.py",
    "actors/errors.py",
    "actors/events.py",
    "actors/fills.py",
    "actors/firing.py",
    "actors/hours.py",
    "actors/ledger.py",
    "actors/lifecycle.py",
    "actors/liquidity.py",
    "actors/model.py",
    "actors/money.py",
    "actors/orders.py",
    "actors/passage.py",
    "actors/performance.py",
    "actors/ports/periods.py",
    "actors/preferences.py",
    "actors/prices/*.py",
    "actors/quick.py",
    "actors/quota.py",
    "actors/refusals.py",
    "actors/resting.py",
    "actors/risk.py",
    "actors/rows.py",
    "actors/simulating/comparison.py",
    "actors/simulating/model.py",
    "actors/simulating/room.py",
    "actors/strategies/*.py",
    "actors/symbols.py",
    "actors/turns.py",
    "actors/views.py",
    "net/grpc/breaker.py",
    "net/slack/messages.py",
    "net/slack/signatures.py",
    "net/webhooks/signing.py",
    "persistence/chain.py",
    "simulations/chaos/plan.py",
    "simulations/chaos/shrink.py",
    "simulations/division.py",
    "simulations/load/plan.py",
    "simulations/load/tally.py",
    "simulations/merging.py",
    "simulations/reports/curves.py",
    "simulations/reports/fills.py",
    "simulations/reports/oversight.py",
    "simulations/reports/words.py",
    "simulations/sweep/estimate.py",
    "simulations/sweep/plan.py",
    "simulations/sweep/table.py",
    "supervisor/policy.py",
    "tradefloor/diagnosis.py",
)
"""Modules without input or output, as patterns of paths below the root."""


@frozen
class FileCoverage:
    """What the tests left out of one file: lines, and branches as `from->to` (a negative line leaves the function)."""

    path: str
    percent: float
    missing_lines: tuple[int, ...]
    missing_branches: tuple[tuple[int, int], ...]

    @property
    def is_whole(self) -> bool:
        """Whether nothing was left out."""
        return not (self.missing_lines or self.missing_branches)


def measured() -> tuple[float, list[FileCoverage]]:
    """Return the coverage of the whole in per cent, and that of each file, from the data that the tests left.

    Data of processes that ended after the tests is combined into it first. Raises CoverageException without data.
    """
    coverage = Coverage()
    coverage.load()
    coverage.combine(keep=True)
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "coverage.json"
        coverage.json_report(outfile=str(report))
        return parsed(json.loads(report.read_text("utf-8")))


def parsed(report: Mapping[str, Any]) -> tuple[float, list[FileCoverage]]:
    """Return the figures of a report in coverage's JSON. Raises NoDataError when branches were not measured."""
    if not report["meta"]["branch_coverage"]:
        raise NoDataError("no branch was measured")
    files = [
        FileCoverage(
            path=Path(path).as_posix(),
            percent=entry["summary"]["percent_covered"],
            missing_lines=tuple(entry["missing_lines"]),
            missing_branches=tuple((start, end) for start, end in entry["missing_branches"]),
        )
        for path, entry in report["files"].items()
    ]
    return report["totals"]["percent_covered"], files


def shortfalls(whole_percent: float, files: Collection[FileCoverage], pure: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Yield what is below a floor, and how: the whole, a pure module, or a pattern that names no measured file."""
    for pattern in pure:
        matching = [file for file in files if fnmatch(file.path, pattern)]
        if not matching:
            yield pattern, "no such module was measured"
        for file in matching:
            if not file.is_whole:
                yield file.path, f"{file.percent:.1f} %, not covered: {_missing(file)}"
    if whole_percent < WHOLE_PERCENT_MIN:
        yield "the whole", f"{whole_percent:.1f} %, at least {WHOLE_PERCENT_MIN} %"


def main() -> int:
    """Print what is below a floor; return the exit status."""
    try:
        whole_percent, files = measured()
    except CoverageException as error:
        sys.stderr.write(f"There is no coverage to judge ({error}); run pytest --cov first.\n")
        return 2
    rows = list(shortfalls(whole_percent, files, PURE_MODULES))
    if rows:
        width = max(len(name) for name, _ in rows)
        sys.stderr.write("Coverage is below its floor:\n")
        sys.stderr.writelines(f"  {name:{width}}  {problem}\n" for name, problem in rows)
        return 1
    sys.stdout.write(f"Coverage is {whole_percent:.1f} % of the whole and 100 % of the pure modules.\n")
    return 0


def _missing(file: FileCoverage) -> str:
    """Name missing lines, then branches that neither start nor end in one, as many as fit into a row."""
    branches = [edge for edge in file.missing_branches if not set(edge) & set(file.missing_lines)]
    places = [*map(str, file.missing_lines), *(f"{start}->{end}" for start, end in branches)]
    more = len(places) - PLACES_SHOWN_MAX
    return ", ".join(places[:PLACES_SHOWN_MAX]) + (f" and {more} more" if more > 0 else "")


if __name__ == "__main__":
    sys.exit(main())
