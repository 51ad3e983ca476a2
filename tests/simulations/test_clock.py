"""The time of a simulation: it jumps to what is due next, never back, and waits for whoever can still run."""

import math
from collections.abc import Sequence
from typing import Final

import trio
from hypothesis import given
from hypothesis import strategies as st
from trio.testing import MockClock

from simulations.determinism import deterministic_scheduling
from simulations.ports.clock import SECOND_US, VirtualClock, VirtualTime

NAPS: Final = st.lists(st.lists(st.integers(0, 40).map(lambda eighths: eighths / 8), max_size=4), max_size=4)
"""For each of some tasks how long it sleeps, time after time: in eighths of a second, which add up without rounding."""


@given(naps=NAPS)
def test_tasks_wake_as_on_the_clock_of_trios_tests(naps: Sequence[Sequence[float]]) -> None:
    """Each at its time and in the same order, where one scheduling is given."""

    async def main() -> list[tuple[int, float]]:
        woken: list[tuple[int, float]] = []

        async def sleeper(number: int, naps_s: Sequence[float]) -> None:
            for nap_s in naps_s:
                await trio.sleep(nap_s)
                woken.append((number, trio.current_time()))

        async with trio.open_nursery() as nursery:
            for number, naps_s in enumerate(naps):
                nursery.start_soon(sleeper, number, naps_s)
        return woken

    def woken_on(clock: trio.abc.Clock) -> list[tuple[int, float]]:
        with deterministic_scheduling(7):
            return trio.run(main, clock=clock)

    woken = woken_on(VirtualTime())

    assert [at for _, at in woken] == sorted(at for _, at in woken)
    assert woken == woken_on(MockClock(autojump_threshold=0))


def test_who_waits_for_the_others_does_so_before_time_goes_on() -> None:
    """All who wait are woken once those who can run have run, and what is due comes later."""
    time = VirtualTime()
    order: list[str] = []

    async def waiter() -> None:
        await time.wait_all_at_rest()
        order.append(f"waited at {trio.current_time()}")

    async def sleeper() -> None:
        await trio.sleep(1)
        order.append("slept")

    async def worker() -> None:
        for _ in range(3):
            await trio.lowlevel.checkpoint()
        order.append("worked")

    async def main() -> None:
        async with trio.open_nursery() as nursery:
            for task in (waiter, waiter, sleeper, worker):
                nursery.start_soon(task)

    trio.run(main, clock=time)

    assert order == ["worked", "waited at 0.0", "waited at 0.0", "slept"]


def test_a_wait_for_the_others_can_be_given_up() -> None:
    """Nobody wakes it afterwards."""
    time = VirtualTime()

    async def main() -> float:
        with trio.CancelScope() as scope:
            scope.cancel()
            await time.wait_all_at_rest()
        await trio.sleep(1)
        return trio.current_time()

    assert trio.run(main, clock=time) == 1.0


def test_time_stands_still_where_nothing_is_due() -> None:
    """The loop then waits for the outside, as a live one does."""
    time = VirtualTime()

    assert time.deadline_to_sleep_time(math.inf) == math.inf
    assert time.current_time() == 0.0


def test_the_wall_clock_follows_the_time_it_is_given() -> None:
    """And its steps are its own."""
    time = VirtualTime()
    clock = VirtualClock(5 * SECOND_US, time.current_time)

    async def main() -> list[int]:
        await trio.sleep(1.5)
        before_us = clock.now_us()
        clock.step(-2)
        return [before_us, clock.now_us()]

    assert trio.run(main, clock=time) == [6_500_000, 4_500_000]
    assert time.current_time() == 1.5
