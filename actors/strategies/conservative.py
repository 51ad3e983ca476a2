"""The conservative strategy: many small positions, much cash, and a stop-loss."""

from actors.strategies.base import StrategyConfig
from actors.strategies.rebalancing import Plan, Rebalancer


def conservative(config: StrategyConfig) -> Rebalancer:
    """Return the conservative strategy.

    With a rising tolerance of risk from 1 to 10 it keeps 48 to 30 % in cash, spreads the rest over 12 symbols, lets
    none be more than 8.5 to 13 % of equity, lets a position drift by 3 to 9 % of its target, and sells one that has
    lost 3.5 to 8 % of its cost. Except for its very first purchases it opens no position in a symbol that trades below
    its recent average, so that it does not buy back at once what it was stopped out of.
    """
    tolerance = config.risk_tolerance
    plan = Plan(
        reserve_bp=5_000 - 200 * tolerance,
        position_max_bp=800 + 50 * tolerance,
        positions_max=12,
        drift_bp=240 + 60 * tolerance,
        stop_loss_bp=300 + 50 * tolerance,
        buys_falling=False,
    )
    return Rebalancer(config, plan)
