"""The open loop, on a virtual clock and against servers that behave as told."""

import pytest
import trio
from trio.testing import MockClock

from simulations.load.drive import IN_FLIGHT_MAX, NOT_SENT, drive
from simulations.load.plan import Call, Plan, Shot
from simulations.load.tally import Failure, Tally, read_out

RATE = 100.0


def reads(seconds: float) -> Plan:
    """Return a plan of reads alone, a hundred a second."""
    return Plan(agents=1, rate=RATE, seconds=seconds, weights={Call.READS: 1}, sockets=0)


class StallingServer:
    """Serves one request after the other in a millisecond each, but for one second in which it does nothing."""

    def __init__(self) -> None:
        self.busy = trio.Lock()
        self.began = trio.current_time()

    async def fire(self, shot: Shot) -> Failure | None:
        """Answer well."""
        async with self.busy:
            if shot.number == int(RATE):
                await trio.sleep(1)
            await trio.sleep(0.001)
        return None


async def test_a_stall_is_felt_by_every_request_that_was_due_meanwhile(autojump_clock: MockClock) -> None:
    """No coordinated omission: a second's stall in three is in the 90th percentile, not in a single request's time."""
    tally = Tally()
    asked_s = await drive(reads(3.0), StallingServer(), tally, trio.Event())
    found = read_out(tally.calls[Call.READS].latencies)
    assert found.count == 300
    assert asked_s == pytest.approx(3.0)
    assert found.percentile_ms(90.0) > 600
    assert found.max_ms == pytest.approx(1_001, rel=0.01)
    assert tally.seconds[0][Call.READS].latencies.get_max_value() < 2_000
    assert read_out(tally.late_starts).max_ms < 0.1


class DeadServer:
    """Never answers."""

    async def fire(self, shot: Shot) -> Failure | None:
        """Wait until patience is over, far beyond the plan's end."""
        await trio.sleep(100)
        return Failure("no answer in time", "")


async def test_what_waits_is_bounded(autojump_clock: MockClock) -> None:
    """Requests that come due while too many wait are counted as errors and not sent."""
    tally = Tally()
    await drive(reads(IN_FLIGHT_MAX / RATE + 1), DeadServer(), tally, trio.Event())
    assert tally.causes[NOT_SENT].count == int(RATE)
    assert tally.errors == tally.calls[Call.READS].due == IN_FLIGHT_MAX + int(RATE)
    assert tally.in_flight == 0


async def test_a_load_stops_when_told(autojump_clock: MockClock) -> None:
    """What was sent is waited for; what was not due yet is not asked."""
    tally, stopping = Tally(), trio.Event()

    async def stop_later() -> None:
        await trio.sleep(1.055)
        stopping.set()

    async with trio.open_nursery() as nursery:
        nursery.start_soon(stop_later)
        asked_s = await drive(reads(60.0), StallingServer(), tally, stopping)
    assert asked_s == pytest.approx(0.955)
    assert tally.counts == (96, 96)
