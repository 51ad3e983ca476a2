"""A storm of crashes, stops and restarts over random trees: whatever comes, the system ends in order and in time."""

import random
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import Any

import trio
from hypothesis import example, given, settings
from hypothesis import strategies as st
from trio.testing import MockClock

from supervisor import (
    ActorSystem,
    Backoff,
    ChildSpec,
    Exceeded,
    MailboxSpec,
    NodeSpec,
    Overflow,
    Reason,
    Restart,
    RestartIntensityExceeded,
    Status,
    Strategy,
    SupervisorError,
    SupervisorSpec,
    open_system,
)
from supervisor.current import current_cell
from supervisor.node import SETTLED
from tests.supervisor.samples import Add, Crash, Defer, End, Get, Hold, Orderly, Sample, Stubborn, Watch

STEPS = 30
STORM_S = 20.0
CALM_S = 60.0
"""Time enough to crash for whatever waits, one backoff after the other."""

END_TIME_S_MAX = 260.0


class Reluctant(Stubborn):
    """Stops by itself only where it wants to end."""

    async def stopped(self, reason: Reason) -> None:
        """Wait for a cancellation, if somebody else wants it."""
        if reason is not Reason.NORMAL:
            await super().stopped(reason)


def late(rng: random.Random) -> Sample:
    """Make an actor whose start takes time, or fails while there is a storm."""

    class Late(Orderly):
        async def started(self) -> None:
            await trio.sleep(rng.choice([0.0, 0.5]))
            if rng.random() < 0.2 and trio.current_time() < STORM_S:
                raise ValueError
            await super().started()

    return Late()


def random_spec(rng: random.Random, name: str, depth: int) -> NodeSpec:
    """Draw a node, supervisors at most `depth` deep."""
    common: dict[str, Any] = {
        "restart": rng.choice(list(Restart)),
        "backoff": rng.choice([None, Backoff(base_s=rng.random(), max_s=1.0)]),
        "on_exceeded": rng.choice(list(Exceeded)),
        "intensity": rng.randrange(4),
        "period_s": 2.0,
    }
    if depth and rng.random() < 0.5:
        children = [random_spec(rng, f"n{number}", depth - 1) for number in range(rng.randrange(4))]
        return SupervisorSpec(name, strategy=rng.choice(list(Strategy)), children=children, **common)
    kinds: list[Callable[[], Sample]] = [Sample, Orderly, Reluctant, partial(late, rng)]
    return ChildSpec(
        name,
        rng.choice(kinds),
        mailbox=MailboxSpec(rng.choice([1, 100]), rng.choice(list(Overflow))),
        passivate_after_s=rng.choice([None, 0, 0.5]),
        start_passive=rng.random() < 0.3,
        shutdown_s=1.0,
        **common,
    )


async def disturb(system: ActorSystem, rng: random.Random) -> None:
    """Do one thing to one node, as an operator, a client or bad luck would."""
    path = rng.choice(list(system.runtime.nodes))
    ref = system.ref(path)
    act = rng.choice(
        [
            partial(ref.ask, Crash(ValueError())),
            partial(ref.ask, Crash(ValueError())),
            partial(ref.ask, Add(1)),
            partial(ref.ask, Defer()),
            partial(ref.ask, End()),
            partial(ref.ask, Hold(trio.Event())),
            partial(ref.tell, Get()),
            partial(ref.tell, Watch(system.ref(rng.choice(list(system.runtime.nodes))))),
            partial(system.control.restart, path),
            partial(system.control.state, path),
            partial(system.start_child, path, random_spec(rng, f"d{rng.randrange(5)}", 1)),
            partial(system.stop, path) if path != "/" else partial(system.control.state, path),
        ]
    )
    with trio.move_on_after(rng.choice([0.1, 10])):
        with suppress(SupervisorError):
            await act()
    if rng.random() < 0.1:
        await system.control.pause("/")
        await trio.sleep(0.3)
        await system.control.resume("/")


def require_rest(system: ActorSystem) -> None:
    """Require that whoever runs has a place in the tree and one task, and that nobody has been left behind."""
    nodes = system.runtime.nodes
    cells = [task.context.get(current_cell) for task in system.runtime.nursery.child_tasks]
    serving = [cell for cell in cells if cell is not None]
    assert len(set(serving)) == len(serving)
    assert [cell.path for cell in serving if nodes.get(cell.path) is not cell] == []
    for node in nodes.values():
        if node.parent is None or node.parent.status is Status.RUNNING:
            assert node.operation is None
            assert node.status in SETTLED, (node.path, node.status)


@settings(deadline=None, max_examples=60)
@example(1358)  # An operation went on after it was superseded.
@given(st.integers(0, 2**32))
def test_system_survives_a_storm_and_ends_in_time(seed: int) -> None:
    """No operation hangs, every wait ends, and at the end nothing is left running."""
    rng = random.Random(seed)  # noqa: S311 - chance, not secrecy
    systems: list[ActorSystem] = []

    async def main() -> None:
        children = [random_spec(rng, f"n{number}", 2) for number in range(3)]
        root = SupervisorSpec(
            "", children=children, strategy=rng.choice(list(Strategy)), intensity=rng.choice([3, 1000, 1000])
        )
        try:
            async with open_system(root, rng=rng) as system, trio.open_nursery() as nursery:
                systems.append(system)
                for _ in range(STEPS):
                    nursery.start_soon(disturb, system, rng)
                    await trio.sleep(rng.choice([0.0, rng.random()]))
                await trio.sleep(CALM_S)
                require_rest(system)
        except RestartIntensityExceeded:
            pass
        assert trio.current_time() < END_TIME_S_MAX
        for system in systems:
            running = {node.status for node in system.runtime.nodes.values()} - {Status.STOPPED}
            assert running == set()
            assert await system.control.waits() == ()

    trio.run(main, clock=MockClock(autojump_threshold=0))
