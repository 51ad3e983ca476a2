"""A fixture for each port, which provides each of its implementations in turn."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from actors.ports.clock import Clock, Ids
from actors.ports.history import History, Recovery
from actors.ports.journal import JournalStore
from actors.ports.metering import MeteringService
from actors.ports.notifications import Notifications
from actors.ports.oversight import OversightService
from actors.ports.people import People
from actors.ports.publisher import Publisher
from actors.ports.simulations import JobStore, Simulator
from tests.contracts.stages import Around
from tests.contracts.twins import TWINS, fixture_name
from tests.net.grpc.scripted import HandClock


def _fixture(port: type, *, is_away: bool = False) -> Any:
    """Make the fixture of a port, or of what of it can be away, in that state."""
    name = f"{fixture_name(port)}_away" if is_away else fixture_name(port)
    twins = [twin for twin in TWINS[port] if not is_away or twin.open_away is not None]

    @pytest.fixture(params=twins, ids=[twin.name for twin in twins], name=name)
    async def opened(request: pytest.FixtureRequest, around: Around) -> AsyncIterator[Any]:
        twin = request.param
        async with (twin.open_away if is_away else twin.open)(around) as stage:
            assert type(getattr(stage, "subject", stage)) is twin.kind
            yield stage

    return opened


@pytest.fixture
def hand_clock() -> HandClock:
    """Return a clock that stands on 15 January 2026."""
    return HandClock()


@pytest.fixture
def around(hand_clock: HandClock, tmp_path: Path) -> Around:
    """Return what an implementation is opened in."""
    return Around(hand_clock, tmp_path)


clock = _fixture(Clock)
ids = _fixture(Ids)
journal_store = _fixture(JournalStore)
journal_store_away = _fixture(JournalStore, is_away=True)
history = _fixture(History)
recovery = _fixture(Recovery)
metering_service = _fixture(MeteringService)
metering_service_away = _fixture(MeteringService, is_away=True)
oversight_service = _fixture(OversightService)
oversight_service_away = _fixture(OversightService, is_away=True)
people = _fixture(People)
people_away = _fixture(People, is_away=True)
notifications = _fixture(Notifications)
publisher = _fixture(Publisher)
simulator = _fixture(Simulator)
job_store = _fixture(JobStore)
