"""The kinds of publisher, each with what shows that its side heard."""

import io
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import trio
from opentelemetry.sdk.trace import TracerProvider

from actors.ports.publisher import Publisher
from actors.views import FloorViews
from net.metrics.trades import TradeMeter
from net.websocket.hub import Hub
from simulations.chaos.world import WitnessedPublisher, World
from simulations.event_log import FIRST_LINE, EventLog
from simulations.recording import OPENING, Horizon, Recorder
from tests.actors.builders import a_book
from tests.actors.headless import RecordingPublisher
from tests.contracts.stages import Around, Stage, Twin, made
from tests.net.websocket.test_hub import Ear
from tradefloor.tracing import TracedPublisher, Tracing

TRADES = "trade."
LAST_OF_ALL = 10**9


def hub(_around: Around) -> Stage:
    """Return the sockets' hub, with somebody who listens to the agent and to the market."""
    views = FloorViews()
    subject, ear, ticker = Hub(views), Ear(), Ear()
    subject.join(ear, "agent/agt_1")
    subject.join(ticker, "market/*")

    def heard() -> list[int]:
        return [frame.seq for frame in ear.frames if frame.seq is not None and frame.type.startswith(TRADES)]

    return Stage(subject, heard, lambda: len(ticker.frames), views)


def recorder(_around: Around) -> Stage:
    """Return what takes a simulation down."""
    file = io.BytesIO()
    log = EventLog(file)
    subject = Recorder(("AAPL", "TSLA"), Horizon(LAST_OF_ALL, LAST_OF_ALL), log)
    subject.enrol([a_book()])

    def heard() -> list[int]:
        log.digest()
        lines = [json.loads(line) for line in file.getvalue().removeprefix(FIRST_LINE).splitlines()]
        return [line["seq"] for line in lines if line["type"].startswith(TRADES)]

    return Stage(subject, heard, lambda: subject.ticks - OPENING)


def recording(_around: Around) -> Stage:
    """Return the publisher of headless tests."""
    return before(lambda publisher: publisher)


def before(wrap: Callable[[Publisher], Publisher]) -> Stage:
    """Return a publisher that hands on what it takes to one that keeps it."""
    views = FloorViews()
    behind = RecordingPublisher(views)

    def heard() -> list[int]:
        return [record.seq for record in behind.recorded if record.event.type.startswith(TRADES)]

    return Stage(wrap(behind), heard, lambda: behind.ticks, views)


@asynccontextmanager
async def witnessed(_around: Around) -> AsyncIterator[Stage]:
    """Open the publisher of chaos, whose witness looks at what is durable."""
    async with trio.open_nursery() as nursery:
        world = World(1, nursery)
        stage = before(lambda publisher: WitnessedPublisher(world, publisher))
        yield Stage(stage.subject, stage.heard, stage.ticks, stage.views, world.disk)
        assert world.violation is None


PUBLISHERS = (
    Twin(Hub, made(hub)),
    Twin(TradeMeter, made(lambda _around: before(TradeMeter))),
    Twin(TracedPublisher, made(lambda _around: before(Tracing(TracerProvider()).publisher))),
    Twin(Recorder, made(recorder)),
    Twin(WitnessedPublisher, witnessed),
    Twin(RecordingPublisher, made(recording)),
)
