"""Oversight over HTTP."""

import pytest
import trio
from trio.testing import MockClock, wait_all_tasks_blocked

from actors.model import Role
from tests.net.http.harness import Answer, Served, served

AT = "/api/v1/oversight/requests"


async def held(edge: Served) -> tuple[str, str]:
    """Let a trade wait; return the approver's token and the request's id."""
    owner, approver = await edge.user("ann"), await edge.user("boss", Role.APPROVER)
    await edge.agent(owner)
    return approver, (await edge.trade(owner, "agt_1", "TSLA", 400)).json["approvalRequestId"]


async def decide(edge: Served, token: str, request_id: str, decision: str, reason: str | None = None) -> Answer:
    """Decide."""
    body = {"decision": decision, "reason": reason}
    return await edge.call("POST", f"{AT}/{request_id}/decision", body, token=token)


async def test_a_request_says_what_an_approver_needs(mock_clock: MockClock) -> None:
    """The trade, why it waits, how risky it is, what it would do, and until when."""
    async with served() as edge:
        token, request_id = await held(edge)
        shown = (await edge.call("GET", f"{AT}/{request_id}", token=token)).json
        assert (shown["requestId"], shown["agentId"], shown["status"]) == (request_id, "agt_1", "pending")
        assert (shown["trade"]["status"], shown["estimatedValue"], shown["decision"]) == (
            "pending_approval",
            60000.0,
            None,
        )
        assert "exceeds the threshold" in shown["reason"]
        assert shown["portfolioImpact"]["positionAfter"] == 400
        assert shown["riskAssessment"]["factors"]
        assert shown["expiresAt"].startswith("2026-02-17T12:10:00")


async def test_a_decision_is_recorded_with_who_took_it(mock_clock: MockClock) -> None:
    """Approved: the trade executes. The same again returns the outcome, the other one is a conflict."""
    async with served() as edge:
        token, request_id = await held(edge)
        answer = await decide(edge, token, request_id, "approved", "fits")
        assert (answer.status, answer.json["status"], answer.json["trade"]["status"]) == (200, "approved", "completed")
        decision = answer.json["decision"]
        decision.pop("timestamp")
        assert decision == {
            "result": "approved",
            "approverId": "usr_boss",
            "approverName": "boss@example.com",
            "channel": "http",
            "reason": "fits",
        }
        again = await decide(edge, token, request_id, "approved")
        assert (again.status, again.json["decision"]["reason"]) == (200, "fits")
        other = await edge.call("POST", f"{AT}/{request_id}/reject", token=token)
        assert (other.status, other.slug) == (409, "already-decided")


async def test_a_rejection_frees_what_was_held(mock_clock: MockClock) -> None:
    """The trade ends as rejected, with the reason."""
    async with served() as edge:
        token, request_id = await held(edge)
        answer = await edge.call("POST", f"{AT}/{request_id}/reject", {"reason": "too much"}, token=token)
        assert (answer.json["status"], answer.json["trade"]["status"]) == ("rejected", "rejected")
        assert answer.json["trade"]["failureReason"] == "too much"
        assert edge.floor.portfolio().reserved_micros == 0


async def test_a_decision_after_the_time_is_a_conflict(mock_clock: MockClock) -> None:
    """An expired request says so."""
    async with served() as edge:
        token, request_id = await held(edge)
        mock_clock.jump(601)
        await wait_all_tasks_blocked()
        answer = await decide(edge, token, request_id, "approved")
        assert (answer.status, answer.slug) == (409, "approval-expired")
        listed = await edge.call("GET", f"{AT}?status=expired", token=token)
        assert [item["requestId"] for item in listed.json["items"]] == [request_id]


@pytest.mark.parametrize("path", ["/decision", "/approve", "/reject", ""])
async def test_an_unknown_request_is_not_there(path: str, mock_clock: MockClock) -> None:
    """404 on every route."""
    async with served() as edge:
        token = await edge.user("boss", Role.APPROVER)
        body = {"decision": "approved"} if path == "/decision" else None
        answer = await edge.call("POST" if path else "GET", f"{AT}/ovr_0{path}", body, token=token)
        assert (answer.status, answer.slug) == (404, "approval-not-found")


async def test_of_two_decisions_at_once_one_counts(mock_clock: MockClock) -> None:
    """Both approvers get an answer, and they agree on the outcome."""
    async with served() as edge:
        token, request_id = await held(edge)
        answers: list[Answer] = []

        async def run(decision: str) -> None:
            answers.append(await decide(edge, token, request_id, decision))

        async with trio.open_nursery() as nursery:
            nursery.start_soon(run, "approved")
            nursery.start_soon(run, "rejected")
        assert sorted(answer.status for answer in answers) == [200, 409]


async def test_nothing_but_a_decision_is_taken(mock_clock: MockClock) -> None:
    """The field at fault is named."""
    async with served() as edge:
        token, request_id = await held(edge)
        answer = await decide(edge, token, request_id, "maybe")
        assert answer.fields == {"decision": "must be one of approved, rejected"}
