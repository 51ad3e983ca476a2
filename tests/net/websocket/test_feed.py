"""The outgoing side of a session: replays, lagging, and what a client may pile up."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
import trio
from trio.testing import wait_all_tasks_blocked

from actors.errors import JournalUnavailable
from actors.model import Principal, Role
from net.websocket.channels import Channel, Topic
from net.websocket.feed import Feed, ReplyRefused
from net.websocket.limits import Limits
from net.websocket.messages import AnswerMessage
from net.wire.structure import InvalidRequest
from tests.net.websocket.floor import MiniFloor
from tests.net.websocket.frame_schemas import validate
from tests.net.websocket.memory import MemoryTransport

TRADES = Channel(Topic.TRADES)
PORTFOLIO = Channel(Topic.PORTFOLIO)
MARKET = Channel(Topic.MARKET)
AGENT = Channel(Topic.AGENT, "agt_1")


class Desk:
    """A floor with one agent, and one feed of its owner."""

    def __init__(self, nursery: trio.Nursery, limits: Limits) -> None:
        self.floor = MiniFloor(limits)
        self.floor.add_agent("agt_1", "usr_1")
        self.transport = MemoryTransport()
        self.feed = Feed(self.transport, self.floor.hub, self.floor.services())
        self.feed.principal = Principal("usr_1", "Ann", Role.TRADER)
        nursery.start_soon(self.feed.write)

    async def heard(self) -> list[Any]:
        """Return what has arrived once nothing moves, as sequences or, without one, types."""
        await wait_all_tasks_blocked()
        frames = [frame.get("seq") or frame["type"] for frame in self.transport.heard]
        self.transport.heard.clear()
        return frames


@pytest.fixture
async def desk(nursery: trio.Nursery) -> AsyncIterator[Desk]:
    """Room for six frames, and pages of two events."""
    yield Desk(nursery, Limits(outbox_frames_max=6, replay_page_events=2, channels_max=3))
    nursery.cancel_scope.cancel()


async def test_a_lag_in_a_replay_resumes_where_the_replay_was(desk: Desk) -> None:
    """The channel that was catching up has come less far than the one that was live; each resumes at its own place."""
    for _ in range(3):
        desk.floor.trade("agt_1")
    desk.feed.subscribe([MARKET], None)
    desk.feed.subscribe([TRADES], 1)
    desk.floor.reading = trio.Event()
    await wait_all_tasks_blocked()
    desk.floor.reading.set()
    desk.floor.reading = trio.Event()
    desk.transport.stop_reading()
    await wait_all_tasks_blocked()
    desk.floor.trade("agt_1")
    desk.feed.subscribe([PORTFOLIO], None)
    desk.feed.lag(None)
    desk.transport.read_on()
    await wait_all_tasks_blocked()
    assert [frame["seq"] for frame in desk.transport.heard] == [2, 2]
    lagged = desk.transport.heard[-1]
    validate("lagged", lagged)
    assert lagged["data"]["resume"] == {"market": 9, "portfolio": 9, "trades": 2}
    assert lagged["timestamp"] == "2026-02-02T02:40:00.000000Z"


async def test_a_lag_while_the_last_page_is_read_ends_the_replay(desk: Desk) -> None:
    """What is published while the last page is read may be too much; then that page is not sent any more."""
    desk.floor.trade("agt_1")
    desk.floor.reading = reading = trio.Event()
    desk.feed.subscribe([TRADES], 2)
    await wait_all_tasks_blocked()
    for _ in range(4):
        desk.floor.trade("agt_1")
    reading.set()
    desk.floor.reading = None
    await wait_all_tasks_blocked()
    assert [(frame["type"], frame["seq"]) for frame in desk.transport.heard] == [("lagged", 2)]
    assert desk.floor.hub.statistics().routes == 0


async def test_what_was_missed_cannot_be_read(desk: Desk) -> None:
    """The client is told to try again from where it is."""
    desk.floor.trade("agt_1")
    desk.floor.unavailable = JournalUnavailable("the disk is full")
    desk.feed.subscribe([TRADES], 1)
    await wait_all_tasks_blocked()
    (lagged,) = desk.transport.heard
    assert (lagged["type"], lagged["seq"]) == ("lagged", 1)
    assert lagged["data"]["reason"] == "what was missed could not be read"


async def test_channels_that_are_left_during_a_replay(desk: Desk) -> None:
    """Nothing more of them is sent."""
    desk.floor.trade("agt_1")
    desk.floor.reading = reading = trio.Event()
    desk.feed.subscribe([TRADES], 0)
    await wait_all_tasks_blocked()
    desk.feed.unsubscribe([TRADES])
    reading.set()
    desk.floor.trade("agt_1")
    assert await desk.heard() == []
    assert desk.floor.hub.statistics().routes == 0


async def test_a_channel_that_catches_up_is_not_subscribed_twice(desk: Desk) -> None:
    """Asking for a channel again, from now on, changes nothing while it catches up."""
    desk.floor.trade("agt_1")
    assert desk.feed.subscribe([TRADES], 1) == 1
    assert desk.feed.subscribe([TRADES], None) == 3
    desk.floor.trade("agt_1")
    assert await desk.heard() == [2, 3, 4, 5]


async def test_going_back_further_in_a_live_channel(desk: Desk) -> None:
    """Only what came before the channel was live is sent again, as it was asked for."""
    desk.floor.trade("agt_1")
    desk.feed.subscribe([TRADES], None)
    desk.floor.trade("agt_1")
    assert await desk.heard() == [4, 5]
    assert desk.feed.subscribe([TRADES], 2) == 2
    assert await desk.heard() == [3]
    assert desk.feed.subscribe([TRADES], 5) == 5
    desk.floor.trade("agt_1")
    assert await desk.heard() == [6, 7]


async def test_a_live_channel_spares_the_replay_of_another(desk: Desk) -> None:
    """What has come by one channel does not come again by another, nor does a portfolio that is up to date."""
    desk.floor.trade("agt_1")
    desk.feed.subscribe([TRADES, PORTFOLIO], None)
    desk.floor.trade("agt_1")
    assert await desk.heard() == [4, 5, 5]
    desk.feed.subscribe([AGENT], 1)
    assert await desk.heard() == [2, 3]


async def test_the_portfolio_of_the_last_event_seen_is_shown_again(desk: Desk) -> None:
    """The connection may have broken between an event and the portfolio it led to."""
    desk.floor.trade("agt_1")
    desk.feed.subscribe([PORTFOLIO], 3)
    await wait_all_tasks_blocked()
    (frame,) = desk.transport.heard
    assert (frame["type"], frame["seq"], frame["data"]["fees"]) == ("portfolio.update", 3, 0.000001)


async def test_prices_are_not_replayed(desk: Desk) -> None:
    """A channel of prices is live at once, whatever is asked for."""
    assert desk.feed.subscribe([MARKET], 0) == 1
    desk.floor.tick(1_000_000)
    assert await desk.heard() == ["market.update"]
    assert desk.floor.reads == 0


async def test_too_many_channels_are_refused_together(desk: Desk) -> None:
    """A request beyond the limit subscribes to nothing."""
    desk.feed.subscribe([TRADES], None)
    desk.feed.subscribe([PORTFOLIO], 0)
    with pytest.raises(InvalidRequest, match="at most"):
        desk.feed.subscribe([MARKET, AGENT], None)
    desk.feed.subscribe([MARKET], None)
    await wait_all_tasks_blocked()
    assert desk.floor.hub.statistics().routes == 3


async def test_events_give_way_to_a_reply(desk: Desk) -> None:
    """A client that does not read lags before it goes without answers; one that still asks is given up."""
    desk.transport.stop_reading()
    desk.feed.subscribe([TRADES], None)
    desk.feed.reply(AnswerMessage("pong", None, {}))
    await wait_all_tasks_blocked()
    for _ in range(3):
        desk.floor.trade("agt_1")
    desk.feed.reply(AnswerMessage("pong", None, {}))
    desk.feed.ping()
    desk.feed.ping()
    for _ in range(3):
        desk.feed.reply(AnswerMessage("pong", None, {}))
    with pytest.raises(ReplyRefused):
        desk.feed.reply(AnswerMessage("pong", None, {}))
    desk.transport.read_on()
    assert await desk.heard() == ["pong", 1, "pong", "pong", "pong", "pong"]
    assert desk.transport.pings == 1


async def test_a_client_that_only_watches_prices_never_lags(desk: Desk) -> None:
    """Prices supersede each other."""
    desk.transport.stop_reading()
    desk.feed.subscribe([MARKET], None)
    for _ in range(50):
        desk.floor.tick(1_000_000)
        await wait_all_tasks_blocked()
    desk.transport.read_on()
    assert await desk.heard() == ["market.update", "market.update"]


async def test_what_waits_is_written_before_the_end(nursery: trio.Nursery) -> None:
    """Closing leaves all channels, also those that catch up, and lets the writer finish."""
    floor = MiniFloor()
    floor.add_agent("agt_1", "usr_1")
    transport = MemoryTransport()
    feed = Feed(transport, floor.hub, floor.services())
    feed.principal = Principal("usr_1", "Ann", Role.TRADER)
    feed.subscribe([TRADES], None)
    feed.subscribe([PORTFOLIO], 0)
    floor.trade("agt_1")
    feed.close()
    await feed.write()
    assert transport.types() == ["trade.created", "trade.executed"]
    assert floor.hub.statistics().routes == 0
