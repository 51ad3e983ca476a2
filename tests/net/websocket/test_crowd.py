"""A crowd of idle and slow sockets beside a few fast ones: what it costs those is counted, not timed."""

import json
from collections.abc import Iterator
from contextlib import AbstractAsyncContextManager, AsyncExitStack, contextmanager
from typing import Final

import pytest
import trio
from attrs import define, frozen
from trio.testing import MockClock, wait_all_tasks_blocked
from trio_websocket import WebSocketConnection, open_websocket

from net.websocket.limits import Limits
from net.websocket.session import Session
from tests.conformance.websocket_frames import TEXT, frame
from tests.net.websocket.floor import MiniFloor
from tests.net.websocket.memory import MemoryTransport
from tests.net.websocket.serving import open_raw, serving_floor

IDLE: Final = 200
SLOW: Final = 50
FAST: Final = 5
TRADES: Final = 200
LIMITS: Final = Limits(outbox_frames_max=100, close_s=0.2)


@define(eq=False)
class StepCounter(trio.abc.Instrument):
    """Counts how often the loop runs a task."""

    steps: int = 0

    def before_task_step(self, task: trio.lowlevel.Task) -> None:
        """Count."""
        self.steps += 1


@contextmanager
def counting() -> Iterator[StepCounter]:
    """Count the steps of all tasks."""
    counter = StepCounter()
    trio.lowlevel.add_instrument(counter)
    try:
        yield counter
    finally:
        trio.lowlevel.remove_instrument(counter)


@frozen
class Cost:
    """What the fast clients' events took: steps of tasks, frames that were rendered, and deliveries to outboxes."""

    steps: int
    frames: int
    deliveries: int
    lagged: int


def client(floor: MiniFloor, nursery: trio.Nursery, *channels: str) -> MemoryTransport:
    """Return the far end of a new session that listens to channels."""
    transport = MemoryTransport()
    nursery.start_soon(Session(transport, floor.hub, floor.services()).run)
    transport.say("authenticate", token=floor.let_in("usr_1"))
    if channels:
        transport.say("subscribe", channels=channels)
    return transport


async def cost_beside(idle: int, slow: int) -> Cost:
    """Trade, and return what it took; after each trade the fast clients have to have heard of it."""
    floor = MiniFloor(LIMITS)
    floor.add_agent("agt_1", "usr_1")
    async with trio.open_nursery() as nursery:
        fast = [client(floor, nursery, "trades", "portfolio") for _ in range(FAST)]
        for _ in range(idle):
            client(floor, nursery)
        sleepers = [client(floor, nursery, "trades", "portfolio") for _ in range(slow)]
        await wait_all_tasks_blocked()
        for transport in (*fast, *sleepers):
            transport.heard.clear()
        for transport in sleepers:
            transport.stop_reading()
        # With the first trade the writers of the slow clients come to a stand.
        await _trade_and_hear(floor, fast)
        before = floor.hub.statistics()
        with counting() as counter:
            for _ in range(TRADES):
                await _trade_and_hear(floor, fast)
        after = floor.hub.statistics()
        assert not any(transport.heard for transport in sleepers)
        for transport in sleepers:
            transport.read_on()
        nursery.cancel_scope.cancel()
    return Cost(
        counter.steps,
        after.frames - before.frames,
        after.deliveries - before.deliveries,
        after.lagged - before.lagged,
    )


async def _trade_and_hear(floor: MiniFloor, fast: list[MemoryTransport]) -> None:
    floor.trade("agt_1")
    await wait_all_tasks_blocked()
    for transport in fast:
        assert transport.types() == ["trade.created", "trade.executed", "portfolio.update"]


@pytest.mark.no_cover
async def test_a_crowd_costs_the_fast_nothing(mock_clock: MockClock) -> None:
    """Beside 200 idle and 50 slow sockets as many frames are rendered and as many steps taken as beside none."""
    alone = await cost_beside(0, 0)
    crowded = await cost_beside(IDLE, SLOW)
    assert (crowded.frames, crowded.steps) == (alone.frames, alone.steps)
    assert alone.deliveries == TRADES * 3 * FAST


@pytest.mark.no_cover
async def test_the_fast_go_on_over_real_sockets() -> None:
    """After each trade the fast clients hear of it, until every slow one has filled its connection and lagged."""
    floor = MiniFloor(LIMITS)
    floor.add_agent("agt_1", "usr_1")
    async with AsyncExitStack() as clients:
        port = await clients.enter_async_context(serving_floor(floor))
        for number in range(IDLE + SLOW):
            stream = await clients.enter_async_context(await open_raw(port))
            await stream.send_all(_spoken("authenticate", token=floor.let_in("usr_1")))
            if number >= IDLE:
                await stream.send_all(_spoken("subscribe", channels=["trades"]))
        fast = [await clients.enter_async_context(_opened(port)) for _ in range(FAST)]
        for socket in fast:
            await socket.send_message(json.dumps({"action": "authenticate", "token": floor.let_in("usr_1")}))
            await socket.send_message(json.dumps({"action": "subscribe", "channels": ["trades"]}))
            assert [await _type(socket), await _type(socket)] == ["authenticated", "subscribed"]
        while floor.hub.statistics().lagged < SLOW:
            floor.trade("agt_1", symbol="S" * 20_000)
            for socket in fast:
                assert [await _type(socket), await _type(socket)] == ["trade.created", "trade.executed"]
        assert floor.hub.statistics().sockets == IDLE + SLOW + FAST


def _spoken(action: str, **fields: object) -> bytes:
    return frame(TEXT, json.dumps({"action": action, **fields}).encode())


def _opened(port: int) -> AbstractAsyncContextManager[WebSocketConnection]:
    opened: AbstractAsyncContextManager[WebSocketConnection] = open_websocket("127.0.0.1", port, "/ws", use_ssl=False)
    return opened


async def _type(socket: WebSocketConnection) -> str:
    return str(json.loads(await socket.get_message())["type"])


async def test_a_slow_client_is_given_a_bounded_part(mock_clock: MockClock) -> None:
    """Each lags once; until then it is offered what its outbox holds, and after that nothing more."""
    crowded = await cost_beside(IDLE, SLOW)
    own = TRADES * 3 * FAST
    assert crowded.lagged == SLOW
    assert own < crowded.deliveries <= own + SLOW * 2 * LIMITS.outbox_frames_max
