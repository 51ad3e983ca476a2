"""The metering service over HTTP."""

from typing import Any

from trio.testing import MockClock, wait_all_tasks_blocked

from tests.net.http.harness import served

AT = "/api/v1/metering"
EVENT = {"eventId": "e1", "agentId": "agt_1", "type": "report", "apiCalls": 3, "cost": 0.25}


async def test_usage_of_other_programs_counts_once(mock_clock: MockClock) -> None:
    """Under one id; the quota shows what is left."""
    async with served() as edge:
        token = await edge.user("ann")
        await edge.agent(token)
        for _ in range(2):
            taken = await edge.call("POST", f"{AT}/events", EVENT, token=token)
            assert (taken.status, taken.json) == (202, {"eventId": "e1"})
        await wait_all_tasks_blocked()
        usage = (await edge.call("GET", f"{AT}/agents/agt_1/usage", token=token)).json
        assert usage == {
            "agentId": "agt_1",
            "period": "2026-02",
            "totalCost": 0.25,
            "totalCalls": 3,
            "breakdown": {"report": {"events": 1, "apiCalls": 3, "cost": 0.25}},
        }
        quota = (await edge.call("GET", f"{AT}/agents/agt_1/quota", token=token)).json
        assert quota == {
            "agentId": "agt_1",
            "allowed": True,
            "remainingApiCalls": 9997,
            "remainingBudget": 9999.75,
            "resetDate": "2026-03-01T00:00:00.000000Z",
        }


async def test_an_event_has_its_own_time_and_details(mock_clock: MockClock) -> None:
    """It counts in the month in which it happened."""
    async with served() as edge:
        token = await edge.user("ann")
        await edge.agent(token)
        event = EVENT | {"timestamp": "2026-01-05T00:00:00Z", "metadata": {"source": "nightly"}}
        assert (await edge.call("POST", f"{AT}/events", event, token=token)).status == 202
        await wait_all_tasks_blocked()
        january = (await edge.call("GET", f"{AT}/agents/agt_1/usage?period=2026-01", token=token)).json
        assert january["totalCalls"] == 3


async def test_events_at_fault_are_named(mock_clock: MockClock) -> None:
    """Details are texts, the time is none before the services' calendar, and the agent is the caller's own."""
    async with served() as edge:
        token = await edge.user("ann")
        await edge.agent(token)
        faults: list[Any] = [{"a": 1}, [], {str(number): "x" for number in range(21)}]
        for metadata in faults:
            answer = await edge.call("POST", f"{AT}/events", EVENT | {"metadata": metadata}, token=token)
            assert list(answer.fields) == ["metadata"]
        answer = await edge.call("POST", f"{AT}/events", EVENT | {"timestamp": "0502-10-01T07:39:53Z"}, token=token)
        assert (answer.status, list(answer.fields)) == (400, ["timestamp"])
        strange = await edge.call("POST", f"{AT}/events", EVENT | {"agentId": "agt_0"}, token=token)
        assert strange.slug == "agent-not-found"


async def test_a_service_that_is_down_is_said_so(mock_clock: MockClock) -> None:
    """503 with Retry-After."""
    async with served() as edge:
        token = await edge.user("ann")
        await edge.agent(token)
        edge.floor.around.metering.unavailable = True
        answer = await edge.call("GET", f"{AT}/agents/agt_1/quota", token=token)
        assert (answer.status, answer.slug) == (503, "unavailable")
        assert int(answer.headers["retry-after"]) >= 1
