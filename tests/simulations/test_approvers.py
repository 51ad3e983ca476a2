"""The people of a simulation at their work."""

import trio
from attrs import evolve
from trio.testing import MockClock

from simulations.approvers import AttendedOversight, approvers
from simulations.ports.clock import SECOND_US, VirtualClock
from simulations.scenario.checks import Span
from simulations.scenario.model import Oversight, Response
from tests.actors.builders import an_oversight_request

RULES = Oversight(approvers=3, response=Response("fixed", Span(60.0)))
REQUEST = an_oversight_request(risk_level="low", created_at_us=0, expires_at_us=3_600 * SECOND_US)


async def test_all_approvers_work_side_by_side(autojump_clock: MockClock) -> None:
    """Six requests that come one by one are shared by three people, though all of them were waiting at first."""
    clock = VirtualClock(0)
    service = AttendedOversight(clock, 0)
    people = approvers(RULES, service, clock, seed=1)
    async with trio.open_nursery() as nursery:
        for person in people:
            nursery.start_soon(person.work)
        for number in range(6):
            await trio.sleep(1)
            await service.create(evolve(REQUEST, request_id=f"ovr_{number}"))
        await trio.sleep(120)
        nursery.cancel_scope.cancel()
    assert [len(person.taken) for person in people] == [2, 2, 2]
    assert len(service.decisions) == 6
