"""Resting orders on a running floor: they fire on the tick that crosses them, whatever else happens meanwhile."""

import pytest
import trio
from trio.testing import wait_all_tasks_blocked

from actors import paths
from actors.errors import IllegalTransition, JournalUnavailable, TradeNotFound
from actors.events import TradeCancelled, TradeExecuted, TradeTriggered
from actors.lifecycle import AgentEvent
from actors.messages import CancelAwait, PlaceOrder, PricesMoved
from actors.model import Action, OrderRequest, TimeInForce, Trade, TradeStatus
from actors.money import dollars
from actors.ports.journal import IdempotencyClaim
from actors.strategies.base import Intent, MarketView, PortfolioView
from supervisor import ActorRef, MailboxFull
from tests.actors.builders import DAY_US, NOW_US, OWNER, SECOND_US, buy, limit, sell, stop, stop_limit
from tests.actors.headless import HeadlessFloor, headless_floor, surroundings
from tests.actors.scripted import FIRST

MIDNIGHT_US = (NOW_US // DAY_US + 1) * DAY_US


async def tick(floor: HeadlessFloor, price: str, symbol: str = "AAPL") -> None:
    """Let the next tick show a price, and everything that follows from it happen."""
    floor.around.prices.set(symbol, price)
    await floor.advance(1)


async def trade_of(floor: HeadlessFloor, trade: Trade) -> Trade:
    """Return a trade as it is stored."""
    stored = await floor.store.trade(trade.agent_id, trade.trade_id)
    assert stored is not None
    return stored


async def test_fires_on_the_tick_that_crosses(autojump_clock: object) -> None:
    """Not a tick before, at the price of the tick, and what was reserved beyond that is free again."""
    async with headless_floor() as floor:
        await floor.create()
        order = await floor.trade(limit(buy(quantity=10), "140"))
        assert (order.status, order.reserved_micros) == (TradeStatus.PENDING, dollars("1401.40"))
        assert floor.portfolio().reserved_micros == dollars("1401.40")
        await tick(floor, "140.000001")
        assert (await trade_of(floor, order)).status is TradeStatus.PENDING
        await tick(floor, "139")
        filled = await trade_of(floor, order)
        assert (filled.status, filled.executed_price_micros) == (TradeStatus.COMPLETED, dollars(139))
        assert filled.executed_at_us == floor.views.market.at_us
        assert floor.portfolio().reserved_micros == 0
        await tick(floor, "138")
        assert floor.published_types().count("trade.executed") == 1
        floor.check()


async def test_each_fires_at_its_own_tick_while_a_commit_takes_long(autojump_clock: object) -> None:
    """Prices that lasted for one tick count, even when the journal was busy with an earlier one all the while."""
    async with headless_floor() as floor:
        await floor.create()
        low = await floor.trade(limit(buy(quantity=1), "140"))
        high = await floor.trade(stop(buy(quantity=1), "160"))
        floor.store.gate = trio.Event()
        async with trio.open_nursery() as nursery:
            nursery.start_soon(floor.trade, buy("TSLA", 1))
            for price in ("139", "161", "150"):
                await tick(floor, price)
            floor.store.gate.set()
        await floor.advance(0)
        assert (await trade_of(floor, low)).executed_price_micros == dollars(139)
        assert (await trade_of(floor, high)).executed_price_micros == dollars(161)
        floor.check()


async def test_a_tick_during_the_commit_of_the_order_counts(autojump_clock: object) -> None:
    """The market looks out for an order from the tick on which it was decided, not from its commit on."""
    async with headless_floor() as floor:
        await floor.create()
        floor.store.gate = trio.Event()
        async with trio.open_nursery() as nursery:
            nursery.start_soon(floor.trade, limit(buy(quantity=1), "140"))
            await wait_all_tasks_blocked()
            await tick(floor, "139")
            await tick(floor, "150")
            floor.store.gate.set()
        await floor.advance(0)
        (filled,) = [event.trade for event in floor.published() if isinstance(event, TradeExecuted)]
        assert filled.executed_price_micros == dollars(139)
        floor.check()


async def test_a_tick_before_the_order_does_not_count(autojump_clock: object) -> None:
    """A portfolio that hears late of an old tick applies it to the orders that were there, not to newer ones."""
    async with headless_floor() as floor:
        await floor.create()
        old = await floor.trade(limit(buy(quantity=1), "140"))
        floor.store.gate = trio.Event()
        async with trio.open_nursery() as nursery:
            nursery.start_soon(floor.trade, buy("TSLA", 1))
            await wait_all_tasks_blocked()
            nursery.start_soon(floor.system.ref(paths.portfolio("agt_1")).ask, _placing(limit(buy(quantity=2), "140")))
            await wait_all_tasks_blocked()
            await tick(floor, "139")
            await tick(floor, "150")
            floor.store.gate.set()
        await floor.advance(0)
        assert (await trade_of(floor, old)).executed_price_micros == dollars(139)
        (new,) = floor.book().open_trades.values()
        assert (new.quantity, new.reference_price_micros) == (2, dollars(150))
        floor.check()


async def test_the_day_ends_for_those_that_are_good_for_a_day(autojump_clock: object) -> None:
    """At midnight UTC, on the sockets as a cancellation; the others wait on."""
    async with headless_floor(surroundings(MIDNIGHT_US - 10 * SECOND_US)) as floor:
        await floor.create()
        for_a_day = await floor.trade(limit(buy(), "140", time_in_force=TimeInForce.DAY))
        until_cancelled = await floor.trade(limit(buy(), "140"))
        await floor.advance(9)
        assert (await trade_of(floor, for_a_day)).status is TradeStatus.PENDING
        await floor.advance(2)
        expired = await trade_of(floor, for_a_day)
        assert (expired.status, expired.failure_reason) == (TradeStatus.EXPIRED, "the day ended")
        assert floor.published()[-1] == TradeCancelled(expired)
        assert floor.portfolio().reserved_micros == until_cancelled.reserved_micros
        await tick(floor, "139")
        assert (await trade_of(floor, until_cancelled)).status is TradeStatus.COMPLETED
        floor.check()


async def test_orders_survive_a_restart(autojump_clock: object) -> None:
    """What rests fires after it, the triggered limit by its limit alone; a day that ended meanwhile is over."""
    around = surroundings(MIDNIGHT_US - 20 * SECOND_US)
    async with headless_floor(around) as floor:
        await floor.create()
        for_a_day = await floor.trade(limit(buy(quantity=1), "140", time_in_force=TimeInForce.DAY))
        resting = await floor.trade(limit(buy(quantity=2), "140"))
        triggered = await floor.trade(stop_limit(buy(quantity=3), "155", "145"))
        await tick(floor, "156")
        assert [type(event) for event in floor.published()][-1] is TradeTriggered
    around.clock.step(60)
    around.prices.set("AAPL", "141")
    async with headless_floor(around) as floor:
        await floor.advance(0)
        assert (await trade_of(floor, triggered)).executed_price_micros == dollars(141)
        await tick(floor, "139")
        assert (await trade_of(floor, resting)).executed_price_micros == dollars(139)
        assert (await trade_of(floor, for_a_day)).status is TradeStatus.EXPIRED
        assert floor.portfolio().reserved_micros == 0
        floor.check()


async def test_a_restart_of_the_market_loses_nobody(autojump_clock: object) -> None:
    """The conditions of strategies and of resting orders are armed again by those who wait."""
    async with headless_floor() as floor:
        await floor.create(strategy_name="first")
        order = await floor.trade(limit(buy(), "140"))
        await floor.change(AgentEvent.RESUME)
        await floor.advance(2)
        floor.around.prices.failures = 1
        await floor.advance(2)
        assert floor.around.prices.failures == 0
        asked = len(FIRST.decided_us)
        await tick(floor, "139")
        assert (await trade_of(floor, order)).status is TradeStatus.COMPLETED
        assert len(FIRST.decided_us) > asked
        floor.check()


async def test_a_fired_order_above_the_threshold_waits_for_approval(autojump_clock: object) -> None:
    """It holds what it costs at the price of the tick, has an actor, and fills at the price of the decision."""
    async with headless_floor() as floor:
        await floor.create()
        order = await floor.trade(limit(buy("TSLA", 500), "140"))
        await tick(floor, "130", "TSLA")
        held = await trade_of(floor, order)
        assert held.status is TradeStatus.PENDING_APPROVAL
        assert held.reserved_micros == floor.portfolio().reserved_micros == dollars("65065")
        assert (held.reference_price_micros, order.reference_price_micros) == (dollars(130), dollars(150))
        await tick(floor, "131", "TSLA")
        await floor.decide()
        filled = await trade_of(floor, order)
        assert (filled.status, filled.executed_price_micros) == (TradeStatus.COMPLETED, dollars(131))
        floor.check()


async def test_an_approval_does_not_lift_the_limit(autojump_clock: object) -> None:
    """Within the tolerance but beyond the limit, the approved order fails and says so."""
    async with headless_floor() as floor:
        await floor.create()
        order = await floor.trade(limit(buy("TSLA", 500), "140"))
        await tick(floor, "139", "TSLA")
        await tick(floor, "141", "TSLA")
        await floor.decide()
        failed = await trade_of(floor, order)
        assert failed.status is TradeStatus.FAILED
        assert failed.failure_reason == "the price of $141.00 is beyond the limit of $140.00"
        assert floor.portfolio().reserved_micros == 0
        floor.check()


async def test_a_stop_sells_what_it_holds(autojump_clock: object) -> None:
    """The shares are promised until it fires; whoever wants to sell them otherwise cancels it first."""
    async with headless_floor() as floor:
        await floor.create()
        await floor.trade(buy(quantity=10))
        order = await floor.trade(stop(sell(quantity=10), "145"))
        assert floor.portfolio().position("AAPL").free_quantity == 0
        await tick(floor, "144")
        assert (await trade_of(floor, order)).executed_price_micros == dollars(144)
        assert not floor.portfolio().positions
        floor.check()


async def test_a_cancelled_order_is_gone_for_the_market_too(autojump_clock: object) -> None:
    """It cannot be cancelled twice, and a trade that never was is not found."""
    async with headless_floor() as floor:
        await floor.create()
        order = await floor.trade(limit(buy(), "140"))
        cancelled = await floor.cancel(order.trade_id)
        assert (cancelled.status, floor.portfolio().reserved_micros) == (TradeStatus.CANCELLED, 0)
        woken = (await floor.system.control.state(paths.MARKET))["woken"]
        await tick(floor, "139")
        assert (await floor.system.control.state(paths.MARKET))["woken"] == woken
        with pytest.raises(IllegalTransition, match="the trade is cancelled: there is nothing to cancel any more"):
            await floor.cancel(order.trade_id)
        with pytest.raises(TradeNotFound):
            await floor.cancel("trd_none")
        floor.check()


async def test_a_stopped_agent_has_no_orders(autojump_clock: object) -> None:
    """They are cancelled before its positions are sold."""
    async with headless_floor() as floor:
        await floor.create()
        order = await floor.trade(limit(buy(), "140"))
        await floor.change(AgentEvent.STOP)
        assert (await trade_of(floor, order)).status is TradeStatus.CANCELLED
        await tick(floor, "139")
        assert floor.published_types().count("trade.executed") == 0
        floor.check()


async def test_a_strategy_trades_beside_a_resting_order(autojump_clock: object) -> None:
    """The owner's order for a symbol does not keep the strategy from it."""

    def once(_market: MarketView, portfolio: PortfolioView) -> tuple[Intent, ...]:
        return () if portfolio.positions else (Intent("AAPL", Action.BUY, 1, "it is time"),)

    async with headless_floor() as floor:
        await floor.create(strategy_name="first")
        await floor.trade(limit(buy(), "140"))
        FIRST.script = once
        await floor.change(AgentEvent.RESUME)
        await floor.advance(1)
        assert floor.portfolio().position("AAPL").quantity == 1
        floor.check()


async def test_nothing_fires_while_the_journal_cannot_commit(autojump_clock: object) -> None:
    """Once it can, the next tick that still crosses fills the order, once."""
    async with headless_floor() as floor:
        await floor.create()
        order = await floor.trade(limit(buy(), "140"))
        floor.store.unavailable = True
        await tick(floor, "139")
        await tick(floor, "138")
        assert (await trade_of(floor, order)).status is TradeStatus.PENDING
        floor.store.unavailable = False
        await floor.advance(1)
        assert (await trade_of(floor, order)).executed_price_micros == dollars(138)
        assert floor.published_types().count("trade.executed") == 1
        floor.check()


async def test_an_order_that_was_not_committed_does_not_rest(autojump_clock: object) -> None:
    """The market forgets it too."""
    async with headless_floor() as floor:
        await floor.create()
        floor.store.unavailable = True
        with pytest.raises(JournalUnavailable):
            await floor.trade(limit(buy(), "140"))
        floor.store.unavailable = False
        await tick(floor, "139")
        assert (await floor.system.control.state(paths.MARKET))["woken"] == 0
        assert floor.portfolio().cash_micros == dollars(100_000)
        floor.check()


async def test_a_restarted_portfolio_goes_on_watching(autojump_clock: object) -> None:
    """Also for an order whose commit was under way: the journal says that it rests now."""
    async with headless_floor() as floor:
        await floor.create()
        first = await floor.trade(limit(buy(quantity=1), "140"))
        await floor.system.control.restart(paths.portfolio("agt_1"))
        floor.store.gate = trio.Event()
        with trio.move_on_after(1):
            await floor.trade(limit(buy(quantity=2), "145"))
        await floor.system.control.restart(paths.portfolio("agt_1"))
        floor.store.gate.set()
        await floor.advance(0)
        assert len(floor.book().open_trades) == 2
        await tick(floor, "144")
        assert floor.portfolio().position("AAPL").quantity == 2
        await tick(floor, "139")
        assert (await trade_of(floor, first)).executed_price_micros == dollars(139)
        floor.check()


async def test_a_market_without_room_is_told_later(autojump_clock: object) -> None:
    """The order rests all the same, and fires at the price that is there when the market hears of it."""
    async with headless_floor() as floor:
        await floor.create()
        await floor.system.control.pause(paths.MARKET)
        with pytest.raises(MailboxFull):
            _fill_up(floor.system.ref(paths.MARKET))
        order = await floor.trade(limit(buy(), "140"))
        floor.around.prices.set("AAPL", "139")
        await floor.system.control.resume(paths.MARKET)
        await floor.advance(2)
        assert (await trade_of(floor, order)).executed_price_micros == dollars(139)
        floor.check()


async def test_a_tick_is_looked_at_once(autojump_clock: object) -> None:
    """However often a slow portfolio is told of it."""
    async with headless_floor() as floor:
        await floor.create()
        order = await floor.trade(limit(buy(), "140"))
        portfolio = floor.system.ref(paths.portfolio("agt_1"))
        await portfolio.tell(PricesMoved(10**6, NOW_US, {"AAPL": dollars(150)}))
        await portfolio.tell(PricesMoved(10**6, NOW_US, {"AAPL": dollars(139)}))
        await floor.advance(0)
        assert (await trade_of(floor, order)).status is TradeStatus.PENDING


async def test_a_watch_that_nobody_needs_is_taken_back(autojump_clock: object) -> None:
    """A portfolio that is told of prices for no reason says so to the market."""
    async with headless_floor() as floor:
        await floor.create()
        portfolio = floor.system.ref(paths.portfolio("agt_1"))
        await portfolio.tell(PricesMoved(10**6, NOW_US, {}))
        await floor.advance(1)
        assert (await floor.system.control.state(paths.portfolio("agt_1")))["resting"] == []
        assert not floor.published_types()[1:]


async def test_the_same_request_again_is_the_same_order(autojump_clock: object) -> None:
    """Under an idempotency key an order is placed once, and the market looks out for one."""
    claim = IdempotencyClaim("usr_owner", "key-1", "fingerprint-1")
    async with headless_floor() as floor:
        await floor.create()
        order = await floor.trade(limit(buy(), "140"), claim=claim)
        assert await floor.trade(limit(buy(), "140"), claim=claim) == order
        await tick(floor, "139")
        assert floor.portfolio().position("AAPL").quantity == 10
        assert await floor.trade(limit(buy(), "140"), claim=claim) == order
        floor.check()


def _fill_up(ref: ActorRef) -> None:
    while True:
        ref.tell_nowait(CancelAwait("agt_none"))


def _placing(order: OrderRequest) -> PlaceOrder:
    return PlaceOrder(order, OWNER)
