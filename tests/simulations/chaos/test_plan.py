"""Plans are data: drawn from a seed, in the order of time, and cut down to what is needed."""

from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from simulations.chaos.describe import steps_of
from simulations.chaos.plan import Crash, DropSocket, JumpClock, Plan, Step, make_plan
from simulations.chaos.shrink import shrink


@given(seed=st.integers(0, 2**32))
def test_a_seed_is_a_plan(seed: int) -> None:
    """The same seed draws the same plan, whose steps follow one another."""
    plan = make_plan(seed)

    assert make_plan(seed) == plan
    assert sorted(plan.steps, key=lambda step: step.at_s) == list(plan.steps)


def test_different_seeds_are_different_plans() -> None:
    """A second seed is a second look."""
    assert make_plan(1).steps != make_plan(2).steps


@given(count=st.integers(1, 40), needed=st.sets(st.integers(0, 39), min_size=1, max_size=3))
def test_shrinking_leaves_what_is_needed(count: int, needed: set[int]) -> None:
    """Of a plan that fails because of a few steps, exactly these are left."""
    needed = {number % count for number in needed}
    plan = Plan(1, tuple(Step(float(number), JumpClock(float(number))) for number in range(count)))

    def fails(candidate: Plan) -> bool:
        return needed <= {int(step.at_s) for step in candidate.steps}

    smaller = shrink(plan, fails, tries_max=10_000)

    assert needed == {int(step.at_s) for step in smaller.steps}


def test_shrinking_gives_up_in_time() -> None:
    """After so many tries the best is good enough, and it still fails."""
    plan = make_plan(3)
    tried = []

    def fails(candidate: Plan) -> bool:
        tried.append(candidate)
        return len(candidate.steps) >= len(plan.steps) - 2

    smaller = shrink(plan, fails, tries_max=5)

    assert len(tried) == 5
    assert fails(smaller)


def test_steps_are_told() -> None:
    """Each with its time, its name and its particulars."""
    plan = evolve(make_plan(1), steps=(Step(1.5, Crash(3, 0.1)), Step(2.0, DropSocket())))

    assert list(steps_of(plan)) == ["    1.500 s  Crash after_steps=3, down_s=0.1", "    2.000 s  DropSocket"]
