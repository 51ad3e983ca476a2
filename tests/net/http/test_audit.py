"""The audit over HTTP: for admins, in order, page by page, with the hashes of the log."""

from trio.testing import MockClock

from actors.model import Role
from tests.net.http.harness import served


async def test_decisions_and_changes_of_control_are_listed_with_who_made_them(mock_clock: MockClock) -> None:
    """Trades and requests are not; the last entry's hash is that of the log as far as it goes."""
    async with served() as edge:
        admin = await edge.user("ada", Role.ADMIN)
        agent_id = await edge.agent(admin)
        await edge.call("POST", f"/api/v1/agents/{agent_id}/resume", token=admin)
        await edge.trade(admin, agent_id)
        held = (await edge.trade(admin, agent_id, "TSLA", 400)).json
        await edge.call("POST", f"/api/v1/oversight/requests/{held['approvalRequestId']}/approve", token=admin)
        await edge.call("POST", f"/api/v1/agents/{agent_id}/pause", token=admin)

        answer = await edge.call("GET", "/api/v1/audit", token=admin)
        items = answer.json["items"]
        types = ["agent.created", "agent.status", "oversight.approved", "agent.status"]
        assert [item["type"] for item in items] == types
        assert {item["actor"]["userId"] for item in items} == {"usr_ada"}
        assert items[2]["data"]["decision"]["approverId"] == "usr_ada"
        assert items[-1]["hash"] == edge.floor.store.digest()
        assert answer.json["nextCursor"] is None

        first = await edge.call("GET", "/api/v1/audit?limit=3", token=admin)
        assert first.json["items"] == items[:3]
        rest = await edge.call("GET", f"/api/v1/audit?limit=3&after={first.json['nextCursor']}", token=admin)
        assert rest.json["items"] == items[3:]


async def test_it_is_read_from_its_end(mock_clock: MockClock) -> None:
    """Newest first, page by page down to the first entry; both directions at once are refused."""
    async with served() as edge:
        admin = await edge.user("ada", Role.ADMIN)
        agent_id = await edge.agent(admin)
        for verb in ("resume", "pause"):
            await edge.call("POST", f"/api/v1/agents/{agent_id}/{verb}", token=admin)
        items = (await edge.call("GET", "/api/v1/audit", token=admin)).json["items"]
        newest = (await edge.call("GET", f"/api/v1/audit?limit=2&before={2**53}", token=admin)).json
        older = (await edge.call("GET", f"/api/v1/audit?limit=2&before={newest['nextCursor']}", token=admin)).json
        both = await edge.call("GET", "/api/v1/audit?after=1&before=2", token=admin)
    assert [*newest["items"], *older["items"]] == items[::-1]
    assert (older["nextCursor"], both.status, both.json["errors"][0]["field"]) == (None, 400, "before")


async def test_it_is_for_admins_alone(mock_clock: MockClock) -> None:
    """Whoever may decide may not look over the others' shoulders."""
    async with served() as edge:
        approver = await edge.user("bob", Role.APPROVER)
        assert (await edge.call("GET", "/api/v1/audit", token=approver)).status == 403
