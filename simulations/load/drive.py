"""The open loop: each request goes out when it is due, in a task of its own, whatever became of the ones before."""

from typing import Final, Protocol

import trio

from simulations.load.plan import Plan, Shot
from simulations.load.tally import Failure, Tally

LEAD_S: Final = 0.1
"""From the call to the first due time, so that the loop has settled by then."""

IN_FLIGHT_MAX: Final = 2_000
"""Requests that wait for their answers at once. A server that lets more of them pile up is past measuring, and each
costs the generator memory and time; those that come due beyond count as errors."""

BURST_MAX: Final = 20
"""Requests that are sent without a pause when the generator itself is late."""

NOT_SENT: Final = "not sent"


class Target(Protocol):
    """Whom the requests go to."""

    async def fire(self, shot: Shot) -> Failure | None:
        """Send a request and wait for its answer; return what was wrong with it, if anything. Never raises."""
        ...


async def drive(plan: Plan, target: Target, tally: Tally, stopping: trio.Event) -> float:
    """Send all requests of a plan, or those that are due until it is to stop; return the seconds that this took.

    Returns when the last answer is there. Latency counts from the due time, so that a request which the generator or a
    full connection pool held back is not taken for a quick one.
    """
    began = trio.current_time() + LEAD_S
    async with trio.open_nursery() as nursery:
        for shot in plan.shots():
            # A loop that has fallen behind catches up at once; it lets the others run now and then all the same.
            is_early = trio.current_time() < began + shot.due_s
            if (is_early or shot.number % BURST_MAX == 0) and not await _is_due(began + shot.due_s, stopping):
                break
            tally.due(shot)
            if tally.in_flight >= IN_FLIGHT_MAX:
                tally.failed(shot, Failure(NOT_SENT, f"{IN_FLIGHT_MAX:,} requests were waiting for their answers"))
            else:
                tally.started(trio.current_time() - began - shot.due_s)
                nursery.start_soon(_fire, shot, target, tally, began)
        await _is_due(began + plan.count / plan.rate, stopping)
        asked_s = trio.current_time() - began
        # The nursery waits for the answers, which are no part of the time of asking.
    return asked_s  # noqa: RET504


async def _fire(shot: Shot, target: Target, tally: Tally, began: float) -> None:
    failure = await target.fire(shot)
    tally.answered(shot, trio.current_time() - began - shot.due_s, failure)


async def _is_due(at: float, stopping: trio.Event) -> bool:
    """Wait until a moment, or until the load is to stop; return whether it goes on."""
    with trio.move_on_at(at):
        await stopping.wait()
    return not stopping.is_set()
