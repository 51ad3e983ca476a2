"""The results of several floors as one: the same agents as on one floor, whatever divides them."""

import numpy as np

from simulations.result import RunResult
from tests.simulations.runs import short_form, side_by_side

AGENTS, TICKS = 13, 40
UNATTENDED = "oversight.threshold=1e9"


def _runs(*settings: str, floors: int, ticks: int = TICKS) -> tuple[RunResult, RunResult]:
    """Run a scenario on one floor and on several."""
    one, several = (short_form("quickstart", AGENTS, ticks, *settings, f"floors={count}") for count in (1, floors))
    return side_by_side(one), side_by_side(several)


def _rows(result: RunResult) -> list[tuple[int, ...]]:
    trades = result.trades
    columns = (trades.agent, trades.symbol, trades.buys, trades.quantity, trades.ended_at_us, trades.price_micros)
    return sorted(zip(*(column.tolist() for column in columns), strict=True))


def test_an_agent_is_the_same_on_any_floor() -> None:
    """Where nobody is asked for approval, dividing a fleet changes nothing for any agent."""
    one, three = _runs(UNATTENDED, floors=3)

    assert three.agent_ids == one.agent_ids
    for name in ("group", "budget_micros", "sampled_at_us", "prices_micros", "equity_micros", "spent_micros"):
        assert np.array_equal(getattr(three, name), getattr(one, name)), name
    assert _rows(three) == _rows(one) != []
    assert (np.diff(three.trades.ended_at_us) >= 0).all()
    assert three.events == one.events


def test_each_floor_has_people_of_its_own() -> None:
    """Approvers are named with their floor; a strategy's fault strikes the same agents on any."""
    one, two = _runs("faults=[{kind='strategy', at='1h', lasts='9h', share=0.4}]", floors=2, ticks=200)

    people = len(one.approver_names)
    assert two.approver_names[0] == "Approver 1, floor 1"
    assert two.approver_names[-1] == f"Approver {2 * people}, floor 2"
    assert np.array_equal(two.set_aside > 0, one.set_aside > 0)
    assert two.set_aside.any()


def test_refused_orders_are_put_together() -> None:
    """Every cause of every agent is there, in the order in which they began."""
    one, two = _runs(UNATTENDED, "metering.quota={api_calls=3}", floors=2)

    assert two.refused.by_cause == one.refused.by_cause != {}
    assert sorted(two.refused.agent.tolist()) == sorted(one.refused.agent.tolist())
    assert (np.diff(two.refused.first_at_us) >= 0).all()
