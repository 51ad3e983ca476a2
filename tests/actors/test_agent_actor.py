"""An agent: when its strategy decides, what binds it, and what its owner may do by hand."""

import math
from typing import Any

import numpy as np
import pytest
from attrs import evolve

from actors import paths
from actors.agent import RETRY_US
from actors.bands import Band
from actors.errors import (
    AssetNotPermitted,
    IllegalTransition,
    JournalUnavailable,
    MarketClosed,
    QuotaExceeded,
)
from actors.hours import TradingHours
from actors.lifecycle import AgentEvent
from actors.messages import AgentSettings, ChangeSettings
from actors.messages import Wake as WakeUp
from actors.model import Action, Agent, AgentStatus, Principal, QuotaConfig, Role, StrategyKind, TradeStatus
from actors.money import dollars
from actors.ports.periods import next_period_us
from actors.preferences import AssetPreferences
from actors.strategies.base import Intent, MarketView, PortfolioView, Wake
from supervisor import AskTimeout, Status
from supervisor.spec import MAILBOX_CAPACITY
from tests.actors.builders import NOW_US, OWNER, SECOND_US, buy
from tests.actors.headless import headless_floor, surroundings
from tests.actors.scripted import FIRST

PROGRAM = Principal(OWNER.user_id, "a key of the agent", Role.TRADER, agent_id="agt_1")


def wants(symbol: str = "AAPL", quantity: int = 1, action: Action = Action.BUY) -> Any:
    """Return a script that wants the same order every time."""
    intent = Intent(symbol, action, quantity, "because the test wants it")

    def script(_market: MarketView, _portfolio: PortfolioView) -> tuple[Intent, ...]:
        return (intent,)

    return script


def settings_of(agent: Agent, **changes: Any) -> ChangeSettings:
    """Return a change of settings."""
    settings = AgentSettings(
        agent.name,
        agent.risk_tolerance,
        agent.quota,
        agent.preferences,
        agent.hours,
        agent.oversight_threshold_micros,
    )
    return ChangeSettings(evolve(settings, **changes), OWNER)


@pytest.mark.parametrize("kind", [StrategyKind.BALANCED, StrategyKind.CONSERVATIVE])
async def test_built_in_strategies_trade_by_themselves(kind: StrategyKind, autojump_clock: object) -> None:
    """An active agent invests; every trade says why and is marked as its own."""
    async with headless_floor() as floor:
        await floor.create(strategy=kind)
        await floor.change(AgentEvent.RESUME)
        await floor.advance(120)
        positions = floor.portfolio().positions
        assert set(positions) == {"AAPL", "TSLA"}
        trade = await floor.store.trade("agt_1", "trd_1")
        assert trade is not None
        assert trade.autonomous
        assert trade.reason
        state = await floor.system.control.state(paths.agent("agt_1"))
        assert (state["status"], state["strategy"], state["last_refusal"]) == ("active", kind.value, None)
        floor.check()


async def test_hours_bind_the_agent_and_not_its_owner(autojump_clock: object) -> None:
    """Outside its hours the strategy waits until opening, its program is refused, its owner trades."""
    hours = TradingHours("12:05", "12:10")
    async with headless_floor() as floor:
        await floor.create(strategy_name="first", hours=hours)
        FIRST.script = wants()
        await floor.change(AgentEvent.RESUME)
        await floor.advance(299)
        assert not FIRST.decided_us
        with pytest.raises(MarketClosed):
            await floor.trade(principal=PROGRAM)
        by_hand = await floor.trade()
        assert by_hand.status is TradeStatus.COMPLETED
        await floor.advance(700)
        assert FIRST.decided_us[0] == NOW_US + 300 * SECOND_US
        assert FIRST.decided_us[-1] < NOW_US + 600 * SECOND_US
        assert len(FIRST.decided_us) >= 299


async def test_preferences_bind_the_agent_and_not_its_owner(autojump_clock: object) -> None:
    """The strategy is shown what is permitted; what it wants besides is refused, and its owner may buy it."""
    async with headless_floor() as floor:
        await floor.create(strategy_name="first", preferences=AssetPreferences(excluded_symbols=("TSLA",)))
        FIRST.script = wants("TSLA")
        await floor.change(AgentEvent.RESUME)
        await floor.advance(20)
        assert FIRST.configs[0].permitted == ("AAPL",)
        assert not floor.portfolio().positions
        pauses = {b - a for a, b in zip(FIRST.decided_us, FIRST.decided_us[1:], strict=False)}
        assert pauses == {RETRY_US}
        state = await floor.system.control.state(paths.agent("agt_1"))
        assert state["last_refusal"] == "the agent's asset preferences exclude TSLA"
        (refused,) = floor.services.refusals
        assert (refused.agent_id, refused.cause) == ("agt_1", "asset not permitted")
        assert refused.orders == len(FIRST.decided_us)
        with pytest.raises(AssetNotPermitted):
            await floor.trade(buy("TSLA"), principal=PROGRAM)
        await floor.trade(buy("TSLA"))
        assert floor.portfolio().positions["TSLA"].quantity == 10


async def test_quota_used_up_waits_for_the_new_month(autojump_clock: object) -> None:
    """An agent without quota does not decide again before the month is over."""
    around = surroundings(next_period_us(NOW_US) - 60 * SECOND_US)
    async with headless_floor(around) as floor:
        await floor.create(strategy_name="first", quota=QuotaConfig(api_calls=3))
        FIRST.script = wants()
        await floor.change(AgentEvent.RESUME)
        await floor.advance(59)
        assert floor.portfolio().positions["AAPL"].quantity == 3
        assert len(FIRST.decided_us) == 4
        with pytest.raises(QuotaExceeded):
            await floor.trade()
        await floor.advance(30)
        assert floor.portfolio().positions["AAPL"].quantity == 6
        assert FIRST.decided_us[4] == next_period_us(NOW_US)
        floor.check()


async def test_no_second_order_while_one_is_pending(autojump_clock: object) -> None:
    """While a symbol waits for approval the agent does not ask for it again, but trades others."""
    async with headless_floor() as floor:
        await floor.create(strategy_name="first", oversight_threshold_micros=dollars(10_000))
        floor.around.oversight._auto_approve_below_micros = 0
        both = (
            Intent("TSLA", Action.BUY, 100, "much of this"),
            Intent("AAPL", Action.BUY, 1, "and a little of that"),
        )
        FIRST.script = lambda *_: both
        await floor.change(AgentEvent.RESUME)
        await floor.advance(10)
        assert len(floor.book().approvals) == 1
        assert floor.portfolio().positions["AAPL"].quantity >= 10
        await floor.decide()
        await floor.advance(2)
        assert len(floor.book().approvals) == 1
        assert floor.portfolio().positions["TSLA"].quantity == 100


async def test_outage_of_the_journal_makes_a_strategy_wait(autojump_clock: object) -> None:
    """Refused for a passing reason, the agent tries again every few seconds, and is none the worse."""
    async with headless_floor() as floor:
        await floor.create(strategy_name="first")
        FIRST.script = wants()
        await floor.change(AgentEvent.RESUME)
        await floor.advance(2)
        floor.store.unavailable = True
        await floor.advance(30)
        bought = floor.portfolio().positions["AAPL"].quantity
        floor.store.unavailable = False
        await floor.advance(10)
        assert floor.portfolio().positions["AAPL"].quantity > bought
        assert (await floor.system.control.stats(paths.agent("agt_1"))).restarts == 0


async def test_status_changes(autojump_clock: object) -> None:
    """A change to the same status is no event, an illegal one is refused, and a late tick wakes nobody who rests."""
    async with headless_floor() as floor:
        await floor.create()
        assert (await floor.change(AgentEvent.PAUSE)).status is AgentStatus.PAUSED
        assert (await floor.change(AgentEvent.RESUME)).status is AgentStatus.ACTIVE
        assert (await floor.change(AgentEvent.RESUME)).status is AgentStatus.ACTIVE
        assert (await floor.change(AgentEvent.PAUSE)).status is AgentStatus.PAUSED
        await floor.system.ref(paths.agent("agt_1")).ask(WakeUp(1))
        await floor.change(AgentEvent.STOP)
        with pytest.raises(IllegalTransition):
            await floor.change(AgentEvent.RESUME)
        assert floor.published_types() == ["agent.created", "agent.status", "agent.status", "agent.status"]


async def test_delete_liquidates_first(autojump_clock: object) -> None:
    """Where the positions cannot be sold the agent is not deleted, since nobody would sell them later."""
    async with headless_floor() as floor:
        await floor.create()
        await floor.trade()
        await floor.trade(buy("TSLA", 400))
        floor.store.unavailable = True
        with pytest.raises(JournalUnavailable):
            await floor.change(AgentEvent.DELETE)
        assert floor.agent().status is AgentStatus.PAUSED
        floor.store.unavailable = False
        deleted = await floor.change(AgentEvent.DELETE)
        assert deleted.status is AgentStatus.DELETED
        assert not floor.portfolio().positions
        assert not floor.book().approvals
        assert floor.portfolio().reserved_micros == 0
        floor.check()


async def test_settings_make_the_strategy_anew(autojump_clock: object) -> None:
    """An active agent goes on with its new settings at once; a paused one when it is resumed."""
    async with headless_floor() as floor:
        agent = await floor.create(strategy_name="first")
        ref = floor.system.ref(paths.agent("agt_1"))
        changed = await ref.ask(settings_of(agent, name="Renamed", risk_tolerance=9))
        assert (changed.name, changed.risk_tolerance) == ("Renamed", 9)
        await floor.advance(2)
        assert not FIRST.configs
        await floor.change(AgentEvent.RESUME)
        await floor.advance(2)
        await ref.ask(settings_of(changed, risk_tolerance=2))
        await floor.advance(2)
        assert [config.risk_tolerance for config in FIRST.configs] == [9, 2]
        assert floor.published_types()[1:] == ["agent.updated", "agent.status", "agent.updated"]
        floor.check()


SLOW_S = 7.0
"""So long a commit takes that the ask for it is given up before it is true."""


async def test_a_stop_that_nobody_waited_for_sells_all_the_same(autojump_clock: object) -> None:
    """Once it is true, and not only after the next start."""
    async with headless_floor() as floor:
        await floor.create()
        await floor.trade()
        floor.store.delay_s = SLOW_S
        with pytest.raises(AskTimeout):
            await floor.change(AgentEvent.STOP)
        assert floor.portfolio().positions
        floor.store.delay_s = 0.0
        await floor.advance(2 * SLOW_S)
        assert (floor.agent().status, dict(floor.portfolio().positions)) == (AgentStatus.STOPPED, {})
        floor.check()


async def test_changes_that_nobody_waited_for_reach_the_strategy(autojump_clock: object) -> None:
    """An agent that was resumed decides, and one with other settings goes on with those."""
    async with headless_floor() as floor:
        agent = await floor.create(strategy_name="first")
        floor.store.delay_s = SLOW_S
        with pytest.raises(AskTimeout):
            await floor.change(AgentEvent.RESUME)
        await floor.advance(SLOW_S)
        with pytest.raises(AskTimeout):
            await floor.system.ref(paths.agent("agt_1")).ask(settings_of(agent, risk_tolerance=9))
        floor.store.delay_s = 0.0
        await floor.advance(SLOW_S)
        assert [config.risk_tolerance for config in FIRST.configs] == [5, 9]


async def test_strategy_that_waits_for_the_unlisted_fails(autojump_clock: object) -> None:
    """A band on a symbol that the market does not have is the strategy's fault, and not the market's."""
    async with headless_floor() as floor:
        await floor.create(strategy_name="first")
        FIRST.wakes = lambda _: Wake((Band("NOPE", 1, 2),))
        await floor.change(AgentEvent.RESUME)
        await floor.advance(10)
        assert floor.agent().status is AgentStatus.FAILED
        assert "NOPE" in (floor.agent().failure_reason or "")
        assert (await floor.system.control.stats(paths.MARKET)).restarts == 0


@pytest.mark.parametrize("at_us", [10**30, -1, math.inf, math.nan], ids=str)
async def test_strategy_that_wants_to_be_woken_at_no_time_fails(at_us: Any, autojump_clock: object) -> None:
    """The market goes on for all others."""
    async with headless_floor() as floor:
        await floor.create(strategy_name="first")
        FIRST.wakes = lambda _: Wake((), at_us)
        await floor.change(AgentEvent.RESUME)
        await floor.advance(10)
        assert floor.agent().status is AgentStatus.FAILED
        assert "woken at a time" in (floor.agent().failure_reason or "")
        assert (await floor.system.control.stats(paths.MARKET)).restarts == 0


@pytest.mark.parametrize("quantity", [np.int64(3), np.float64(3), 3.0], ids=repr)
async def test_numbers_of_a_strategy_become_whole_ones(quantity: Any, autojump_clock: object) -> None:
    """Whatever it counts shares with: what NumPy or a float makes of money stays out of the ledger."""
    async with headless_floor() as floor:
        await floor.create(strategy_name="first")
        want = wants(quantity=quantity)
        FIRST.script = lambda market, portfolio: () if portfolio.positions else want(market, portfolio)
        await floor.change(AgentEvent.RESUME)
        await floor.advance(2)
        portfolio = floor.portfolio()
        position = portfolio.positions["AAPL"]
        assert position.quantity == 3
        amounts = (position.quantity, position.cost_basis_micros, portfolio.cash_micros, portfolio.fees_micros)
        assert {type(amount) for amount in amounts} == {int}
        floor.check()


async def test_agent_comes_back_with_a_full_mailbox(autojump_clock: object) -> None:
    """What waits is handled after a restart, and then the strategy has its turn."""
    async with headless_floor() as floor:
        await floor.create(strategy_name="first")
        await floor.change(AgentEvent.RESUME)
        await floor.advance(2)
        path = paths.agent("agt_1")
        await floor.system.control.pause(path)
        for _ in range(MAILBOX_CAPACITY):
            floor.system.ref(path).tell_nowait(WakeUp(0))
        decided = len(FIRST.decided_us)
        assert await floor.system.control.restart(path) is Status.RUNNING
        await floor.system.control.resume(path)
        await floor.advance(2)
        assert len(FIRST.decided_us) > decided + MAILBOX_CAPACITY
        assert floor.agent().status is AgentStatus.ACTIVE
