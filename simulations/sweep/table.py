"""The outcomes of a sweep by setting: what each brings, with its uncertainty, and which are worth a choice."""

import math
from collections.abc import Mapping, Sequence
from statistics import fmean

from attrs import evolve, frozen

from simulations.sweep.estimate import Estimate, estimate
from simulations.sweep.outcome import Outcome
from simulations.sweep.plan import Case


@frozen
class Point:
    """One combination of values over its seeds.

    ``gain`` is as it was; ``own_gain`` has the same mean where all points ran on the same seeds, and an interval
    without what the market did to all points alike. ``against_first`` is the gain less that of the first point, seed
    by seed.
    ``is_best`` is true where no other point gains more with fewer decisions a day and a smaller share expired.
    """

    settings: tuple[tuple[str, str], ...]
    runs: int
    gain: Estimate
    own_gain: Estimate
    against_first: Estimate
    max_drawdown: Estimate
    decided_a_day: Estimate
    expired_share: Estimate
    waiting_cost: Estimate
    waited_median_s: float | None
    is_best: bool = False

    @property
    def label(self) -> str:
        """Return the values by the last part of their keys."""
        return ", ".join(f"{key.rpartition('.')[2]} {value}" for key, value in self.settings)

    @property
    def values(self) -> str:
        """Return the values alone, in the order of their keys."""
        return ", ".join(value for _key, value in self.settings)


def points(cases: Sequence[Case], outcomes: Mapping[str, Outcome]) -> list[Point]:
    """Return a point for each combination of which there is a run at all, in the order of the sweep."""
    by_settings: dict[tuple[tuple[str, str], ...], dict[int, Outcome]] = {}
    for case in cases:
        outcome = outcomes.get(case.identity)
        if outcome is not None:
            by_settings.setdefault(case.settings, {})[case.scenario.seed] = outcome
    if not by_settings:
        return []
    first = next(iter(by_settings.values()))
    own = _own_gains(list(by_settings.values()))
    found = [
        _point(settings, runs, first, gain) for (settings, runs), gain in zip(by_settings.items(), own, strict=True)
    ]
    return [evolve(point, is_best=not any(_beats(other, point) for other in found)) for point in found]


def _own_gains(by_point: Sequence[Mapping[int, Outcome]]) -> list[Estimate]:
    """Return each point's gain with the interval in which points may be compared.

    From every gain goes the mean of all points under its seed, less the mean of everything; what is left varies by as
    much less as the number of points says. Source: Morey, Confidence intervals from normalized data: a correction to
    Cousineau (2005), Tutorials in Quantitative Methods for Psychology 4, 2008. Seeds that not all points have run are
    left out; without a seed in common, or with a single point, nothing can be taken off.
    """
    shared = set.intersection(*(set(runs) for runs in by_point))
    if len(by_point) < 2 or not shared:
        return [estimate([outcome.gain for outcome in runs.values()]) for runs in by_point]
    of_seed = {seed: fmean(runs[seed].gain for runs in by_point) for seed in shared}
    overall = fmean(of_seed.values())
    widening = math.sqrt(len(by_point) / (len(by_point) - 1))
    found = []
    for runs in by_point:
        plain = estimate([runs[seed].gain - of_seed[seed] + overall for seed in sorted(shared)])
        width = None if plain.half_width is None else plain.half_width * widening
        found.append(Estimate(plain.mean, width))
    return found


def _point(
    settings: tuple[tuple[str, str], ...],
    runs: Mapping[int, Outcome],
    first: Mapping[int, Outcome],
    own_gain: Estimate,
) -> Point:
    outcomes = list(runs.values())
    # The same seed is the same market: differences within it vary far less than the gains themselves.
    paired = [runs[seed].gain - first[seed].gain for seed in runs if seed in first]
    waits = sorted(outcome.waited_median_s for outcome in outcomes if outcome.waited_median_s is not None)
    return Point(
        settings=settings,
        runs=len(outcomes),
        gain=estimate([outcome.gain for outcome in outcomes]),
        own_gain=own_gain,
        against_first=estimate(paired or [0.0]),
        max_drawdown=estimate([outcome.max_drawdown for outcome in outcomes]),
        decided_a_day=estimate([outcome.decided_a_day for outcome in outcomes]),
        expired_share=estimate([outcome.expired_share for outcome in outcomes]),
        waiting_cost=estimate([outcome.waiting_cost for outcome in outcomes]),
        waited_median_s=waits[len(waits) // 2] if waits else None,
    )


def _beats(one: Point, other: Point) -> bool:
    """Tell whether a point is at least as good in every respect as another, and better in one."""
    pairs = [
        (one.own_gain.mean, other.own_gain.mean),
        (-one.decided_a_day.mean, -other.decided_a_day.mean),
        (-one.expired_share.mean, -other.expired_share.mean),
    ]
    return all(ours >= theirs for ours, theirs in pairs) and any(ours > theirs for ours, theirs in pairs)
