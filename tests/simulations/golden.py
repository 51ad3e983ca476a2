"""The digests that short forms of the scenarios must have: `python -m tests.simulations.golden` renews them.

A digest changes when anything that a run logs does: a rule, a price, an id, the order of two commits. Renewing says
for each scenario whether and how its figures changed, so that the commit that changes them can explain it.
"""

import json
import logging
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from simulations.result import RunResult
from tests.simulations.runs import short_run

FILE: Final = Path(__file__).with_suffix(".json")
SHORT_FORMS: Final[Mapping[str, tuple[int, int, tuple[str, ...]]]] = {
    "quickstart": (9, 48, ()),
    "flash-crash": (9, 100, ("time.tick='5m'",)),
    "overnight-approvals": (8, 60, ("time.tick='30m'", "time.review='3h'")),
    "quota-crunch": (6, 90, ("time.tick='1h'", "time.review='2h'")),
    "grpc-outage": (8, 90, ("time.tick='10m'",)),
    "real-prices": (6, 104, ()),
    "hundred-thousand": (60, 20, ()),
}
"""How many agents and ticks the short form of each scenario has, and what else is different in it."""


def run_short(name: str) -> RunResult:
    """Run the short form of a scenario."""
    agents, ticks, settings = SHORT_FORMS[name]
    return short_run(name, agents, ticks, *settings)


def figures(result: RunResult) -> dict[str, Any]:
    """Return what is kept of a run."""
    return {
        "digest": result.digest,
        "events": result.events,
        "trades": result.fills,
        "approvals": len(result.approvals),
        "equity": int(result.equity_micros[-1].sum()),
    }


def kept() -> dict[str, dict[str, Any]]:
    """Return the figures that runs must have, by scenario."""
    loaded: dict[str, dict[str, Any]] = json.loads(FILE.read_text("utf-8")) if FILE.exists() else {}
    return loaded


def main() -> None:
    """Renew the file, and say what changed."""
    logging.getLogger().addHandler(logging.NullHandler())
    before, now = kept(), {name: figures(run_short(name)) for name in SHORT_FORMS}
    for name, after in now.items():
        changes = [
            f"{key} {before.get(name, {}).get(key)} -> {value}"
            for key, value in after.items()
            if before.get(name, {}).get(key) != value
        ]
        sys.stdout.write(f"{name}: {', '.join(changes) or 'unchanged'}\n")
    FILE.write_text(json.dumps(now, indent=2) + "\n", "utf-8")


if __name__ == "__main__":
    main()
