"""The floor as a whole: making agents, the way of a trade, and what becomes of agents that end."""

import pytest

from actors import paths
from actors.errors import (
    AgentNotFound,
    AgentNotTrading,
    ApprovalNotFound,
    IdempotencyMismatch,
    IllegalTransition,
)
from actors.events import AgentStatusChanged
from actors.lifecycle import AgentEvent
from actors.messages import Purge, ReviveAgent, TendAgent
from actors.model import AgentStatus, TradeStatus
from actors.money import dollars
from actors.ports.journal import IdempotencyClaim
from supervisor import NoSuchActor
from tests.actors.builders import buy
from tests.actors.headless import headless_floor
from tests.actors.scripted import FIRST, SECOND

DAY_S = 24 * 3600
CLAIM = IdempotencyClaim("usr_owner", "key-1", "fingerprint-1")


async def test_created_agent_trades_at_once(autojump_clock: object) -> None:
    """An agent's actors are up before its creation is answered."""
    async with headless_floor() as floor:
        agent = await floor.create(name="Quick")
        trade = await floor.trade(agent_id=agent.agent_id)
        assert (agent.name, agent.status, trade.status) == ("Quick", AgentStatus.PAUSED, TradeStatus.COMPLETED)


async def test_events_of_a_life_in_order(autojump_clock: object) -> None:
    """Create, buy, hold, approve, stop, delete: every step is published, in order, and the ledger adds up."""
    async with headless_floor() as floor:
        await floor.create()
        await floor.trade()
        held = await floor.trade(buy("TSLA", 500))
        assert held.status is TradeStatus.PENDING_APPROVAL
        assert floor.portfolio().reserved_micros == held.reserved_micros == dollars("75075")
        await floor.decide()
        assert floor.portfolio().reserved_micros == 0
        assert {symbol: held.quantity for symbol, held in floor.portfolio().positions.items()} == {
            "AAPL": 10,
            "TSLA": 500,
        }
        await floor.change(AgentEvent.STOP)
        assert not floor.portfolio().positions
        await floor.change(AgentEvent.DELETE)
        assert floor.published_types() == [
            "agent.created",
            "trade.created",
            "trade.executed",
            "trade.created",
            "oversight.request",
            "oversight.approved",
            "trade.executed",
            "agent.status",
            "trade.created",
            "trade.executed",
            "trade.created",
            "trade.executed",
            "agent.status",
        ]
        assert [record.seq for record in floor.publisher.recorded] == list(range(1, 14))
        floor.check()


async def test_deliveries_arrive_once(autojump_clock: object) -> None:
    """Metering hears of every submission and execution once, oversight of the request and of the floor's decision."""
    async with headless_floor() as floor:
        await floor.create()
        await floor.trade()
        held = await floor.trade(buy("TSLA", 500))
        await floor.decide()
        await floor.advance(1)
        metering, oversight = floor.around.metering, floor.around.oversight
        assert [(event.type, event.api_calls, event.cost_micros) for event in metering.events.values()] == [
            ("trade.submitted", 1, 0),
            ("trade.executed", 0, dollars("0.10")),
            ("trade.submitted", 1, 0),
            ("trade.executed", 0, dollars("0.10")),
        ]
        assert metering.calls.count("ingest") == 1
        assert [request.trade_id for request in oversight.requests.values()] == [held.trade_id]
        assert oversight.calls == ["create", "decide"]
        assert [record.result for record in oversight.decisions.values()] == ["approved"]
        usage = floor.book().usage
        assert (usage.api_calls, usage.spent_micros) == (2, dollars("0.20"))


async def test_rejection_voids(autojump_clock: object) -> None:
    """A rejected trade gives its reservation back, and its approval's actor is gone."""
    async with headless_floor() as floor:
        await floor.create()
        held = await floor.trade(buy("TSLA", 500))
        await floor.decide(approved=False)
        assert floor.portfolio().free_micros == dollars(100_000)
        assert floor.published_types()[-1] == "oversight.rejected"
        await floor.advance(0)
        assert not floor.system.exists(paths.approval("agt_1", held.approval_request_id or ""))


async def test_cancel_withdraws_a_pending_approval(autojump_clock: object) -> None:
    """Cancelling releases the reservation; the approval's actor sees it and ends, at the latest at its time."""
    async with headless_floor() as floor:
        await floor.create()
        held = await floor.trade(buy("TSLA", 500))
        cancelled = await floor.cancel(held.trade_id)
        assert cancelled.status is TradeStatus.CANCELLED
        assert cancelled.failure_reason == "cancelled by Olive Owner"
        assert floor.published_types()[-2:] == ["oversight.cancelled", "trade.cancelled"]
        assert floor.portfolio().reserved_micros == 0
        with pytest.raises(ApprovalNotFound):
            await floor.decide(held.approval_request_id)
        with pytest.raises(NoSuchActor):
            await floor.decide(held.approval_request_id)
        with pytest.raises(IllegalTransition):
            await floor.cancel(held.trade_id)
        floor.check()


async def test_stop_cancels_what_is_pending_and_sells_the_rest(autojump_clock: object) -> None:
    """A stopped agent holds nothing and trades nothing; stopping again is no event."""
    async with headless_floor() as floor:
        await floor.create()
        await floor.trade()
        await floor.trade(buy("TSLA", 500))
        await floor.change(AgentEvent.STOP)
        assert floor.published_types()[-4:] == [
            "oversight.cancelled",
            "trade.cancelled",
            "trade.created",
            "trade.executed",
        ]
        book = floor.book()
        assert not book.portfolio.positions
        assert not book.open_trades
        assert not book.approvals
        assert book.portfolio.free_micros == book.portfolio.cash_micros
        count = len(floor.publisher.recorded)
        await floor.change(AgentEvent.STOP)
        with pytest.raises(AgentNotTrading):
            await floor.trade()
        assert len(floor.publisher.recorded) == count


async def test_create_is_once_under_one_key(autojump_clock: object) -> None:
    """The same key makes one agent; another request, or another kind of request, under it is refused."""
    async with headless_floor() as floor:
        first = await floor.create(CLAIM)
        again = await floor.create(CLAIM)
        assert again == first
        assert list(floor.views.agents) == [first.agent_id]
        other = IdempotencyClaim(CLAIM.scope, CLAIM.key, "fingerprint-2")
        with pytest.raises(IdempotencyMismatch):
            await floor.create(other)
        with pytest.raises(IdempotencyMismatch):
            await floor.trade(agent_id=first.agent_id, claim=CLAIM)
        trade_claim = IdempotencyClaim(CLAIM.scope, "key-2", "fingerprint-1")
        await floor.trade(agent_id=first.agent_id, claim=trade_claim)
        with pytest.raises(IdempotencyMismatch):
            await floor.create(trade_claim)


async def test_purge(autojump_clock: object) -> None:
    """Agents deleted more than 90 days ago lose their rows, and the floor will look again."""
    async with headless_floor(tick_s=3600) as floor:
        await floor.create()
        await floor.change(AgentEvent.DELETE)
        assert await floor.system.ref(paths.FLOOR).ask(Purge()) == 0
        timers = floor.system.control.info(paths.FLOOR).timers
        floor.around.clock.step(91 * DAY_S)
        assert await floor.system.ref(paths.FLOOR).ask(Purge()) == 1
        assert floor.system.control.info(paths.FLOOR).timers == timers + 1
        assert not floor.store._agents
        state = await floor.system.control.state(paths.FLOOR)
        assert state == {"agents": 1, "started": 1}


async def test_a_floor_that_is_started_daily_purges_too(autojump_clock: object) -> None:
    """It does not wait a day for the first time."""
    async with headless_floor(tick_s=3600) as floor:
        await floor.create()
        await floor.change(AgentEvent.DELETE)
        floor.around.clock.step(91 * DAY_S)
        await floor.advance(floor.services.pace.purge_first_s + 1)
        assert not floor.store._agents


async def test_crashing_strategy_is_quarantined_and_recorded(autojump_clock: object) -> None:
    """Restarted with growing pauses, then failed with the cause; the other agent misses no tick meanwhile."""
    async with headless_floor(tick_s=0.05) as floor:
        bad = await floor.create(strategy_name="first")
        good = await floor.create(strategy_name="second")
        FIRST.script = broken
        await floor.trade(agent_id=bad.agent_id)
        await floor.change(AgentEvent.RESUME, bad.agent_id)
        await floor.change(AgentEvent.RESUME, good.agent_id)
        await floor.advance(0)
        ticks, decisions = floor.publisher.ticks, len(SECOND.decided_us)
        await floor.advance(10)
        assert len(SECOND.decided_us) - decisions == floor.publisher.ticks - ticks >= 199

        failed = floor.agent(bad.agent_id)
        assert failed.status is AgentStatus.FAILED
        assert "ZeroDivisionError('no luck')" in (failed.failure_reason or "")
        pauses = [round((b - a) / 1e6, 1) for a, b in zip(FIRST.decided_us, FIRST.decided_us[1:], strict=False)]
        assert pauses == [0.1, 0.2, 0.4, 0.8]
        assert [type(event) for event in floor.published(bad.agent_id)].count(AgentStatusChanged) == 2
        portfolio = await floor.system.control.state(paths.portfolio(bad.agent_id))
        assert portfolio["positions"] == {"AAPL": 10}
        floor.check()

        for attempt in range(2):
            await floor.system.ref(paths.FLOOR).ask(ReviveAgent(bad.agent_id))
            resumed = await floor.change(AgentEvent.RESUME, bad.agent_id)
            assert (resumed.status, resumed.failure_reason) == (AgentStatus.ACTIVE, None)
            await floor.advance(10)
            assert floor.agent(bad.agent_id).status is AgentStatus.FAILED, attempt

        FIRST.script = lambda *_: ()
        await floor.system.ref(paths.FLOOR).ask(ReviveAgent(bad.agent_id))
        await floor.change(AgentEvent.RESUME, bad.agent_id)
        asked = len(FIRST.decided_us)
        await floor.advance(10)
        assert len(FIRST.decided_us) - asked >= 199
        assert floor.agent(bad.agent_id).status is AgentStatus.ACTIVE


async def test_failure_is_recorded_when_the_journal_is_back(autojump_clock: object) -> None:
    """A quarantine that cannot be committed is committed as soon as it can."""
    async with headless_floor() as floor:
        await floor.create(strategy_name="first")
        FIRST.script = broken
        await floor.change(AgentEvent.RESUME)
        floor.store.unavailable = True
        await floor.advance(30)
        assert floor.agent().status is AgentStatus.ACTIVE
        floor.store.unavailable = False
        await floor.advance(2)
        assert floor.agent().status is AgentStatus.FAILED
        floor.check()


async def test_only_agents_are_revived(autojump_clock: object) -> None:
    """Reviving what is not there is refused, and harms nobody."""
    async with headless_floor() as floor:
        with pytest.raises(AgentNotFound):
            await floor.system.ref(paths.FLOOR).ask(ReviveAgent("agt_9"))


async def test_tending_starts_what_is_missing(autojump_clock: object) -> None:
    """A missing approval's actor is started, one that is there is left alone, and a deleted agent stays gone."""
    async with headless_floor() as floor:
        await floor.create()
        await floor.trade(buy("TSLA", 400))
        await floor.advance(60)
        path = paths.approval("agt_1", "ovr_1")
        await floor.system.stop(path)
        assert not floor.system.exists(path)
        for _ in range(2):
            await floor.system.ref(paths.FLOOR).ask(TendAgent("agt_1"))
        await floor.decide("ovr_1")
        await floor.change(AgentEvent.DELETE)
        for _ in range(2):
            await floor.system.ref(paths.FLOOR).ask(TendAgent("agt_1"))
        assert not floor.system.exists(paths.home_of("agt_1"))


async def test_the_actors_of_a_deleted_agent_end(autojump_clock: object) -> None:
    """Nobody asks them any more; the other agents are left alone."""
    async with headless_floor() as floor:
        for name in ("Gone", "Stays"):
            await floor.create(name=name)
        await floor.trade()
        await floor.change(AgentEvent.DELETE)
        await floor.advance(1)
        assert [floor.system.exists(paths.home_of(agent_id)) for agent_id in ("agt_1", "agt_2")] == [False, True]


def broken(*_: object) -> tuple[()]:
    """Be a script that raises at every tick."""
    raise ZeroDivisionError("no luck")
