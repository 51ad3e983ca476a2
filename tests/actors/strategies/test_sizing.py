"""Whole shares within cash, reserve and limits."""

from hypothesis import given, settings
from hypothesis import strategies as st

from actors.model import Action
from actors.money import dollars
from actors.orders import buying_cost_micros
from actors.strategies.base import MarketView, PortfolioView, PositionView
from actors.strategies.sizing import (
    Allowance,
    Purchase,
    affordable_quantity,
    allowance,
    buy_all,
    choose_new,
    held_symbols,
    sell,
)


@settings(max_examples=100, deadline=None)
@given(st.integers(1, 10_000_000), st.integers(-(10**9), 10**13))
def test_no_share_more_could_be_paid_for(price_cents: int, cash_micros: int) -> None:
    """What is affordable costs no more than the cash, and one more would (but for half a micro-dollar of rounding)."""
    price_micros = price_cents * 10_000
    quantity = affordable_quantity(price_micros, cash_micros)
    assert quantity >= 0
    assert quantity == 0 or buying_cost_micros(price_micros, quantity) <= cash_micros
    assert buying_cost_micros(price_micros, quantity + 1) >= cash_micros


def test_the_reserve_of_a_small_account_is_half_of_it() -> None:
    """A large account keeps its share, a middling one enough to go on trading."""
    for equity, reserve in ((100, 50), (220, 110), (500, 110), (10_000, 1_000)):
        allowed = allowance(PortfolioView(dollars(equity), dollars(equity)), reserve_bp=1_000, position_max_bp=2_000)
        assert allowed.investable_micros == dollars(equity - reserve)
        assert allowed.idle_micros == dollars(equity - reserve)
        assert allowed.position_micros_max == max(dollars(equity) // 5, dollars(50))


def test_a_portfolio_in_debt_may_invest_nothing() -> None:
    """Neither sign of equity nor of cash confuses the limits."""
    allowed = allowance(PortfolioView(-5, -5), reserve_bp=1_000, position_max_bp=2_000)
    assert (allowed.investable_micros, allowed.idle_micros) == (0, 0)


def test_as_many_new_positions_as_buy_a_share_each() -> None:
    """Prices too high for an equal part are passed over; fewer positions make larger parts."""
    market = MarketView(0, {"A": dollars(10), "B": dollars(60), "C": dollars(40), "D": dollars(900)})
    allowed = Allowance(dollars(100), dollars(100), dollars(70))
    assert choose_new(("D", "B", "C", "A"), market, allowed, held=0, positions_max=4) == ("C", "A")
    assert choose_new(("D", "B"), market, allowed, held=0, positions_max=4) == ("B",)
    assert choose_new(("D",), market, allowed, held=0, positions_max=4) == ()
    assert choose_new(("A",), market, allowed, held=4, positions_max=4) == ()
    assert choose_new(("A",), market, Allowance(dollars(100), dollars(10), dollars(70)), held=1, positions_max=4) == ()


def test_purchases_stop_where_little_cash_is_free() -> None:
    """An agent does not buy by itself below a hundred dollars of free cash, nor beyond the idle cash."""
    market = MarketView(0, {"A": dollars(30), "B": dollars(30), "C": dollars(30)})
    portfolio = PortfolioView(dollars(150), dollars(150))
    purchases = [Purchase(symbol, dollars(40), dollars(40)) for symbol in ("A", "B", "C")]
    generous = Allowance(dollars(150), dollars(150), dollars(150))
    intents = buy_all(purchases, market, portfolio, generous)
    assert [(intent.symbol, intent.action, intent.quantity) for intent in intents] == [
        ("A", Action.BUY, 1),
        ("B", Action.BUY, 1),
    ]
    assert intents[0].reason == "A is 0.0 % of equity, target 26.7 %: buy 1"
    assert len(buy_all(purchases, market, portfolio, Allowance(0, dollars(35), 0))) == 1


def test_only_free_shares_are_sold() -> None:
    """What an open order holds is not sold twice."""
    portfolio = PortfolioView(0, 1, {"A": PositionView(10, 4, 1), "B": PositionView(10, 0, 1)})
    (intent,) = sell("A", 10, portfolio, "A has turned down")
    assert (intent.quantity, intent.reason) == (4, "A has turned down: sell 4")
    assert sell("B", 10, portfolio, "B has turned down") == []


def test_what_has_no_price_or_no_shares_is_not_held() -> None:
    """A market may not know a symbol that was bought in another one."""
    one = PositionView(1, 1, 1)
    portfolio = PortfolioView(0, 1, {"Z": one, "B": one, "A": one, "C": PositionView(0, 0, 0)})
    assert held_symbols(MarketView(0, {"A": 1, "B": 1, "C": 1}), portfolio) == ["A", "B"]
