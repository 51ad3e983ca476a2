"""Turns: the living first, the failing in what is left, nobody lost."""

from collections.abc import Sequence

import trio
from attrs import define, field
from hypothesis import given
from hypothesis import strategies as st
from trio.testing import MockClock, wait_all_tasks_blocked

from actors.turns import Turns


@define
class Line:
    """Receivers that hold turns and give them back when told to."""

    turns: Turns
    served: list[str] = field(factory=list)
    ends: dict[str, trio.CancelScope] = field(factory=dict)

    async def queue(self, nursery: trio.Nursery, *arrivals: tuple[str, int, int]) -> None:
        """Have these come one after the other."""
        for arrival in arrivals:
            nursery.start_soon(self.come, *arrival)
            await wait_all_tasks_blocked()

    async def come(self, name: str, failures: int, at_us: int) -> None:
        """Wait for a turn, then hold it until the scope is cancelled."""
        with trio.CancelScope() as self.ends[name]:
            async with self.turns.turn(failures, at_us):
                self.served.append(name)
                await trio.sleep_forever()


async def test_the_living_go_before_the_failing_and_new_matters_before_old() -> None:
    """Whoever has failed less often goes before who has more often."""
    line = Line(Turns(1, 1))
    async with trio.open_nursery() as nursery:
        await line.queue(nursery, ("first", 0, 1), ("dead", 9, 9), ("old", 0, 2), ("new", 0, 3), ("shaky", 1, 1))
        for name in ("first", "new", "old", "shaky", "dead"):
            assert line.served[-1] == name
            line.ends[name].cancel()
            await wait_all_tasks_blocked()
    assert line.served == ["first", "new", "old", "shaky", "dead"]


async def test_the_failing_never_hold_all_turns() -> None:
    """However many they are; one that lives has its turn at once."""
    line = Line(Turns(3, 2))
    async with trio.open_nursery() as nursery:
        await line.queue(nursery, *((f"dead{number}", 1, -number) for number in range(5)))
        assert line.served == ["dead0", "dead1"]
        await line.queue(nursery, ("alive", 0, 0))
        assert line.served == ["dead0", "dead1", "alive"]
        nursery.cancel_scope.cancel()


async def test_who_leaves_the_line_takes_no_turn() -> None:
    """Waiting or served: the next one has it."""
    line = Line(Turns(1, 1))
    async with trio.open_nursery() as nursery:
        await line.queue(nursery, *((f"{number}", 0, -number) for number in range(3)))
        line.ends["1"].cancel()
        await wait_all_tasks_blocked()
        line.ends["0"].cancel()
        await wait_all_tasks_blocked()
        assert line.served == ["0", "2"]
        nursery.cancel_scope.cancel()


MATTERS = st.lists(st.tuples(st.integers(0, 3), st.integers(0, 9), st.integers(1, 5)), max_size=30)


@given(matters=MATTERS, turns_max=st.integers(1, 4), failing_max=st.integers(1, 4))
def test_everybody_has_one_turn_and_never_too_many_at_once(
    matters: Sequence[tuple[int, int, int]], turns_max: int, failing_max: int
) -> None:
    """Whoever comes, whenever."""
    holding: list[int] = []
    served: list[int] = []

    async def come(turns: Turns, number: int, failures: int, at_s: int, held_s: int) -> None:
        await trio.sleep(at_s)
        async with turns.turn(failures, at_s):
            holding.append(failures)
            served.append(number)
            assert len(holding) <= turns_max
            assert sum(failing > 0 for failing in holding) <= failing_max
            await trio.sleep(held_s)
            holding.remove(failures)

    async def main() -> None:
        turns = Turns(turns_max, failing_max)
        async with trio.open_nursery() as nursery:
            for number, matter in enumerate(matters):
                nursery.start_soon(come, turns, number, *matter)

    trio.run(main, clock=MockClock(autojump_threshold=0))
    assert sorted(served) == list(range(len(matters)))
