"""The facade of oversight: requests going out, decisions going both ways, outages in between."""

from collections.abc import AsyncGenerator

import pytest
import trio
from attrs import evolve
from trio.testing import wait_all_tasks_blocked

from actors import oversight as oversight_module
from actors import paths
from actors.model import TradeStatus
from actors.money import dollars
from actors.ports.oversight import (
    Decision,
    DecisionRecord,
    OversightRefused,
    OversightRequestRecord,
    RequestMismatch,
    RequestStatus,
)
from simulations.ports.oversight import InLoopOversight
from tests.actors.builders import buy
from tests.actors.headless import HeadlessFloor, headless_floor, surroundings


class RefusingOversight(InLoopOversight):
    """Says that every request is known with other contents."""

    async def create(self, request: OversightRequestRecord) -> RequestStatus:
        """Refuse."""
        raise RequestMismatch(request.request_id)


class StreamlessOversight(InLoopOversight):
    """Streams no decisions at first, as behind a proxy that does not know it yet."""

    streams = False

    @trio.as_safe_channel
    async def _watch(self, after_sequence: int) -> AsyncGenerator[Decision, None]:
        if not self.streams:
            raise OversightRefused("Method not found!")
        async with super()._watch(after_sequence) as decisions:
            async for decision in decisions:
                yield decision


def a_record(floor: HeadlessFloor, result: str = "approved", channel: str = "slack") -> DecisionRecord:
    """Return a decision that somebody took at the service."""
    at_us = floor.around.clock.now_us()
    assert result in {"approved", "rejected"}
    return DecisionRecord("approved" if result == "approved" else "rejected", "usr_x", "Xenia", channel, "", at_us)


async def test_service_approves_small_values_by_itself(autojump_clock: object) -> None:
    """Below the service's own limit an agent with a low threshold trades without a human."""
    async with headless_floor() as floor:
        await floor.create(oversight_threshold_micros=dollars(500))
        trade = await floor.trade()
        assert trade.status is TradeStatus.PENDING_APPROVAL
        await floor.advance(1)
        assert floor.portfolio().positions["AAPL"].quantity == 10
        approval, executed = await floor.store.approval(trade.approval_request_id or "") or (None, None)
        assert approval is not None
        assert approval.decision is not None
        assert (approval.decision.channel, approval.decision.approver_name) == ("auto", "Oversight service")
        assert executed is not None
        assert executed.status is TradeStatus.COMPLETED
        assert floor.around.oversight.calls == ["create"]
        state = await floor.system.control.state(paths.OVERSIGHT)
        assert state == {"delivered": 1, "relayed": 1, "filed_again": 0, "seen_sequence": 1}
        floor.check()


async def test_decision_waits_for_the_actor_of_its_approval(autojump_clock: object) -> None:
    """The service may decide before the approval's actor is up; it is told as soon as it is."""
    async with headless_floor() as floor:
        await floor.create(oversight_threshold_micros=dollars(500))
        await floor.system.control.pause(paths.OVERSIGHT)
        trade = await floor.trade()
        path = paths.approval("agt_1", trade.approval_request_id or "")
        await wait_all_tasks_blocked()
        assert not floor.around.oversight.requests
        await floor.system.stop(path)
        await floor.system.control.resume(paths.OVERSIGHT)
        await floor.advance(1)
        assert floor.around.oversight.decisions
        assert floor.book().approvals
        await floor.system.control.restart(paths.FLOOR)
        await floor.system.control.restart(paths.agent("agt_1"))
        await floor.advance(1)
        assert floor.portfolio().positions["AAPL"].quantity == 10


async def test_decision_taken_at_the_service_is_carried_out(autojump_clock: object) -> None:
    """Approved elsewhere, the trade executes; rejected elsewhere, it is voided. The service is not told back."""
    async with headless_floor() as floor:
        for agent_id, result in (("agt_1", "approved"), ("agt_2", "rejected")):
            await floor.create()
            held = await floor.trade(buy("TSLA", 400), agent_id)
            await floor.advance(1)
            await floor.around.oversight.decide(held.approval_request_id or "", a_record(floor, result))
            await floor.advance(1)
            trade = await floor.store.trade(agent_id, held.trade_id)
            assert trade is not None
            assert trade.status is (TradeStatus.COMPLETED if result == "approved" else TradeStatus.REJECTED)
            assert floor.portfolio(agent_id).reserved_micros == 0
        assert floor.around.oversight.calls.count("decide") == 2
        floor.check()


async def test_a_service_that_streams_no_decisions_is_asked_again(autojump_clock: object) -> None:
    """It ends nothing here; once it does, what was decided meanwhile is carried out."""
    around = surroundings()
    oversight = StreamlessOversight(around.clock.now_us)
    async with headless_floor(evolve(around, oversight=oversight)) as floor:
        await floor.create()
        held = await floor.trade(buy("TSLA", 400))
        await floor.advance(100)
        await oversight.decide(held.approval_request_id or "", a_record(floor))
        await floor.advance(100)
        assert floor.book().approvals
        oversight.streams = True
        await floor.advance(31)
        assert floor.portfolio().positions["TSLA"].quantity == 400
        assert (await floor.system.control.stats(paths.OVERSIGHT)).restarts == 0


async def test_decision_survives_an_outage_of_the_journal(autojump_clock: object) -> None:
    """A decision that cannot be committed when it comes in is carried out later."""
    async with headless_floor() as floor:
        await floor.create()
        held = await floor.trade(buy("TSLA", 400))
        await floor.advance(1)
        floor.store.unavailable = True
        await floor.around.oversight.decide(held.approval_request_id or "", a_record(floor))
        await floor.advance(20)
        assert floor.book().approvals
        floor.store.unavailable = False
        await floor.advance(2)
        assert floor.portfolio().positions["TSLA"].quantity == 400


async def test_outage_makes_approvals_wait_locally(autojump_clock: object) -> None:
    """With the service away the request waits here, is decided here, and both leave when the service is back."""
    async with headless_floor() as floor:
        await floor.create()
        floor.around.oversight.unavailable = True
        await floor.trade(buy("TSLA", 400))
        await floor.advance(5)
        await floor.decide()
        assert floor.portfolio().positions["TSLA"].quantity == 400
        await floor.advance(5)
        assert not floor.around.oversight.requests
        floor.around.oversight.unavailable = False
        await floor.advance(2)
        assert [record.approver_name for record in floor.around.oversight.decisions.values()] == ["Ada Approver"]
        assert floor.around.oversight.calls.count("decide") == 1


async def test_decision_that_expired_at_the_service_is_let_go(autojump_clock: object) -> None:
    """Decided here in time and delivered too late: the floor's decision stands and the outbox moves on."""
    async with headless_floor() as floor:
        await floor.create()
        await floor.trade(buy("TSLA", 400))
        await floor.advance(590)
        floor.around.oversight.unavailable = True
        await floor.decide()
        await floor.advance(30)
        floor.around.oversight.unavailable = False
        await floor.advance(2)
        assert not floor.around.oversight.decisions
        assert floor.around.oversight.calls[-1] == "decide"
        assert floor.portfolio().positions["TSLA"].quantity == 400
        state = await floor.system.control.state(paths.OVERSIGHT)
        assert state["delivered"] == 2


async def test_late_decisions_change_nothing(autojump_clock: object) -> None:
    """What was decided here or expired here stays so, whatever the service hears afterwards."""
    async with headless_floor(ttl_us=10_000_000) as floor:
        await floor.create()
        held = await floor.trade(buy("TSLA", 400))
        await floor.advance(1)
        request = floor.around.oversight.requests[held.approval_request_id or ""]
        floor.around.oversight.requests[request.request_id] = evolve(request, expires_at_us=request.expires_at_us * 2)
        floor.store.unavailable = True
        await floor.advance(10)
        await floor.around.oversight.decide(request.request_id, a_record(floor))
        await floor.advance(5)
        floor.store.unavailable = False
        await floor.advance(5)
        trade = await floor.store.trade("agt_1", held.trade_id)
        assert trade is not None
        assert trade.status is TradeStatus.EXPIRED
        assert (await floor.system.control.stats(paths.OVERSIGHT)).restarts == 0
        floor.check()


async def test_request_refused_for_good_is_let_go(autojump_clock: object) -> None:
    """A request that the service never takes waits for a decision on the floor and holds up nothing."""
    around = surroundings()
    async with headless_floor(evolve(around, oversight=RefusingOversight(around.clock.now_us))) as floor:
        await floor.create()
        await floor.trade(buy("TSLA", 400))
        await floor.advance(100)
        await floor.decide()
        assert floor.portfolio().positions["TSLA"].quantity == 400
        state = await floor.system.control.state(paths.OVERSIGHT)
        assert (state["delivered"], state["filed_again"]) == (1, 0)


async def test_what_a_service_lost_is_filed_again(autojump_clock: object) -> None:
    """Each once, with the contents of the first time; what is decided there then is carried out here."""
    async with headless_floor() as floor:
        await floor.create(initial_budget_micros=dollars(1_000_000))
        held = [await floor.trade(buy("TSLA", 400)) for _ in range(3)]
        await floor.advance(1)
        oversight = floor.around.oversight
        before = dict(oversight.requests)
        for trade in held[:2]:
            del oversight.requests[trade.approval_request_id or ""]
        await floor.advance(100)
        assert oversight.requests == before
        assert oversight.calls.count("create") == 5
        assert (await floor.system.control.state(paths.OVERSIGHT))["filed_again"] == 2
        await oversight.decide(held[0].approval_request_id or "", a_record(floor))
        await floor.advance(1)
        assert floor.portfolio().positions["TSLA"].quantity == 400


async def test_requests_are_asked_for_in_turn_and_all_at_once_after_a_loss(
    autojump_clock: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A look costs so many calls however much waits."""
    monkeypatch.setattr(oversight_module, "FILED_LOOK_REQUESTS", 2)
    async with headless_floor() as floor:
        await floor.create(initial_budget_micros=dollars(1_000_000))
        for _ in range(5):
            await floor.trade(buy("TSLA", 400))
        await floor.advance(1)
        oversight = floor.around.oversight
        for looks in (1, 2, 3):
            await floor.advance(30)
            assert oversight.calls.count("status") == 2 * looks
        oversight.requests.clear()
        await floor.advance(30)
        assert len(oversight.requests) == 5


async def test_a_decision_on_what_the_service_lost_is_recorded_there(autojump_clock: object) -> None:
    """The request goes before it."""
    async with headless_floor() as floor:
        await floor.create()
        await floor.trade(buy("TSLA", 400))
        await floor.advance(1)
        oversight = floor.around.oversight
        oversight.requests.clear()
        await floor.decide()
        await floor.advance(1)
        assert oversight.calls == ["create", "decide", "create", "decide"]
        assert [record.approver_name for record in oversight.decisions.values()] == ["Ada Approver"]


async def test_outbox_is_looked_at_without_being_told(autojump_clock: object) -> None:
    """An entry nobody spoke of leaves within half a minute."""
    async with headless_floor() as floor:
        await floor.create()
        await floor.system.control.pause(paths.OVERSIGHT)
        await floor.trade(buy("TSLA", 400))
        await floor.advance(31)
        assert len(floor.around.oversight.requests) == 1
        assert trio.current_time() < 32
