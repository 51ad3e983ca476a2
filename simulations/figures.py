"""A run in figures, by the names under which runs are compared."""

from simulations.result import RunResult
from simulations.sweep.outcome import outcome_of


def figures(result: RunResult) -> dict[str, float | None]:
    """Return the figures of a run, under the names of `actors.simulating.comparison.METRICS`."""
    outcome = outcome_of(result)
    return {
        "gain": outcome.gain,
        "gainOfAgent": outcome.gain_of_agent,
        "maxDrawdown": outcome.max_drawdown,
        "trades": outcome.trades,
        "requestsADay": outcome.requests_a_day,
        "decidedADay": outcome.decided_a_day,
        "expiredShare": outcome.expired_share,
        "waitedMedianSeconds": outcome.waited_median_s,
        "busyShare": outcome.busy_share,
        "waitingCost": outcome.waiting_cost,
        "agents": len(result.agent_ids),
        "ticks": result.pace.ticks,
        "virtualSeconds": result.pace.virtual_s,
        "realSeconds": result.pace.real_s,
    }
