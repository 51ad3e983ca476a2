"""Cutting a plan that goes wrong down to the steps that it takes (delta debugging, Zeller and Hildebrandt 2002)."""

from collections.abc import Callable, Sequence

from attrs import evolve

from simulations.chaos.plan import Plan, Step


def shrink(plan: Plan, still_fails: Callable[[Plan], bool], tries_max: int = 200) -> Plan:
    """Return a plan that still fails and of which no step can be left out, or the best after so many tries."""
    steps: Sequence[Step] = plan.steps
    parts = 2
    tries = 0
    while len(steps) > 1 and tries < tries_max:
        size = max(1, len(steps) // parts)
        for first in range(0, len(steps), size):
            without = (*steps[:first], *steps[first + size :])
            tries += 1
            if still_fails(evolve(plan, steps=without)):
                steps, parts = without, max(2, parts - 1)
                break
            if tries >= tries_max:
                break
        else:
            if size == 1:
                break
            parts = min(len(steps), parts * 2)
    return evolve(plan, steps=tuple(steps))
