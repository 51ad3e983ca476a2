"""The portfolio: it decides on the committed book, and answers whatever becomes of the strategy next door."""

import pytest

from actors import paths
from actors.errors import (
    AgentNotFound,
    ApprovalNotFound,
    ApprovalOverdue,
    FloorBusy,
    IdempotencyMismatch,
    InsufficientFunds,
    InsufficientShares,
    UnknownSymbol,
)
from actors.messages import ExpireApproval, Liquidate, ResolveApproval, SubmitTrade
from actors.model import TradeStatus
from actors.money import dollars
from actors.portfolio import _trade_of
from actors.ports.history import TradeQuery
from tests.actors.builders import OWNER, a_decision, buy, sell
from tests.actors.headless import headless_floor


async def test_refusals_change_nothing(autojump_clock: object) -> None:
    """Too little cash, too few shares, an unknown symbol, an approval that is not there: an error and the same book."""
    async with headless_floor() as floor:
        await floor.create()
        before = floor.book()
        with pytest.raises(InsufficientFunds):
            await floor.trade(buy(quantity=10_000))
        with pytest.raises(InsufficientShares):
            await floor.trade(sell())
        with pytest.raises(UnknownSymbol, match="AAPL, TSLA"):
            await floor.trade(buy("NOPE"))
        portfolio = floor.system.ref(paths.portfolio("agt_1"))
        with pytest.raises(ApprovalNotFound):
            await portfolio.ask(ResolveApproval("ovr_9", a_decision(), OWNER))
        with pytest.raises(ApprovalNotFound):
            await portfolio.ask(ExpireApproval("ovr_9"))
        await portfolio.ask(Liquidate(OWNER))
        assert floor.book() is before
        assert floor.published_types() == ["agent.created"]


async def test_state_shows_the_ledger(autojump_clock: object) -> None:
    """An operator sees cash, reservations, positions and what is open."""
    async with headless_floor() as floor:
        await floor.create()
        await floor.trade()
        await floor.trade(buy("TSLA", 400))
        state = await floor.system.control.state(paths.portfolio("agt_1"))
        expected = {
            "cash_micros": dollars("98495.9975"),
            "reserved_micros": dollars(60_060),
            "positions": {"AAPL": 10},
            "open_trades": ["trd_2"],
            "approvals": ["ovr_1"],
        }
        assert expected.items() <= state.items()


async def test_approval_at_another_price(autojump_clock: object) -> None:
    """Within the tolerance the trade fills at the price of now; beyond it the approved trade fails and says so."""
    async with headless_floor() as floor:
        await floor.create()
        await floor.trade(buy("TSLA", 400))
        floor.around.prices.set("TSLA", "151.50")
        await floor.advance(1.1)
        await floor.decide()
        assert floor.portfolio().positions["TSLA"].cost_basis_micros == 400 * dollars("151.50")
        await floor.trade(sell("TSLA", 400))
        floor.around.prices.set("TSLA", "160")
        await floor.advance(1.1)
        await floor.decide()
        failed = (await floor.store.trades(TradeQuery("agt_1"))).items[0]
        assert failed.status is TradeStatus.FAILED
        assert "more than the tolerance of 2.00%" in (failed.failure_reason or "")
        assert floor.portfolio().positions["TSLA"].free_quantity == 400
        floor.check()


async def test_decision_after_the_time_is_refused_and_expires_it(autojump_clock: object) -> None:
    """A decision that comes when the time is over is too late, even where the alarm has not rung yet."""
    async with headless_floor() as floor:
        await floor.create()
        held = await floor.trade(buy("TSLA", 400))
        floor.around.clock.step(601)
        with pytest.raises(ApprovalOverdue):
            await floor.decide()
        assert floor.published_types()[-1] == "oversight.expired"
        await floor.advance(0)
        assert not floor.system.exists(paths.approval("agt_1", held.approval_request_id or ""))
        floor.check()


async def test_crash_of_the_portfolio_is_not_the_floor_s(autojump_clock: object) -> None:
    """Who asks a portfolio that crashes hears that it is busy, and the next trade is made on the committed book."""
    async with headless_floor() as floor:
        await floor.create()
        await floor.trade()
        book = floor.views.books.pop("agt_1")
        with pytest.raises(AgentNotFound):
            await floor.trade()
        floor.views.books["agt_1"] = None  # type: ignore[assignment]  # a defect that no rule foresees
        with pytest.raises(FloorBusy):
            await floor.system.ref(paths.agent("agt_1")).ask(SubmitTrade(buy(), OWNER))
        floor.views.books["agt_1"] = book
        await floor.advance(1)
        await floor.trade()
        assert floor.portfolio().positions["AAPL"].quantity == 20


def test_answer_without_a_trade_is_a_mismatch() -> None:
    """A key that was used to create an agent answers no trade."""
    with pytest.raises(IdempotencyMismatch):
        _trade_of(())
