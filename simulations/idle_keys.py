"""What a scenario says that its run never comes to, which is no mistake: short runs are made of long scenarios."""

from collections.abc import Iterator
from pathlib import Path

from attrs import evolve

from actors.prices.replay import Replay
from simulations.market import price_model
from simulations.scenario import Scenario


def idle_keys(scenario: Scenario, files: Path | None) -> Iterator[str]:
    """Yield a sentence for each key without effect, which begins with it; files of prices count from `files`.

    Raises ScenarioError as the run does.
    """
    ticks = scenario.time.ticks_total
    lasts_s = ticks * scenario.time.tick
    due_s = {f"market.shocks[{number}].at": shock.at for number, shock in enumerate(scenario.market.shocks)}
    due_s |= {f"faults[{number}].at": fault.at for number, fault in enumerate(scenario.faults)}
    for key, at_s in due_s.items():
        if at_s > lasts_s:
            yield f"{key}: is after the end of the run, so it does not happen"
    if scenario.market.replay is not None:
        prices = price_model(evolve(scenario, market=evolve(scenario.market, shocks=())), files)
        assert isinstance(prices, Replay)
        if prices.remaining < ticks:
            yield f"market.replay: moves for {prices.remaining:,} of {ticks:,} ticks; then its prices stand still"
