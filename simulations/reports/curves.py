"""How a run's agents fared: their equity over time, by group, and what they made of it."""

from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np
from attrs import evolve, frozen
from numpy.typing import NDArray

from actors.performance import Performance, measure
from actors.prices.ticks import TRADING_YEAR_SECONDS
from simulations.reports.fills import Fills
from simulations.result import Ints, RunResult
from simulations.scenario.model import DAY_S, TRADING_DAY_S

Floats = NDArray[np.float64]

QUANTILES: Final = (0.05, 0.25, 0.50, 0.75, 0.95)


@frozen(eq=False)
class GroupCurves:
    """One group over time, as parts of what its agents began with: 1.0 is nothing won and nothing lost.

    ``bands`` are quantiles over its agents at each sample, shape (samples, quantiles); ``together`` is its whole
    equity over its whole budget, ``drawdown`` how far that is below its highest, both of shape (samples,).
    """

    name: str
    agents: int
    bands: Floats
    together: Floats
    drawdown: Floats


def curves(result: RunResult) -> list[GroupCurves]:
    """Return each group's curves, in the order of the scenario."""
    found = []
    for place, name in enumerate(result.group_names):
        members = result.group == place
        equity, budget = result.equity_micros[:, members], result.budget_micros[members]
        parts = equity / budget
        together = equity.sum(axis=1) / budget.sum()
        drawdown = together / np.maximum.accumulate(together) - 1
        bands = np.quantile(parts, QUANTILES, axis=1).T
        found.append(GroupCurves(name, int(members.sum()), bands, together, drawdown))
    return found


def returns(result: RunResult) -> Floats:
    """Return what each agent has won or lost in all, as a part of its budget."""
    final: Floats = result.equity_micros[-1] / result.budget_micros - 1
    return final


def period_years(result: RunResult) -> float | None:
    """Return the trading time between two samples, in years; None when no two are a whole period apart."""
    if len(result.sampled_at_us) < 2:
        return None
    period_s = (int(result.sampled_at_us[1]) - int(result.sampled_at_us[0])) / 1e6
    a_day = result.scenario.time.trading_days_per_day * TRADING_DAY_S
    return period_s / DAY_S * a_day / TRADING_YEAR_SECONDS


def performances(result: RunResult, fills: Fills) -> Mapping[str, Performance]:
    """Return the measures of each group's equity together, and of all agents' under the name of nobody, "".

    Only whole periods between samples count for returns; the gain and the drawdown take in the last moment, too.
    """
    found = {"": _performance(result, fills, np.ones(len(result.agent_ids), dtype=np.bool_))}
    for place, name in enumerate(result.group_names):
        found[name] = _performance(result, fills, result.group == place)
    return found


def agent_performances(result: RunResult, fills: Fills) -> list[Performance]:
    """Return the measures of each agent, by the same rules."""
    by_agent = fills.by_agent(len(result.agent_ids))
    whole = _whole_periods(result)
    years = period_years(result)
    return [
        _measured(result.equity_micros[:, agent], whole, years, own.realised_micros, own.bought_micros, own.sold_micros)
        for agent, own in enumerate(by_agent)
    ]


def _performance(result: RunResult, fills: Fills, members: NDArray[np.bool_]) -> Performance:
    own = fills.of(members)
    equity = result.equity_micros[:, members].sum(axis=1)
    realised = own.realised_micros[~own.buys]
    return _measured(
        equity,
        _whole_periods(result),
        period_years(result),
        realised.tolist(),
        int(own.notional_micros[own.buys].sum()),
        int(own.notional_micros[~own.buys].sum()),
    )


def _measured(
    equity: Ints, whole: int, years: float | None, realised: Sequence[int], bought: int, sold: int
) -> Performance:
    periodic = measure(equity[:whole].tolist(), years or 1.0, realised, bought, sold)
    if years is None or whole == len(equity):
        return periodic
    ends = measure(equity.tolist(), years)
    return evolve(periodic, roi=ends.roi, max_drawdown=ends.max_drawdown)


def _whole_periods(result: RunResult) -> int:
    """Return how many samples lie whole periods apart: all but a last one that was taken when the run ended."""
    gaps = np.diff(result.sampled_at_us)
    return len(result.sampled_at_us) - int(len(gaps) > 0 and gaps[-1] != gaps[0])
