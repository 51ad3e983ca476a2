"""What the desk decides of an order, and what it refuses."""

import pytest
from attrs import evolve

from actors.book import fold
from actors.desk import (
    Ticket,
)
from actors.errors import (
    AgentNotTrading,
    AssetNotPermitted,
    InsufficientFunds,
    InsufficientShares,
    MarketClosed,
    QuotaExceeded,
    TooManyOpenTrades,
    TradingError,
)
from actors.events import (
    ApprovalRequested,
    TradeCreated,
    TradeExecuted,
    UsageAlert,
)
from actors.hours import TradingHours
from actors.model import Agent, AgentStatus, OrderRequest, QuotaConfig, TradeStatus, Usage, UsageLine
from actors.money import dollars
from actors.preferences import AssetPreferences
from tests.actors.builders import (
    AAPL_MICROS,
    IMPACT,
    NOW_US,
    RISK,
    TSLA_MICROS,
    a_book,
    a_ticket,
    a_trade,
    an_agent,
    an_approval,
    book_with_shares,
    buy,
    held_purchase,
    held_sale,
    limit,
    placed,
    sell,
    types_of,
)

TSLA_COST_MICROS = dollars(75_075)


def _at(price_micros: int) -> Ticket:
    return a_ticket(price_micros=price_micros)


def test_a_purchase_fills_at_once() -> None:
    """10 AAPL at $150.25 take $1,502.50 and the fee from the cash, one call and ten cents from the quota."""
    outcome = placed(a_book(), buy(quantity=10, reason="a hunch", client_order_id="c-1"))

    created = a_trade(reason="a hunch", client_order_id="c-1")
    filled = evolve(
        created,
        status=TradeStatus.COMPLETED,
        executed_at_us=NOW_US,
        executed_price_micros=AAPL_MICROS,
        fee_micros=dollars("1.5025"),
        total_cost_micros=dollars("1504.0025"),
    )
    assert outcome.events == (TradeCreated(created), TradeExecuted(filled))
    assert outcome.trade == filled
    assert outcome.approval is None
    assert outcome.book.portfolio.cash_micros == dollars("98495.9975")
    assert outcome.book.open_trades == {}
    assert (outcome.book.usage.api_calls, outcome.book.usage.spent_micros) == (1, dollars("0.10"))


def test_a_sale_brings_notional_less_fee() -> None:
    """The total of a sale is what the cash grows by."""
    before = book_with_shares(100)

    outcome = placed(before, sell(quantity=40))

    assert outcome.trade is not None
    assert outcome.trade.total_cost_micros == dollars("6003.99")
    assert outcome.book.portfolio.cash_micros == before.portfolio.cash_micros + dollars("6003.99")
    assert outcome.book.portfolio.position("AAPL").quantity == 60


def test_a_sale_never_costs_more_than_it_brings() -> None:
    """The fee of a sale below a dollar is what it brings: a sale needs no cash, which may not be there."""
    price_micros = dollars("0.40")
    book = placed(a_book(an_agent(initial_budget_micros=dollars("1.40"))), buy(quantity=1), _at(price_micros)).book
    assert book.portfolio.cash_micros == 0

    outcome = placed(book, sell(quantity=1), _at(price_micros))

    assert outcome.trade is not None
    assert (outcome.trade.fee_micros, outcome.trade.total_cost_micros) == (price_micros, 0)
    assert outcome.book.portfolio.cash_micros == 0


@pytest.mark.parametrize(
    ("order", "ticket", "error"),
    [
        (buy(quantity=664), a_ticket(), None),
        (buy(quantity=665), a_ticket(), InsufficientFunds),
        (sell(quantity=1), a_ticket(), InsufficientShares),
    ],
)
def test_an_order_needs_cash_or_shares(order: OrderRequest, ticket: Ticket, error: type[TradingError] | None) -> None:
    """The whole cash, fee included, may be spent; nothing is bought on credit and nothing sold short."""
    if error is None:
        assert placed(a_book(), order, ticket, threshold_micros=dollars(100_000)).trade is not None
    else:
        with pytest.raises(error):
            placed(a_book(), order, ticket)


def test_an_order_needs_quota() -> None:
    """Without calls left in the month an order is refused, by hand too."""
    book = a_book(usage=Usage("agt_1", "2026-02", api_calls=10_000))

    with pytest.raises(QuotaExceeded):
        placed(book, buy())


def test_a_trade_is_metered_at_its_agents_prices() -> None:
    """The trade carries them, so that its events alone say what was used; later prices do not touch it."""
    agent = an_agent(quota=QuotaConfig(submission_cost_micros=dollars("0.25"), execution_cost_micros=dollars("1.50")))

    outcome = placed(a_book(agent), buy(), agent=agent)

    assert outcome.book.usage.spent_micros == dollars("1.75")
    assert outcome.book.usage.breakdown == {
        "trade.submitted": UsageLine(1, dollars("0.25")),
        "trade.executed": UsageLine(0, dollars("1.50")),
    }
    assert fold(a_book(), outcome.events) == outcome.book


def test_an_order_needs_budget_for_its_submission_and_its_fill() -> None:
    """Together, before it is submitted."""
    prices = {"submission_cost_micros": dollars(1), "execution_cost_micros": dollars(2)}
    agent = an_agent(quota=QuotaConfig(budget_per_month_micros=dollars(6), **prices))
    once = placed(a_book(agent), buy(), agent=agent)
    twice = placed(once.book, buy(), a_ticket(2), agent=agent)

    assert twice.book.usage.spent_micros == dollars(6)
    with pytest.raises(QuotaExceeded):
        placed(twice.book, buy(), a_ticket(3), agent=agent)


def test_an_order_that_crosses_a_quota_threshold_raises_an_alert() -> None:
    """The alert comes before the last event, which is the answer that is kept under an idempotency key."""
    agent = an_agent(quota=QuotaConfig(api_calls=10))
    book = a_book(usage=Usage("agt_1", "2026-02", api_calls=7))

    outcome = placed(book, buy(), agent=agent)

    assert types_of(outcome.events) == [TradeCreated, UsageAlert, TradeExecuted]
    assert outcome.events[-2] == UsageAlert("agt_1", "apiCalls", 80, 8, 10, "2026-02")


@pytest.mark.parametrize(
    ("agent", "ticket", "error"),
    [
        (an_agent(status=AgentStatus.PAUSED), a_ticket(), None),
        (an_agent(status=AgentStatus.PAUSED), a_ticket(by_program=True), None),
        (an_agent(status=AgentStatus.PAUSED), a_ticket(autonomous=True), AgentNotTrading),
        (an_agent(status=AgentStatus.STOPPED), a_ticket(), AgentNotTrading),
        (an_agent(status=AgentStatus.FAILED), a_ticket(), AgentNotTrading),
        (an_agent(status=AgentStatus.DELETED), a_ticket(), AgentNotTrading),
        (an_agent(hours=TradingHours("09:00", "12:00")), a_ticket(), None),
        (an_agent(hours=TradingHours("09:00", "12:00")), a_ticket(by_program=True), MarketClosed),
        (an_agent(hours=TradingHours("09:00", "12:00")), a_ticket(autonomous=True), MarketClosed),
        (an_agent(hours=TradingHours("12:00", "13:00")), a_ticket(autonomous=True), None),
        (an_agent(preferences=AssetPreferences(excluded_symbols=("AAPL",))), a_ticket(), None),
        (
            an_agent(preferences=AssetPreferences(excluded_symbols=("AAPL",))),
            a_ticket(by_program=True),
            AssetNotPermitted,
        ),
        (
            an_agent(preferences=AssetPreferences(excluded_symbols=("AAPL",))),
            a_ticket(autonomous=True),
            AssetNotPermitted,
        ),
        (an_agent(preferences=AssetPreferences(symbols=("AAPL",))), a_ticket(autonomous=True), None),
    ],
)
def test_status_hours_and_preferences_bind_programs_more_than_people(
    agent: Agent, ticket: Ticket, error: type[TradingError] | None
) -> None:
    """The owner may trade by hand while the agent is paused, out of its hours, and against its preferences."""
    if error is None:
        assert placed(a_book(), buy(), ticket, agent=agent).trade is not None
    else:
        with pytest.raises(error):
            placed(a_book(), buy(), ticket, agent=agent)


def test_an_autonomous_trade_needs_a_hundred_dollars_of_free_cash() -> None:
    """A hundred dollars are enough; a trade by hand needs only what it costs."""
    enough, short = (a_book(an_agent(initial_budget_micros=dollars(amount))) for amount in ("100", "99.999999"))
    by_hand = _at(dollars(10))
    autonomous = evolve(by_hand, autonomous=True)

    assert placed(enough, buy(quantity=1), autonomous).trade is not None
    assert placed(short, buy(quantity=1), by_hand).trade is not None
    with pytest.raises(InsufficientFunds, match="an autonomous trade needs"):
        placed(short, buy(quantity=1), autonomous)


def test_a_purchase_above_the_threshold_is_held_with_its_cash() -> None:
    """500 TSLA wait for a human; $75,000 and the fee are reserved, and nothing is bought."""
    outcome = held_purchase()

    created = a_trade(symbol="TSLA", quantity=500, reference_price_micros=TSLA_MICROS)
    held = evolve(
        created,
        status=TradeStatus.PENDING_APPROVAL,
        approval_request_id="ovr_1",
        reserved_micros=TSLA_COST_MICROS,
    )
    assert outcome.events == (TradeCreated(created), ApprovalRequested(an_approval(), held))
    assert (outcome.trade, outcome.approval) == (held, an_approval())
    assert outcome.book.portfolio.reserved_micros == TSLA_COST_MICROS
    assert outcome.book.portfolio.cash_micros == dollars(100_000)
    assert outcome.book.open_trades == {"trd_1": held}
    assert outcome.book.approvals == {"ovr_1": an_approval()}
    assert (outcome.book.usage.api_calls, outcome.book.usage.spent_micros) == (1, 0)


def test_a_sale_above_the_threshold_is_held_with_its_shares() -> None:
    """The shares are reserved, not cash."""
    outcome = held_sale(400)

    assert outcome.trade is not None
    assert (outcome.trade.reserved_micros, outcome.trade.reserved_quantity) == (0, 400)
    assert outcome.book.portfolio.position("AAPL").free_quantity == 0
    assert outcome.book.portfolio.reserved_micros == 0


@pytest.mark.parametrize(
    ("quantity", "own_threshold", "held"),
    [
        (500, dollars(75_000), False),
        (500, dollars("74999.999999"), True),
        (1, 0, True),
        (333, None, False),
        (334, None, True),
    ],
)
def test_only_a_notional_above_the_threshold_is_held(quantity: int, own_threshold: int | None, *, held: bool) -> None:
    """The agent's own threshold goes before the floor's; the threshold itself needs nobody."""
    agent = an_agent(oversight_threshold_micros=own_threshold)

    outcome = placed(a_book(), buy("TSLA", quantity), a_ticket(price_micros=TSLA_MICROS), agent=agent)

    assert (outcome.approval is not None) is held


def test_an_approval_says_which_threshold_was_exceeded_and_how_the_trade_was_judged() -> None:
    """The approver reads the agent's own threshold, not the floor's."""
    agent = an_agent(oversight_threshold_micros=dollars(100))

    outcome = placed(a_book(), buy(quantity=1), agent=agent)

    assert outcome.approval is not None
    assert outcome.approval.reason == "the notional of $150.25 exceeds the threshold of $100.00"
    assert (outcome.approval.risk, outcome.approval.impact) == (RISK, IMPACT)


def test_so_many_trades_may_be_open(monkeypatch: pytest.MonkeyPatch) -> None:
    """Resting or waiting for approval; one more is refused with what to do, and what fills at once is no such one."""
    monkeypatch.setattr("actors.desk.OPEN_TRADES_MAX", 2)
    rests, held, low = limit(buy(quantity=1), "1"), buy("TSLA", quantity=100), dollars(1_000)
    book = placed(a_book(), rests, a_ticket(1)).book
    book = placed(book, held, a_ticket(2, price_micros=TSLA_MICROS), threshold_micros=low).book
    assert len(book.open_trades) == 2
    for order in (rests, held):
        with pytest.raises(TooManyOpenTrades, match="cancel some"):
            placed(book, order, a_ticket(3), threshold_micros=low)
    assert placed(book, buy(quantity=1), a_ticket(3), threshold_micros=low).trade is not None
