"""The contract of what runs simulations, in processes and as the test says."""

import pytest
import trio

from actors.ports.simulations import ScenarioRefused, Simulator
from actors.simulating.model import Ending, Progress, Wanted

LONG = Wanted("quickstart", agents=6, days=3_000)
RUN_S_MAX = 120
"""A run leaves the processor to everybody else."""


async def test_what_is_offered_can_be_run(simulator: Simulator) -> None:
    """As it is, it comes to what is said of it."""
    offered = {scenario.name: scenario.plan for scenario in simulator.scenarios()}
    assert simulator.plan(Wanted("quickstart")) == offered["quickstart"]


@pytest.mark.parametrize(
    ("wanted", "key"), [(Wanted("nowhere"), "scenario"), (Wanted("quickstart", settings=("nokey=3",)), "nokey")]
)
async def test_mistakes_are_named_by_their_keys(simulator: Simulator, wanted: Wanted, key: str) -> None:
    """A scenario that there is not, and a key that it has not."""
    with pytest.raises(ScenarioRefused) as refused:
        simulator.plan(wanted)
    assert [mistake.key for mistake in refused.value.mistakes] == [key]


async def test_a_run_that_is_to_end_has_a_result_of_what_was_run(simulator: Simulator) -> None:
    """It has told its progress until then."""
    wants_end, told = trio.Event(), list[Progress]()

    def note(progress: Progress) -> None:
        told.append(progress)
        wants_end.set()

    with trio.fail_after(RUN_S_MAX):
        ending = await simulator.run("sim_1", LONG, wants_end, note)
    assert ending.result is not None
    assert (ending.result.ended_early, ending.failure) == (True, None)
    assert 0 <= told[0].ticks < told[0].ticks_total


async def test_a_cancellation_ends_a_run_at_once(simulator: Simulator) -> None:
    """Without a result."""
    endings = list[Ending]()
    with trio.fail_after(RUN_S_MAX), trio.CancelScope() as scope:
        endings.append(await simulator.run("sim_1", LONG, trio.Event(), lambda _progress: scope.cancel()))
    assert (scope.cancelled_caught, endings) == (True, [])
