"""The prices at which a position that drifts can be mended: held against what the strategy then decides."""

import numpy as np
from attrs import evolve
from hypothesis import assume, example, given
from hypothesis import strategies as st

from actors.bands import NO_HIGH_MICROS, NO_LOW_MICROS
from actors.model import Action
from actors.money import MICROS_PER_DOLLAR, dollars
from actors.orders import buying_cost_micros
from actors.strategies import MarketView, PortfolioView, PositionView, StrategyConfig
from actors.strategies.edges import NO_CASH, Cash, Stake, edges_micros
from actors.strategies.rebalancing import MOVE_BP_MIN, Plan, Rebalancer
from actors.strategies.sizing import BASIS_POINTS

HAIR_BP = 5
"""How near an edge the decision changes: weights are rounded to a millionth, and a few shares make that much of it."""

plans = st.builds(
    Plan,
    reserve_bp=st.integers(500, 5_000),
    position_max_bp=st.integers(1_000, 9_000),
    positions_max=st.just(1),
    drift_bp=st.integers(100, 1_000),
)


def rebalancer(plan: Plan) -> Rebalancer:
    """Return a strategy that may hold one symbol."""
    return Rebalancer(StrategyConfig(5, dollars(100_000), ("A",)), plan)


def portfolio_at(price_micros: int, quantity: int, cash_micros: int) -> PortfolioView:
    """Return a portfolio that bought at a price."""
    value = quantity * price_micros
    return PortfolioView(cash_micros, cash_micros + value, {"A": PositionView(quantity, quantity, value)})


def ordered(plan: Plan, price_micros: int, quantity: int, cash_micros: int) -> int:
    """Return how many shares the strategy buys at a price, less those that it sells."""
    market = MarketView(0, {"A": price_micros})
    portfolio = (
        portfolio_at(price_micros, quantity, cash_micros) if quantity else PortfolioView(cash_micros, cash_micros)
    )
    intents = rebalancer(plan).decide(market, portfolio, np.random.default_rng(1))
    return sum(intent.quantity if intent.action is Action.BUY else -intent.quantity for intent in intents)


@given(
    plan=plans,
    price=st.integers(dollars(5), dollars(2_000)),
    budget=st.integers(dollars(20_000), dollars(200_000)),
    moved_bp=st.integers(-300, 300),
)
@example(plan=Plan(1_000, 9_000, 1, 500), price=dollars(400), budget=dollars(100_000), moved_bp=0)
@example(plan=Plan(1_000, 2_000, 1, 500), price=dollars(1_900), budget=dollars(24_000), moved_bp=0)
def test_it_acts_beyond_its_edges_and_not_before(plan: Plan, price: int, budget: int, moved_bp: int) -> None:
    """A hair beyond an edge it trades, a hair before it does not, whatever the plan."""
    quantity = ordered(plan, price, 0, budget)
    cash = budget - buying_cost_micros(price, quantity)
    price += price * moved_bp // BASIS_POINTS
    assume(quantity and not ordered(plan, price, quantity, cash))
    market, portfolio = MarketView(0, {"A": price}), portfolio_at(price, quantity, cash)
    (band,) = rebalancer(plan).wake(market, portfolio, np.random.default_rng(1)).bands
    for edge, away in ((band.low_micros, -1), (band.high_micros, 1)):
        at_least_away = abs(edge - price) * BASIS_POINTS <= price * (MOVE_BP_MIN + 1)
        if at_least_away or edge in {NO_LOW_MICROS, NO_HIGH_MICROS}:
            continue
        beyond, before = (edge * (BASIS_POINTS + side * away * HAIR_BP) // BASIS_POINTS for side in (1, -1))
        assert ordered(plan, beyond, quantity, cash) * away < 0
        assert not ordered(plan, before, quantity, cash)


def test_a_position_that_never_is_too_large_by_a_share_has_no_upper_edge() -> None:
    """One share of which half is wanted is never one too many."""
    assert edges_micros(Stake(1, dollars(1_000), 500_000), 500, NO_CASH)[1] == NO_HIGH_MICROS
    assert edges_micros(Stake(3, dollars(1_000), 500_000), 500, NO_CASH)[1] == dollars(1_000)


def test_what_cannot_be_paid_for_has_no_lower_edge() -> None:
    """Neither where nothing is idle, nor where the position is all there is."""
    stake = Stake(10, dollars(10_000), 200_000)
    rich = Cash(dollars(5_000), dollars(200), 1_000)
    assert dollars(190) < edges_micros(stake, 500, rich)[0] < dollars(240)
    assert edges_micros(stake, 500, NO_CASH)[0] == NO_LOW_MICROS
    assert edges_micros(evolve(stake, others_micros=0), 500, rich)[0] == NO_LOW_MICROS


def test_a_dear_share_costs_its_rated_fee() -> None:
    """Above a thousand dollars a share the fee is a thousandth and not a dollar."""
    stake = Stake(1, dollars(1_000_000), 200_000)
    for idle in (500, 20_000):
        edge = edges_micros(stake, 500, Cash(dollars(idle), dollars(500), 0))[0]
        fee = max(MICROS_PER_DOLLAR, edge // 1_000)
        assert 0 <= dollars(idle) - edge - fee <= 1
