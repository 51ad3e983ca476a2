"""The balanced strategy: equal weights in a spread of symbols, brought back when they drift."""

from actors.strategies.base import StrategyConfig
from actors.strategies.rebalancing import Plan, Rebalancer


def balanced(config: StrategyConfig) -> Rebalancer:
    """Return the balanced strategy.

    With a rising tolerance of risk from 1 to 10 it keeps 20 to 2 % in cash, spreads the rest over 10 to 7 symbols, lets
    none be more than 22 to 40 % of equity, and lets a position drift by 2.6 to 8 % of its target.
    """
    tolerance = config.risk_tolerance
    plan = Plan(
        reserve_bp=2_200 - 200 * tolerance,
        position_max_bp=2_000 + 200 * tolerance,
        positions_max=10 - tolerance // 3,
        drift_bp=200 + 60 * tolerance,
    )
    return Rebalancer(config, plan)
