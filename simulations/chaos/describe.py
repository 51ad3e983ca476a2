"""A plan and a verdict as a person reads them."""

from collections.abc import Iterator

from attrs import fields

from simulations.chaos.plan import Plan
from simulations.chaos.run import Verdict


def steps_of(plan: Plan) -> Iterator[str]:
    """Yield a line for each step: when it happens, what it is, and its particulars."""
    for step in plan.steps:
        act = step.act
        parts = ", ".join(f"{field.name}={getattr(act, field.name)}" for field in fields(type(act)))
        yield f"{step.at_s:9.3f} s  {type(act).__name__} {parts}".rstrip()


def failure_of(verdict: Verdict, shrunk: Verdict | None) -> Iterator[str]:
    """Yield what went wrong, how to see it again, and the fewest steps that it takes where they were looked for."""
    yield f"seed {verdict.plan.seed}: {verdict.violation}"
    yield f"  run it again with: tradefloor chaos --first-seed {verdict.plan.seed} --seeds 1"
    if shrunk is not None:
        yield f"  {len(shrunk.plan.steps)} of {len(verdict.plan.steps)} steps are enough for: {shrunk.violation}"
        yield from (f"    {line}" for line in steps_of(shrunk.plan))
