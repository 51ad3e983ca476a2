"""The table of the ports: each with all that implements it, in the product and in the tests.

`tests/contracts/conftest.py` makes a fixture of each row, so that every case of a contract is played on every one;
`test_every_port.py` holds the table to what is really there.
"""

from collections.abc import Mapping
from typing import Final

from actors.ports.clock import Clock, Ids
from actors.ports.history import History, Recovery
from actors.ports.journal import JournalStore
from actors.ports.metering import MeteringService
from actors.ports.notifications import Notifications, TellNobody
from actors.ports.oversight import OversightService
from actors.ports.people import People
from actors.ports.publisher import Publisher
from actors.ports.simulations import JobStore, Simulator
from persistence.simulation_jobs import FolderJobStore
from simulations.bench.journal_actor import Nobody
from simulations.ports.clock import CountingIds, VirtualClock
from simulations.ports.fleeting import FleetingStore
from tests.actors.builders import NOW_US
from tests.contracts.publishers import PUBLISHERS
from tests.contracts.receivers import NOTIFICATIONS
from tests.contracts.services import METERING, OVERSIGHT
from tests.contracts.stages import Twin, made
from tests.contracts.storages import FAULTY, FLEETING, PEOPLE, WHOLE
from tests.fakes.simulations import FakeSimulator, MemoryJobs
from tradefloor.simulator import ProcessSimulator
from tradefloor.surroundings import SystemClock, SystemIds

TWINS: Final[Mapping[type, tuple[Twin, ...]]] = {
    Clock: (
        Twin(SystemClock, made(lambda _around: SystemClock())),
        Twin(VirtualClock, made(lambda _around: VirtualClock(NOW_US))),
    ),
    Ids: (
        Twin(SystemIds, made(lambda _around: SystemIds())),
        Twin(CountingIds, made(lambda _around: CountingIds())),
    ),
    JournalStore: (*WHOLE, FAULTY, FLEETING),
    History: WHOLE,
    Recovery: (*WHOLE, FLEETING),
    MeteringService: METERING,
    OversightService: OVERSIGHT,
    People: PEOPLE,
    Notifications: NOTIFICATIONS,
    Publisher: PUBLISHERS,
    Simulator: (
        Twin(ProcessSimulator, made(lambda around: ProcessSimulator(lambda job_id: around.folder / job_id))),
        Twin(FakeSimulator, made(lambda _around: FakeSimulator(obliges=True))),
    ),
    JobStore: (
        Twin(FolderJobStore, made(lambda around: FolderJobStore(around.folder))),
        Twin(MemoryJobs, made(lambda _around: MemoryJobs())),
    ),
}

APART: Final[Mapping[tuple[type, type], str]] = {
    (History, FleetingStore): "has no past, which tests/simulations/test_ports.py says",
    (Notifications, TellNobody): "tells nobody, which test_notifications.py says",
    (Publisher, Nobody): "is heard by nobody, which test_publisher.py says",
}
"""What has the shape of a port, and not its contract, with the reason."""


def fixture_name(port: type) -> str:
    """Return the name of a port's fixture: `JournalStore` is `journal_store`."""
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in port.__name__).lstrip("_")
