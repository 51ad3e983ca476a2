"""Simulations over HTTP: started, watched, cancelled, compared, removed, and their reports."""

import gzip
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from attrs import frozen
from trio.testing import MockClock, wait_all_tasks_blocked

from actors.model import Role
from actors.simulating.desk import simulations_tree
from actors.simulating.model import Ending
from net.auth.links import STEP_S, STEPS_MAX
from net.http.simulations import REPORT_POLICY, REPORTS
from tests.fakes.simulations import CUT, REPORT, RESULT, FakeSimulator, MemoryJobs, progress, simulations
from tests.net.http.harness import Answer, Served, served

AT = "/admin/v1/simulations"


@frozen
class Desk:
    """A floor beside which simulations run, and an admin who asks for them."""

    edge: Served
    simulator: FakeSimulator
    store: MemoryJobs
    token: str

    async def call(self, method: str, path: str = "", body: Any = None, **headers: str) -> Answer:
        """Ask about simulations as the admin."""
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        answer = await self.edge.call(method, f"{AT}{path}", body, token=self.token, headers=sent)
        await wait_all_tasks_blocked()
        return answer

    async def get(self, path: str) -> Answer:
        """Look at something else as the admin."""
        return await self.edge.call("GET", path, token=self.token)

    async def start(self, **more: Any) -> str:
        """Start a simulation, and return its id."""
        answer = await self.call("POST", "", {"scenario": "quickstart", **more})
        assert answer.status == 201, answer.body
        job_id: str = answer.json["simulationId"]
        assert answer.headers["location"] == f"{AT}/{job_id}"
        return job_id

    async def end(self, job_id: str, ending: Ending) -> None:
        """Let a run end."""
        self.simulator.runs[job_id].end(ending)
        await wait_all_tasks_blocked()


@asynccontextmanager
async def desk() -> AsyncIterator[Desk]:
    """Run a floor with simulations around a block of code."""
    simulator, store = FakeSimulator(), MemoryJobs()
    shared = simulations(simulator, store)
    async with served(simulations=shared) as edge:
        await edge.floor.system.start_child("/", simulations_tree(shared))
        yield Desk(edge, simulator, store, await edge.user("boss", Role.ADMIN))


async def test_a_simulation_is_started_watched_and_shown(mock_clock: MockClock) -> None:
    """From the list of scenarios to the figures and the report."""
    async with desk() as at:
        assert (await at.get("/admin/v1/scenarios")).json == {
            "items": [
                {
                    "name": "quickstart",
                    "summary": "Two hundred agents trade.",
                    "agents": 200,
                    "ticks": 864,
                    "virtualSeconds": 259_200.0,
                    "seed": 7,
                }
            ]
        }
        job_id = await at.start(agents=60, days=1.5, seed=9)
        wanted = at.simulator.runs[job_id].wanted
        assert (wanted.agents, wanted.days, wanted.seed, wanted.settings) == (60, 1.5, 9, ())
        at.simulator.runs[job_id].on_progress(progress(0))
        at.simulator.runs[job_id].on_progress(progress(432))
        shown = (await at.call("GET", f"/{job_id}")).json
        assert (shown["state"], shown["askedBy"], shown["figures"], shown["reportUrl"]) == (
            "running",
            "boss@example.com",
            None,
            None,
        )
        assert shown["progress"] == {"ticks": 432, "virtualSeconds": 129_600.0, "realSeconds": 4.32, "trades": 864}
        assert [point["ticks"] for point in shown["track"]] == [0, 432]
        await at.end(job_id, Ending(RESULT))
        (item,) = (await at.call("GET")).json["items"]
        assert "track" not in item
        assert (item["state"], item["figures"]["gain"], item["figures"]["busyShare"], item["digest"]) == (
            "completed",
            0.25,
            None,
            "digest",
        )


async def test_mistakes_are_named_by_their_keys(mock_clock: MockClock) -> None:
    """Those of the request and those of the scenario, all at once, and nothing is started."""
    async with desk() as at:
        wrong = await at.call("POST", "", {"scenario": "quickstart", "agents": 0, "days": "x", "settings": "a"})
        assert (wrong.status, set(wrong.fields)) == (400, {"agents", "days", "settings"})
        refused = await at.call("POST", "", {"scenario": "other", "settings": ["oversight.approvers=x"]})
        assert (refused.status, refused.fields) == (
            400,
            {"oversight.approvers": "is not known here", "scenario": "must be one of quickstart"},
        )
        assert (await at.call("GET")).json["items"] == []


async def test_a_simulation_is_cancelled_and_removed(mock_clock: MockClock) -> None:
    """In that order; what is out of turn is a conflict, what is not there is not found."""
    async with desk() as at:
        job_id = await at.start()
        assert (await at.call("DELETE", f"/{job_id}")).slug == "simulation-not-over"
        assert (await at.call("POST", f"/{job_id}/cancel")).json["state"] == "cancelling"
        await at.end(job_id, Ending(CUT))
        assert (await at.call("GET", f"/{job_id}")).json["state"] == "cancelled"
        assert (await at.call("DELETE", f"/{job_id}")).status == 204
        for method, path in (("GET", ""), ("POST", "/cancel"), ("DELETE", ""), ("GET", "/report")):
            assert (await at.call(method, f"/{job_id}{path}")).slug == "simulation-not-found"


async def test_what_was_done_is_in_the_audit(mock_clock: MockClock) -> None:
    """Who started, cancelled and removed what."""
    async with desk() as at:
        job_id = await at.start()
        await at.call("POST", f"/{job_id}/cancel")
        await at.end(job_id, Ending(CUT))
        await at.call("DELETE", f"/{job_id}")
        listed = (await at.edge.call("GET", "/api/v1/audit?limit=200", token=at.token)).json["items"]
    found = [(item["actor"]["name"], item["data"]) for item in listed if item["type"] == "control.action"]
    assert found == [
        ("boss@example.com", {"verb": verb, "target": target, "reason": "quickstart", "actors": 1})
        for verb, target in (
            ("simulate", "/simulations"),
            ("cancel", f"/simulations/{job_id}"),
            ("remove", f"/simulations/{job_id}"),
        )
    ]


async def test_the_same_key_starts_one(mock_clock: MockClock) -> None:
    """A double click is answered twice, and runs once."""
    async with desk() as at:
        answers = [await at.call("POST", "", {"scenario": "quickstart"}, Idempotency_Key="k") for _ in range(2)]
        assert answers[0].json == answers[1].json
        assert len((await at.call("GET")).json["items"]) == 1


async def test_runs_are_compared(mock_clock: MockClock) -> None:
    """Figure by figure, with what differs from the first; only runs that have figures."""
    async with desk() as at:
        first, second, third = [await at.start() for _ in range(3)]
        await at.end(first, Ending(RESULT))
        await at.end(second, Ending(CUT))
        found = (await at.get(f"/admin/v1/comparison?ids={second},{first}")).json
        assert [item["simulationId"] for item in found["items"]] == [second, first]
        assert found["rows"][0] == {
            "metric": "gain",
            "label": "Gain of all together",
            "unit": "share",
            "values": [0.5, 0.25],
            "differences": [0.0, -0.25],
        }
        running = await at.get(f"/admin/v1/comparison?ids={first},{third}")
        missing = await at.get(f"/admin/v1/comparison?ids={first},sim_x")
        alone = await at.get(f"/admin/v1/comparison?ids={first}")
        assert [answer.status for answer in (running, missing, alone)] == [400, 400, 400]
        assert "it is running" in running.fields["ids"]
        assert "there is no simulation sim_x" in missing.fields["ids"]
        assert "2 to 6 ids" in alone.fields["ids"]


async def test_a_report_opens_by_its_link_alone(mock_clock: MockClock) -> None:
    """In a sandbox, without a token, until the link's time is over; packed for those who take it."""
    async with desk() as at:
        job_id = await at.start()
        early = await at.call("GET", f"/{job_id}/report")
        assert (early.status, early.slug) == (409, "simulation-not-over")
        await at.end(job_id, Ending(RESULT))
        lost = await at.call("GET", f"/{job_id}/report")
        assert (lost.status, lost.slug) == (404, "report-not-found")
        at.store.reports[job_id] = REPORT
        url = (await at.call("GET", f"/{job_id}")).json["reportUrl"]
        opened = await at.edge.call("GET", url)
        packed = await at.edge.call("GET", url, headers={"Accept-Encoding": "gzip"})
        for answer in (opened, packed, await at.call("GET", f"/{job_id}/report")):
            assert answer.status == 200
            assert answer.headers["content-type"] == "text/html; charset=utf-8"
            assert answer.headers["content-security-policy"] == REPORT_POLICY
            assert answer.headers["cross-origin-opener-policy"] == "unsafe-none"
            assert answer.headers["cache-control"] == "no-store"
        assert (opened.body, gzip.decompress(packed.body)) == (REPORT, REPORT)
        assert (await at.edge.call("GET", f"{url}x")).status == 401
        long_ago_us = at.edge.floor.around.clock.now_us() - STEPS_MAX * STEP_S * 1_000_000
        expired = at.edge.auth.links.issue(job_id, long_ago_us)
        assert (await at.edge.call("GET", f"{REPORTS}/{expired}")).status == 401


def test_the_policy_of_reports_lets_nothing_out() -> None:
    """Scripts run in an origin of their own: `allow-same-origin` would hand them the sign-in of the dashboard."""
    directives = dict(part.split(" ", 1) for part in REPORT_POLICY.split(";"))
    assert directives["sandbox"] == "allow-scripts"
    assert directives["default-src"] == "'none'"
    assert "connect-src" not in directives


async def test_a_program_without_simulations_says_so(mock_clock: MockClock) -> None:
    """It is a refusal with what to do instead."""
    async with served() as edge:
        answer = await edge.call("GET", AT, token=await edge.user("boss", Role.ADMIN))
    assert (answer.status, answer.json["detail"]) == (
        503,
        "this program runs no simulations; start them with tradefloor simulate",
    )


@pytest.mark.parametrize("role", [Role.VIEWER, Role.TRADER, Role.APPROVER])
async def test_simulations_are_for_admins(role: Role, mock_clock: MockClock) -> None:
    """They take a processor of the floor's machine."""
    async with desk() as at:
        token = await at.edge.user(f"a {role}".replace(" ", "-"), role)
        answer = await at.edge.call("POST", AT, {"scenario": "quickstart"}, token=token)
        assert answer.status == 403
        assert at.simulator.runs == {}
