"""What a sweep keeps of a run: a line of JSON, whatever becomes of the other runs."""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final

from attrs import asdict, fields, frozen

from simulations.reports.curves import performances, returns
from simulations.reports.fills import fills_of
from simulations.reports.oversight import summarise
from simulations.result import RunResult

FILE_NAME: Final = "outcomes.jsonl"


@frozen
class Outcome:
    """One run in figures. Gains, falls and shares are parts of one, costs are dollars; counts a day are of the clock.

    ``gain`` is that of all agents' equity together, ``gain_of_agent`` the mean of theirs; ``decided_a_day`` counts what
    people decided, ``expired_share`` is of the requests, ``waited_median_s`` None where nobody decided any.
    """

    gain: float
    gain_of_agent: float
    max_drawdown: float
    trades: int
    requests_a_day: float
    decided_a_day: float
    expired_share: float
    waited_median_s: float | None
    busy_share: float | None
    waiting_cost: float
    digest: str


def outcome_of(result: RunResult) -> Outcome:
    """Return what a sweep keeps of a run."""
    fills, asked = fills_of(result), summarise(result)
    together = performances(result, fills)[""]
    return Outcome(
        gain=together.roi or 0.0,
        gain_of_agent=float(returns(result).mean()),
        max_drawdown=together.max_drawdown or 0.0,
        trades=len(fills.agent),
        requests_a_day=asked.requests / asked.days if asked.days else 0.0,
        decided_a_day=asked.decided_per_day,
        expired_share=asked.expired_share,
        waited_median_s=asked.waiting.median_s,
        busy_share=asked.busy_share,
        waiting_cost=asked.cost.total,
        digest=result.digest,
    )


class OutcomeFile:
    """The outcomes of a sweep, one a line, by the identity of the run and the program that ran it.

    A line is whole or, after an interruption, the last one and not: then it is passed over, and that run is run again.
    """

    def __init__(self, folder: Path, program: str) -> None:
        self._path = folder / FILE_NAME
        self._program = program

    def read(self) -> dict[str, Outcome]:
        """Return what this program has found out before, by identity. Raises OSError."""
        if not self._path.exists():
            return {}
        return dict(self._parsed(self._path.read_text("utf-8").splitlines()))

    def add(self, identity: str, outcome: Outcome) -> None:
        """Append an outcome. Raises OSError."""
        line = json.dumps({"identity": identity, "program": self._program, "outcome": asdict(outcome)})
        torn = self._path.exists() and not self._path.read_bytes().endswith(b"\n")
        with self._path.open("a", encoding="utf-8") as file:
            file.write(("\n" if torn else "") + line + "\n")

    def _parsed(self, lines: Iterable[str]) -> Iterable[tuple[str, Outcome]]:
        names = {field.name for field in fields(Outcome)}
        for line in lines:
            try:
                row = json.loads(line)
            except json.JSONDecodeError:
                continue
            known: Mapping[str, object] = row.get("outcome", {})
            if row.get("program") == self._program and set(known) == names:
                yield row["identity"], Outcome(**known)  # type: ignore[arg-type]
