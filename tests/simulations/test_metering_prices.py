"""What metering charges in a simulation, and what of the strategies' orders was refused for it."""

from pathlib import Path

import numpy as np
from attrs import evolve

from persistence.verify import verify
from simulations.floors import simulate
from simulations.scenario import load, parse, with_agents, with_settings
from tests.simulations.runs import OUTSIDE, short_run

DEAR = ("metering.prices.submission=0.5", "metering.prices.execution=2", "metering.quota.budget_per_month=10")


def test_agents_spend_at_the_prices_of_the_scenario() -> None:
    """So much for each submission and each fill, and no more of them than the budget pays for."""
    result = short_run("quickstart", 6, 60, *DEAR)

    filled = np.bincount(result.trades.agent[result.trades.price_micros > 0], minlength=6)
    assert (result.spent_micros == filled * 2_000_000 + result.calls_used * 500_000).all()
    assert filled.max() == 4
    assert result.spent_micros.max() == 10_000_000


def test_refused_orders_are_counted_by_cause() -> None:
    """With the agent, and the times between which they were refused."""
    result = short_run("quickstart", 6, 60, *DEAR)
    refused = result.refused

    assert list(refused.by_cause) == ["quota exceeded"]
    assert refused.by_cause["quota exceeded"] == refused.orders.sum() > 0
    assert (result.spent_micros[refused.agent] > 7_500_000).all()
    assert (refused.first_at_us <= refused.last_at_us).all()


def test_what_a_thin_market_cuts_is_counted_apart_from_what_it_refuses() -> None:
    """An order of which it takes a part is cut; one that is dearer than its share by the piece is refused."""
    cut = short_run("quickstart", 6, 10, "market.liquidity.volume=400_000", "market.liquidity.share_max=0.01")
    refused = short_run("quickstart", 6, 10, "market.liquidity.volume=1_000", "market.liquidity.share_max=0.01")

    assert list(cut.refused.by_cause) == ["cut by a thin market"]
    assert list(refused.refused.by_cause) == ["market too thin"]
    assert refused.fills == 0


def test_the_log_of_other_prices_replays(tmp_path: Path) -> None:
    """`tradefloor verify` finds a database sound whose trades were metered at them."""
    scenario = with_agents(parse(with_settings(load("quickstart"), DEAR)), 5)
    scenario = evolve(scenario, time=evolve(scenario.time, days=None, ticks=20))

    simulate(scenario, evolve(OUTSIDE, database=tmp_path / "run.db"))

    assert verify(tmp_path / "run.db").findings == ()
