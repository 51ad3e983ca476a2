"""Simulations beside the floor: started, watched, cancelled, compared, and their reports.

They are for admins, as the other verbs below `/admin/v1`: each takes a processor of the machine that the floor runs on.
"""

import gzip
from typing import Final

import trio

from actors.errors import (
    FloorBusy,
    ReportNotFound,
    SimulationNotFound,
    SimulationNotOver,
    SimulationOver,
    SimulationsFull,
    SimulationsUnavailable,
)
from actors.events import ControlAction
from actors.model import Role
from actors.ports.simulations import ScenarioRefused
from actors.simulating.comparison import compared
from actors.simulating.desk import DESK, SIMULATIONS, Simulations, path_of
from actors.simulating.messages import CancelSimulation, RemoveSimulation, StartSimulation
from actors.simulating.model import Job
from net.control import record
from net.http.call import Call
from net.http.headers import takes_gzip
from net.http.limits import GZIP_LEVEL
from net.http.routing import Reply, Routes
from net.wire.shapes import Listing
from net.wire.simulations import (
    ComparisonQuery,
    ComparisonShape,
    ScenarioListShape,
    SimulationBody,
    SimulationInFullShape,
    SimulationShape,
    row_json,
    scenario_json,
    simulation_in_full_json,
    simulation_json,
)
from net.wire.structure import FieldProblem, InvalidRequest

AT: Final = "/admin/v1/simulations"
SCENARIOS: Final = "/admin/v1/scenarios"
COMPARISON: Final = "/admin/v1/comparison"
"""Beside the simulations, as below them every name is an id."""

REPORTS: Final = "/reports"
"""Where a browser opens a report; the ticket that follows is the right to do so."""

REPORT_POLICY: Final = (
    "sandbox allow-scripts;default-src 'none';script-src 'unsafe-inline';style-src 'unsafe-inline';"
    "img-src data: blob:;base-uri 'none';form-action 'none';frame-ancestors 'none'"
)
"""A report carries its scripts inside, so it runs apart from all else here: the sandbox gives it an origin of its own,
without the sign-in that the dashboard keeps, and it can send nothing anywhere."""

REPORT_HEADERS: Final = {
    "Content-Type": "text/html; charset=utf-8",
    "Content-Security-Policy": REPORT_POLICY,
    # A browser refuses to show a page that is sandboxed and asks to be isolated from its opener.
    "Cross-Origin-Opener-Policy": "unsafe-none",
}

routes = Routes("Simulations")
pages = Routes("Reports")
"""Addresses for browsers, which are no operations of the API."""


@routes.add("GET", SCENARIOS, role=Role.ADMIN, answer=ScenarioListShape)
async def list_scenarios(call: Call) -> Reply:
    """List the scenarios that can be started, as they are without changes."""
    return Reply({"items": [scenario_json(scenario) for scenario in _simulations(call).simulator.scenarios()]})


@routes.add(
    "POST", AT, role=Role.ADMIN, status=201, answer=SimulationShape, refuses=(SimulationsFull, SimulationsUnavailable)
)
async def start_simulation(call: Call, body: SimulationBody) -> Reply:
    """Start a simulation as soon as there is room for it, beside the floor. A mistake is named by its key."""
    simulations, wanted = _simulations(call), body.wanted()
    try:
        plan = simulations.simulator.plan(wanted)
    except ScenarioRefused as refused:
        problems = [FieldProblem(mistake.key, mistake.message) for mistake in refused.mistakes]
        raise InvalidRequest(problems) from refused
    await _record(call, "simulate", SIMULATIONS, " ".join((wanted.scenario, *wanted.settings)))
    job = await call.ask(DESK, StartSimulation(wanted, plan, call.principal.name))
    return Reply(_shown(call, job), 201, {"Location": f"{AT}/{job.job_id}"})


@routes.add("GET", AT, role=Role.ADMIN, answer=Listing[SimulationShape])
async def list_simulations(call: Call) -> Reply:
    """List the simulations that are kept, the newest first; all of them, as no more than some dozens are kept."""
    jobs = reversed(_simulations(call).board.jobs)
    return Reply({"items": [_shown(call, job) for job in jobs], "nextCursor": None})


@routes.add("GET", COMPARISON, role=Role.ADMIN, answer=ComparisonShape, refuses=(SimulationNotFound,))
async def compare_simulations(call: Call, query: ComparisonQuery) -> Reply:
    """Compare runs: each figure of each, and how it differs from that of the first."""
    jobs = [_with_result(call, job_id) for job_id in query.ids.split(",")]
    rows = compared([job.result for job in jobs if job.result is not None])
    return Reply({"items": [_shown(call, job) for job in jobs], "rows": [row_json(row) for row in rows]})


@routes.add("GET", f"{AT}/<simulation_id>", role=Role.ADMIN, answer=SimulationInFullShape)
async def get_simulation(call: Call, simulation_id: str) -> Reply:
    """Show a simulation, with the track of its progress."""
    job = _simulations(call).board.job(simulation_id)
    return Reply(simulation_in_full_json(job, _report_url(call, job)))


@routes.add("POST", f"{AT}/<simulation_id>/cancel", role=Role.ADMIN, answer=SimulationShape, refuses=(SimulationOver,))
async def cancel_simulation(call: Call, simulation_id: str) -> Reply:
    """End a simulation at its next tick, with a report of what was run by then; again, it is answered the same."""
    job = _simulations(call).board.job(simulation_id)
    await _record(call, "cancel", path_of(simulation_id), job.wanted.scenario)
    return Reply(_shown(call, await call.ask(DESK, CancelSimulation(simulation_id))))


@routes.add("DELETE", f"{AT}/<simulation_id>", role=Role.ADMIN, status=204, refuses=(SimulationNotOver,))
async def remove_simulation(call: Call, simulation_id: str) -> Reply:
    """Remove a simulation that has ended, with its report and its files."""
    job = _simulations(call).board.job(simulation_id)
    await _record(call, "remove", path_of(simulation_id), job.wanted.scenario)
    await call.ask(DESK, RemoveSimulation(simulation_id))
    return Reply(status=204)


@routes.add("GET", f"{AT}/<simulation_id>/report", role=Role.ADMIN, refuses=(ReportNotFound, SimulationNotOver))
async def get_simulation_report(call: Call, simulation_id: str) -> Reply:
    """Return the report of a run, an HTML page that needs nothing else. Browsers open its `reportUrl` instead."""
    return await _report(call, simulation_id)


@pages.add("GET", f"{REPORTS}/<ticket>", role=None)
async def open_report(call: Call, ticket: str) -> Reply:
    """Show the report that a ticket is for."""
    return await _report(call, call.auth.links.read(ticket, call.edge.clock.now_us()))


async def _report(call: Call, simulation_id: str) -> Reply:
    simulations = _simulations(call)
    job = simulations.board.job(simulation_id)
    body = await simulations.store.report(job.job_id)
    if body is None and not job.state.is_over:
        raise SimulationNotOver(f"the simulation is {job.state}; its report is there once it has ended")
    if body is None:
        raise ReportNotFound(f"the simulation ended without a report: it is {job.state}; start it again")
    if not takes_gzip(call.exchange.headers.get(b"accept-encoding", b"")):
        return Reply(raw=body, headers=REPORT_HEADERS)
    # It has megabytes: packed in the loop it would hold everybody up.
    packed = await trio.to_thread.run_sync(gzip.compress, body, GZIP_LEVEL)
    return Reply(raw=packed, headers={**REPORT_HEADERS, "Content-Encoding": "gzip"})


def _simulations(call: Call) -> Simulations:
    if call.edge.simulations is None:
        raise FloorBusy("this program runs no simulations; start them with tradefloor simulate")
    return call.edge.simulations


def _with_result(call: Call, job_id: str) -> Job:
    """Return a job that can be compared. Raises InvalidRequest."""
    try:
        job = _simulations(call).board.job(job_id)
    except SimulationNotFound as error:
        raise InvalidRequest([FieldProblem("ids", str(error))]) from error
    if job.result is None:
        raise InvalidRequest([FieldProblem("ids", f"{job_id} has no result to compare: it is {job.state}")])
    return job


def _shown(call: Call, job: Job) -> dict[str, object]:
    return simulation_json(job, _report_url(call, job))


def _report_url(call: Call, job: Job) -> str | None:
    """Return where a browser opens the report, None where there is none."""
    if job.result is None:
        return None
    return f"{REPORTS}/{call.auth.links.issue(job.job_id, call.edge.clock.now_us())}"


async def _record(call: Call, verb: str, target: str, reason: str) -> None:
    await record(call.edge, ControlAction(verb, target, reason, 1), call.principal, call.exchange.correlation_id)
