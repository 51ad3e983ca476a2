"""What goes wrong in a soak, each as a stretch of time after which all must be well by itself."""

import resource
import signal
from collections.abc import Awaitable, Callable, Mapping
from random import Random
from typing import Final

import trio

from tests.e2e.program import limit_files
from tests.soak.pauses import pause
from tests.soak.relay import Weather
from tests.soak.rig import Rig

Fault = Callable[[Rig, Random, float], Awaitable[None]]


async def services_down(rig: Rig, _rng: Random, hold_s: float) -> None:
    """Kill both gRPC services, and start them again on what they had."""
    rig.services.kill()
    await pause(hold_s)
    await trio.to_thread.run_sync(rig.services.start_again)


async def services_hang(rig: Rig, _rng: Random, hold_s: float) -> None:
    """Let the services do nothing, though their sockets stay open."""
    with rig.services.frozen():
        await pause(hold_s)


async def network_slow(rig: Rig, _rng: Random, hold_s: float) -> None:
    """Delay what passes between the floor and its services."""
    metering, oversight = rig.relays
    with metering.bad(Weather.SLOW), oversight.bad(Weather.SLOW):
        await pause(hold_s)


async def network_garbled(rig: Rig, _rng: Random, hold_s: float) -> None:
    """Turn what passes between the floor and its services into noise."""
    metering, oversight = rig.relays
    with metering.bad(Weather.GARBLED), oversight.bad(Weather.GARBLED):
        await pause(hold_s)


async def disk_full(rig: Rig, _rng: Random, hold_s: float) -> None:
    """Let no file of the floor grow."""
    program = rig.running
    limit_files(program, rig.log.stat().st_size)
    await pause(hold_s)
    limit_files(program, resource.RLIM_INFINITY)


async def clock_jumps(rig: Rig, _rng: Random, hold_s: float) -> None:
    """Set the wall clock ahead, and back."""
    for number in (signal.SIGUSR1, signal.SIGUSR2):
        rig.running.process.send_signal(number)
        await pause(hold_s / 2)


async def killed(rig: Rig, rng: Random, _hold_s: float) -> None:
    """Kill the floor, and start it again; at times also while it starts."""
    rig.kill()
    await rig.start()
    if rng.random() < 0.3:
        rig.kill()
        await rig.start()


async def terminated(rig: Rig, _rng: Random, _hold_s: float) -> None:
    """Stop the floor in good order, and start it again."""
    await rig.stop()
    await rig.start()


FAULTS: Final[Mapping[str, Fault]] = {
    "gRPC services down": services_down,
    "gRPC services hang": services_hang,
    "gRPC slow": network_slow,
    "gRPC garbled": network_garbled,
    "disk full": disk_full,
    "clock jumps": clock_jumps,
    "kill -9": killed,
    "SIGTERM": terminated,
}

RESTARTS: Final = frozenset({"kill -9", "SIGTERM"})
"""Faults that end the floor's process; the last part of a soak goes without, for its memory to be looked at."""
