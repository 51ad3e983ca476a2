"""Sessions over a connection in memory: who may come in, what is answered, and why a socket is closed."""

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
import trio
from attrs import evolve
from trio.testing import MockClock, wait_all_tasks_blocked

from actors.errors import JournalUnavailable, QuotaExceeded
from actors.model import AgentStatus, OrderRequest, Role, Trade
from net.auth.identity import Identity
from net.websocket import closing
from net.websocket.limits import Limits
from net.websocket.ports import SubmitOrder
from net.websocket.session import Session
from tests.net.websocket.floor import NOW_US, MiniFloor
from tests.net.websocket.memory import MemoryTransport

TRADE = {"symbol": "AAPL", "action": "buy", "quantity": 1, "orderType": "market"}


class Call:
    """A session and its client."""

    def __init__(
        self,
        nursery: trio.Nursery,
        limits: Limits | None = None,
        *,
        starts: bool = True,
        submit: SubmitOrder | None = None,
    ) -> None:
        self.floor = MiniFloor(limits or Limits())
        if submit is not None:
            self.floor.submit = submit  # type: ignore[method-assign,assignment]  # Trades the way that a test wants.
        self.floor.add_agent("agt_1", "usr_1")
        self.floor.add_agent("agt_2", "usr_2")
        self.token = self.floor.let_in("usr_1")
        self.transport = MemoryTransport()
        self.session = Session(self.transport, self.floor.hub, self.floor.services())
        self.floor.hub.admit(self.session)
        self.has_ended = False
        if starts:
            nursery.start_soon(self.run)

    async def run(self, known: tuple[str, Identity] | None = None) -> None:
        """Run the session to its end."""
        await self.session.run(known)
        self.has_ended = True

    async def ask(self, action: str, **fields: Any) -> Any:
        """Say something, and return the answer."""
        self.transport.say(action, **fields)
        await wait_all_tasks_blocked()
        return self.transport.heard.pop()

    async def let_in(self) -> None:
        """Authenticate as the owner of agt_1."""
        assert (await self.ask("authenticate", token=self.token))["type"] == "authenticated"

    async def closing(self) -> closing.Closing | None:
        """Return why the socket was closed, once nothing moves."""
        await wait_all_tasks_blocked()
        assert self.has_ended
        return self.transport.closing


@pytest.fixture
async def call(nursery: trio.Nursery) -> AsyncIterator[Call]:
    """Return a client that has connected."""
    yield Call(nursery)
    nursery.cancel_scope.cancel()


async def test_authentication(call: Call) -> None:
    """The answer says as whom."""
    assert await call.ask("authenticate", token=call.token, id="a") == {
        "type": "authenticated",
        "id": "a",
        "data": {"userId": "usr_1", "agentId": None, "role": "trader", "expiresAt": None},
    }
    assert call.session.identity == call.floor.identities[call.token]


async def test_the_first_frame_has_to_come_in_time(call: Call, autojump_clock: MockClock) -> None:
    """Five seconds, then 4408."""
    await trio.sleep(4.9)
    assert not call.has_ended
    await trio.sleep(0.2)
    assert await call.closing() == closing.AUTHENTICATION_LATE


@pytest.mark.parametrize("message", ['{"action":"ping"}', "nonsense", '{"action":"trade.submit"}'])
async def test_nothing_else_may_come_first(call: Call, message: str) -> None:
    """Whoever is not known gets no answer but the closing."""
    call.transport.say_raw(message)
    assert await call.closing() == closing.NOT_AUTHENTICATED
    assert call.transport.heard == []


async def test_a_bad_token(call: Call) -> None:
    """One try a socket."""
    call.transport.say("authenticate", token="guess")
    assert await call.closing() == closing.TOKEN_REFUSED


async def test_nobody_can_be_looked_up(call: Call) -> None:
    """While the storage cannot be read, the client may try again."""
    call.floor.unavailable = JournalUnavailable("locked")
    answer = await call.ask("authenticate", token=call.token)
    assert (answer["type"], answer["data"]["status"]) == ("error", 503)
    call.floor.unavailable = None
    await call.let_in()


async def test_a_newer_token_of_the_same_person_goes_on(call: Call) -> None:
    """A client may renew its token without connecting again; nobody else may take the socket over."""
    await call.let_in()
    call.floor.identities["newer"] = call.floor.identities[call.token]
    assert (await call.ask("authenticate", token="newer"))["type"] == "authenticated"
    stranger = call.floor.let_in("usr_2")
    answer = await call.ask("authenticate", token=stranger)
    assert answer["data"]["errors"][0]["field"] == "token"


async def test_who_is_known_from_the_upgrade(nursery: trio.Nursery) -> None:
    """A header will do; the greeting is the same."""
    call = Call(nursery, starts=False)
    nursery.start_soon(call.run, (call.token, call.floor.identities[call.token]))
    await wait_all_tasks_blocked()
    assert call.transport.types() == ["authenticated"]
    nursery.cancel_scope.cancel()


def _expire(call: Call, after_s: int) -> None:
    identity = call.floor.identities[call.token]
    until = NOW_US + after_s * 1_000_000
    call.floor.identities[call.token] = evolve(identity, good_until_us=until, expires_at_us=until)


async def test_a_client_is_looked_up_again(call: Call, autojump_clock: MockClock) -> None:
    """Whoever is still good stays; the socket is closed when the token has ended."""
    _expire(call, 10)
    answer = await call.ask("authenticate", token=call.token)
    assert answer["data"]["expiresAt"] == "2026-02-02T02:40:10.000000Z"
    call.floor.now_us_value += 10_000_000
    _expire(call, 20)
    await trio.sleep(15)
    assert not call.has_ended
    del call.floor.identities[call.token]
    call.floor.now_us_value += 10_000_000
    await trio.sleep(10)
    assert await call.closing() == closing.TOKEN_EXPIRED


async def test_a_client_stays_while_nobody_can_be_looked_up(call: Call, autojump_clock: MockClock) -> None:
    """A storage that cannot be read closes no socket."""
    _expire(call, 10)
    await call.let_in()
    call.floor.unavailable = JournalUnavailable("locked")
    await trio.sleep(12)
    assert not call.has_ended
    call.floor.unavailable = None
    call.floor.let_in("usr_1", Role.ADMIN)
    await trio.sleep(10)
    assert await call.closing() == closing.SIGN_IN_ENDED


async def test_subscribing(call: Call) -> None:
    """The answer has the channels and the sequence they follow; then come the events."""
    await call.let_in()
    answer = await call.ask("subscribe", channels=["agent:agt_1", "market"], id=1)
    assert answer == {"type": "subscribed", "id": 1, "data": {"channels": ["agent:agt_1", "market"], "seq": 2}}
    call.floor.trade("agt_1")
    call.floor.trade("agt_2")
    await wait_all_tasks_blocked()
    assert call.transport.types() == ["trade.created", "trade.executed", "portfolio.update"]
    answer = await call.ask("unsubscribe", channels=["agent:agt_1"])
    assert (answer["type"], answer["data"]["channels"]) == ("unsubscribed", ["agent:agt_1"])
    call.floor.trade("agt_1")
    await wait_all_tasks_blocked()
    assert call.transport.heard == []


@pytest.mark.parametrize("agent_id", ["agt_2", "agt_9", "agt_deleted"])
async def test_agents_that_are_not_there_for_this_client(call: Call, agent_id: str) -> None:
    """A stranger's agent, one that never was and one that is no more look the same, and nothing is subscribed."""
    gone = evolve(call.floor.views.agents["agt_1"], agent_id="agt_deleted", status=AgentStatus.DELETED)
    call.floor.views.agents["agt_deleted"] = gone
    await call.let_in()
    answer = await call.ask("subscribe", channels=["trades", f"agent:{agent_id}"])
    assert (answer["data"]["status"], answer["data"]["detail"]) == (404, f"there is no agent {agent_id}")
    assert call.floor.hub.statistics().routes == 0


async def test_resuming_from_the_future(call: Call) -> None:
    """A sequence that is yet to come is a mistake of the client."""
    await call.let_in()
    answer = await call.ask("subscribe", channels=["trades"], after=3)
    assert answer["data"]["errors"] == [{"field": "after", "message": "must not be beyond the last sequence, 2"}]


async def test_errors_are_answered_and_not_fatal(call: Call) -> None:
    """A frame that cannot be read is answered under its id, and the next one is served."""
    await call.let_in()
    answer = await call.ask("subscribe", channels=["moon"], id="s")
    assert (answer["type"], answer["id"], answer["data"]["status"]) == ("error", "s", 400)
    assert answer["data"]["instance"] == "/ws"
    assert (await call.ask("ping", id=5))["id"] == 5


async def test_trading(call: Call) -> None:
    """The trade comes under the id of its submission, after the events that tell of it."""
    await call.let_in()
    await call.ask("subscribe", channels=["trades"])
    call.transport.say("trade.submit", id="t1", agentId="agt_1", trade=TRADE)
    await wait_all_tasks_blocked()
    answer = call.transport.heard[-1]
    assert (answer["type"], answer["id"], answer["data"]["symbol"]) == ("trade.submitted", "t1", "AAPL")
    assert call.transport.types() == ["trade.created", "trade.executed", "trade.submitted"]
    assert (await call.ask("trade.submit", id="t2", agentId="agt_2", trade=TRADE))["data"]["status"] == 404


async def test_a_refused_trade_is_a_problem(nursery: trio.Nursery) -> None:
    """What trading refuses is told as HTTP tells it, with a correlation id."""

    async def refuse(_agent_id: str, _order: OrderRequest, _identity: Identity) -> Trade:
        raise QuotaExceeded("all calls are used", NOW_US)

    call = Call(nursery, submit=refuse)
    await call.let_in()
    answer = await call.ask("trade.submit", id="t", agentId="agt_1", trade=TRADE)
    assert (answer["id"], answer["data"]["status"]) == ("t", 429)
    assert answer["data"]["correlationId"].startswith("cor_")
    nursery.cancel_scope.cancel()


async def test_a_defect_in_a_trade_is_logged(nursery: trio.Nursery, caplog: pytest.LogCaptureFixture) -> None:
    """The client learns nothing of the inside; the log does."""

    async def break_down(_agent_id: str, _order: OrderRequest, _identity: Identity) -> Trade:
        raise ZeroDivisionError("secret")

    call = Call(nursery, submit=break_down)
    await call.let_in()
    answer = await call.ask("trade.submit", id="t", agentId="agt_1", trade=TRADE)
    assert (answer["data"]["status"], "secret" in json.dumps(answer)) == (500, False)
    assert [record.message for record in caplog.records] == ["a frame failed"]
    nursery.cancel_scope.cancel()


async def test_too_many_frames(call: Call) -> None:
    """Fifty at once, then 100 a minute."""
    await call.let_in()
    for _ in range(50):
        call.transport.say("ping")
    assert await call.closing() == closing.TOO_MANY_FRAMES
    assert call.transport.types() == ["pong"] * 49


async def test_frames_at_the_granted_rate(call: Call, autojump_clock: MockClock) -> None:
    """A frame every second goes on for ever; bad ones count as well."""
    await call.let_in()
    for _ in range(120):
        call.transport.say_raw('{"action":"ping"' + "}")
        await trio.sleep(1)
    assert not call.has_ended


async def test_trades_have_a_limit_of_their_own(nursery: trio.Nursery) -> None:
    """Many trades cost no frames; too many close the socket, well-formed or not."""
    call = Call(nursery, Limits(frames_burst=2, trades_burst=60, trades_per_minute=60))
    await call.let_in()
    for _ in range(60):
        call.transport.say("trade.submit", id=1, agentId="agt_1", trade={})
    assert (await call.ask("ping"))["type"] == "pong"
    call.transport.say("trade.submit", id=1, agentId="agt_1", trade=TRADE)
    assert await call.closing() == closing.TOO_MANY_TRADES
    nursery.cancel_scope.cancel()


async def test_trades_in_flight_are_limited(nursery: trio.Nursery) -> None:
    """Beyond that the next frames wait, so that a client cannot pile up work; they are not lost."""
    answering = trio.Event()
    asked: list[str] = []

    async def answer_later(agent_id: str, order: OrderRequest, identity: Identity) -> Trade:
        asked.append(order.symbol)
        await answering.wait()
        return await MiniFloor.submit(busy.floor, agent_id, order, identity)

    busy = Call(nursery, Limits(trades_in_flight_max=2), submit=answer_later)
    await busy.let_in()
    for number in range(4):
        busy.transport.say("trade.submit", id=number, agentId="agt_1", trade=TRADE)
    await wait_all_tasks_blocked()
    assert len(asked) == 2
    answering.set()
    await wait_all_tasks_blocked()
    assert sorted(frame["id"] for frame in busy.transport.heard) == [0, 1, 2, 3]
    nursery.cancel_scope.cancel()


async def test_a_message_that_is_too_large(call: Call) -> None:
    """The transport says so; the session closes."""
    await call.let_in()
    call.session.too_large()
    call.session.end(closing.GOING_AWAY)
    assert await call.closing() == closing.TOO_LARGE


async def test_a_client_that_stalls(call: Call, autojump_clock: MockClock) -> None:
    """Pings go out while it reads; a write that takes too long ends the socket, also when it never comes to an end."""
    await call.let_in()
    call.session.tend(trio.current_time())
    await wait_all_tasks_blocked()
    assert call.transport.pings == 1
    call.transport.stop_reading()
    call.session.tend(trio.current_time())
    await trio.sleep(61)
    call.session.tend(trio.current_time())
    await trio.sleep(5)
    assert await call.closing() is None
    assert call.transport.aborts == 1


async def test_a_client_that_asks_and_does_not_read(nursery: trio.Nursery) -> None:
    """When even answers find no room, the socket is closed."""
    call = Call(nursery, Limits(outbox_frames_max=3, close_s=0.01))
    await call.let_in()
    call.transport.stop_reading()
    for _ in range(6):
        call.transport.say("ping")
        await wait_all_tasks_blocked()
    assert call.session._closing == closing.NOT_READING
    nursery.cancel_scope.cancel()


async def test_a_client_that_goes(call: Call) -> None:
    """Its channels are left; nobody says goodbye to it."""
    await call.let_in()
    await call.ask("subscribe", channels=["trades"])
    call.transport.go()
    assert await call.closing() is None
    assert call.floor.hub.statistics().routes == 0


async def test_shutdown(call: Call) -> None:
    """What waits is written, then the socket is closed with 1001."""
    await call.let_in()
    await call.ask("subscribe", channels=["trades"])
    call.floor.trade("agt_1")
    call.session.end(closing.GOING_AWAY)
    assert await call.closing() == closing.GOING_AWAY
    assert call.transport.types() == ["trade.created", "trade.executed"]


async def test_a_shutdown_with_a_trade_in_flight(nursery: trio.Nursery) -> None:
    """The trade is answered before the socket is closed."""
    answering = trio.Event()

    async def answer_later(agent_id: str, order: OrderRequest, identity: Identity) -> Trade:
        await answering.wait()
        return await MiniFloor.submit(busy.floor, agent_id, order, identity)

    busy = Call(nursery, Limits(), submit=answer_later)
    await busy.let_in()
    busy.transport.say("trade.submit", id=7, agentId="agt_1", trade=TRADE)
    await wait_all_tasks_blocked()
    busy.session.end(closing.GOING_AWAY)
    await wait_all_tasks_blocked()
    assert busy.transport.closing is None
    answering.set()
    assert await busy.closing() == closing.GOING_AWAY
    assert [frame["id"] for frame in busy.transport.heard] == [7]


async def test_cancelling_a_session_cuts_a_write_off(nursery: trio.Nursery) -> None:
    """A server that is cancelled does not wait for a client that does not read."""
    call = Call(nursery)
    await call.let_in()
    call.transport.stop_reading()
    call.session.tend(trio.current_time())
    await wait_all_tasks_blocked()
    nursery.cancel_scope.cancel()
    await trio.lowlevel.checkpoint_if_cancelled()


async def test_a_defect_closes_the_socket_with_a_reason(call: Call, caplog: pytest.LogCaptureFixture) -> None:
    """A client can come back and resume."""
    await call.let_in()
    await call.ask("subscribe", channels=["trades"])
    call.floor.unavailable = ZeroDivisionError("a defect")
    call.transport.say("subscribe", channels=["portfolio"], after=0)
    assert await call.closing() == closing.INTERNAL
    assert [record.message for record in caplog.records] == ["socket failed"]
