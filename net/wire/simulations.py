"""Simulations on the wire: what is asked for, and what they look like."""

from typing import Annotated, Any, Final

from attrs import fields, frozen

from actors.simulating.comparison import Row, Unit
from actors.simulating.model import Job, JobState, Progress, Result, Scenario, Wanted
from net.wire.converter import camel, to_json
from net.wire.rules import Doc, Integer, ListOf, Number, Text
from net.wire.scalars import Timestamp

SETTINGS_MAX: Final = 20
COMPARED_MAX: Final = 6
"""More columns than that are no comparison any more, and do not fit on a page."""

_ID: Final = "[A-Za-z0-9_]{1,64}"


@frozen
class SimulationBody:
    """A simulation to be started: a scenario, and what of it is to be otherwise."""

    scenario: Annotated[str, Text(max_length=64), Doc("Which one; see the list of scenarios.", "quickstart")]
    agents: Annotated[int | None, Integer(1, 100_000), Doc("So many agents in all, the groups in proportion.", 60)] = (
        None
    )
    days: Annotated[float | None, Number(0.001, 3_660), Doc("So many days of virtual time.", 1)] = None
    seed: Annotated[int | None, Integer(0, 2**53), Doc("Another seed than the scenario's.", 7)] = None
    settings: Annotated[
        tuple[str, ...],
        ListOf(Text(min_length=3, max_length=200), SETTINGS_MAX),
        Doc("Keys of the scenario with other values, as TOML has them.", ["oversight.approvers=3"]),
    ] = ()

    def wanted(self) -> Wanted:
        """Return what is to be run."""
        return Wanted(self.scenario, self.agents, self.days, self.seed, self.settings)


@frozen
class ComparisonQuery:
    """Which runs are compared."""

    ids: Annotated[
        str,
        Text(
            max_length=COMPARED_MAX * 65,
            pattern=rf"^{_ID}(,{_ID}){{1,{COMPARED_MAX - 1}}}$",
            wanted=f"2 to {COMPARED_MAX} ids of simulations with commas between them",
        ),
        Doc("Their ids with commas between them; differences are to the first.", "sim_4d1f0c,sim_9ab2e7"),
    ]


@frozen
class ScenarioShape:
    """A scenario that can be started, as it is without changes. `virtual_seconds` is how much time passes in it."""

    name: str
    summary: str
    agents: int
    ticks: int
    virtual_seconds: float
    seed: int


@frozen
class ScenarioListShape:
    """The scenarios."""

    items: tuple[ScenarioShape, ...]


@frozen
class ProgressShape:
    """How far a run is, and after how many seconds of real time."""

    ticks: int
    virtual_seconds: float
    real_seconds: float
    trades: int


@frozen
class FiguresShape:
    """A run in figures. Gains, falls and shares are parts of one, `waiting_cost` is dollars; null where unknown."""

    gain: float | None
    gain_of_agent: float | None
    max_drawdown: float | None
    trades: float | None
    requests_a_day: float | None
    decided_a_day: float | None
    expired_share: float | None
    waited_median_seconds: float | None
    busy_share: float | None
    waiting_cost: float | None
    agents: float | None
    ticks: float | None
    virtual_seconds: float | None
    real_seconds: float | None


@frozen
class SimulationShape:
    """A simulation. `agents`, `ticks`, `virtual_seconds` and `seed` are what it comes to with its `settings`.

    `report_url` opens its report in a browser without a sign-in; it is good for an hour or more.
    """

    simulation_id: str
    scenario: str
    agents: int
    ticks: int
    virtual_seconds: float
    seed: int
    settings: tuple[str, ...]
    state: JobState
    asked_by: str
    created_at: Timestamp
    started_at: Timestamp | None
    ended_at: Timestamp | None
    progress: ProgressShape | None
    figures: FiguresShape | None
    digest: str | None
    failure: str | None
    report_url: str | None


@frozen
class SimulationInFullShape(SimulationShape):
    """A simulation with the `track` of its progress."""

    track: tuple[ProgressShape, ...]


@frozen
class ComparisonRowShape:
    """One figure of all runs, and how it differs from that of the first; null where there is none."""

    metric: str
    label: str
    unit: Unit
    values: tuple[float | None, ...]
    differences: tuple[float | None, ...]


@frozen
class ComparisonShape:
    """Runs side by side, in the order asked for."""

    items: tuple[SimulationShape, ...]
    rows: tuple[ComparisonRowShape, ...]


def scenario_json(scenario: Scenario) -> dict[str, Any]:
    """Show a scenario."""
    plan = scenario.plan
    return to_json(ScenarioShape(scenario.name, scenario.summary, plan.agents, plan.ticks, plan.virtual_s, plan.seed))


def simulation_json(job: Job, report_url: str | None) -> dict[str, Any]:
    """Show a simulation."""
    return to_json(SimulationShape(**_parts(job, report_url)))


def simulation_in_full_json(job: Job, report_url: str | None) -> dict[str, Any]:
    """Show a simulation with its track."""
    return to_json(SimulationInFullShape(**_parts(job, report_url), track=tuple(map(_progress, job.track))))


def row_json(row: Row) -> dict[str, Any]:
    """Show a figure of several runs."""
    metric = row.metric
    return to_json(ComparisonRowShape(metric.name, metric.label, metric.unit, row.values, row.differences))


def _parts(job: Job, report_url: str | None) -> dict[str, Any]:
    return {
        "simulation_id": job.job_id,
        "scenario": job.wanted.scenario,
        "agents": job.plan.agents,
        "ticks": job.plan.ticks,
        "virtual_seconds": job.plan.virtual_s,
        "seed": job.plan.seed,
        "settings": job.wanted.settings,
        "state": job.state,
        "asked_by": job.asked_by,
        "created_at": job.created_at_us,
        "started_at": job.started_at_us,
        "ended_at": job.ended_at_us,
        "progress": None if job.progress is None else _progress(job.progress),
        "figures": None if job.result is None else _figures(job.result),
        "digest": None if job.result is None else job.result.digest,
        "failure": job.failure,
        "report_url": report_url,
    }


def _progress(progress: Progress) -> ProgressShape:
    return ProgressShape(progress.ticks, progress.virtual_s, progress.real_s, progress.trades)


def _figures(result: Result) -> FiguresShape:
    return FiguresShape(**{figure.name: result.figures.get(camel(figure.name)) for figure in fields(FiguresShape)})
