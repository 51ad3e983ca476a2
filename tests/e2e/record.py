"""What a test has asked over real sockets and what came back, to hold it against the contract."""

import re
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any, Final

import httpx
import orjson
import trio
from attrs import Factory, frozen
from trio_websocket import open_websocket_url

from tests.e2e.contract import CALLS, PROBLEMS
from tests.e2e.program import DEMO, Api, Socket

_PATTERNS: Final = {
    call: re.compile(re.escape(call.path).replace(r"\{\}", "[^/]+")) for call in sorted(CALLS, key=lambda c: c.path)
}


@frozen
class Record:
    """What was seen: calls with their statuses, the parameters that were given, statuses of problems, and frames."""

    answered: set[tuple[str, str, int]] = Factory(set)
    parameters: set[tuple[str, str, str]] = Factory(set)
    problems: set[int] = Factory(set)
    events: set[str] = Factory(set)
    actions: set[str] = Factory(set)

    async def response(self, response: httpx.Response) -> None:
        """Remember an answer; a problem must be one in every respect."""
        await response.aread()
        request = response.request
        for call, pattern in _PATTERNS.items():
            if request.method == call.method and pattern.fullmatch(request.url.path):
                self.answered.add((call.method, call.path, response.status_code))
                if response.is_success:
                    self.parameters.update((call.method, call.path, name) for name in request.url.params)
        if response.is_error and request.url.path != "/health/ready":
            check_problem(response)
            self.problems.add(response.status_code)

    def event(self, frame: Any) -> None:
        """Remember an event."""
        assert set(frame) == {"type", "agentId", "seq", "timestamp", "data"}
        self.events.add(frame["type"])


def check_problem(response: httpx.Response) -> None:
    """Check that an error is told as RFC 9457 has it, with all that goes with its status."""
    problem = response.json()
    assert response.headers["Content-Type"] == "application/problem+json"
    assert {"type", "title", "status", "detail", "instance", "correlationId"} <= set(problem)
    assert problem["status"] == response.status_code
    assert problem["correlationId"] == response.headers["X-Correlation-ID"]
    assert problem["instance"] == response.request.url.path
    missing = [name for name in PROBLEMS[response.status_code] if name not in response.headers]
    assert missing == [], response.text


@asynccontextmanager
async def recorded(url: str, record: Record, login: Mapping[str, str] = DEMO) -> AsyncIterator[Api]:
    """Sign in as somebody whose calls are recorded."""
    hooks = {"response": [record.response]}
    async with httpx.AsyncClient(base_url=url, timeout=30, event_hooks=hooks) as client:
        response = await client.post("/api/v1/auth/login", json=login)
        token = response.json()["token"]
        client.headers["Authorization"] = f"Bearer {token}"
        yield Api(client, token)


@asynccontextmanager
async def listener(api: Api, record: Record, *channels: str) -> AsyncIterator["Ear"]:
    """Open a socket that listens to channels, and records every event on them."""
    url = str(api.client.base_url).replace("http://", "ws://").rstrip("/") + "/ws"
    async with open_websocket_url(url) as connection:
        ear = Ear(Socket(connection), record)
        await ear.ask("authenticate", "authenticated", token=api.token)
        await ear.ask("subscribe", "subscribed", channels=list(channels))
        yield ear


@frozen
class Ear:
    """A socket whose events are recorded."""

    socket: Socket
    record: Record

    async def ask(self, action: str, answer: str, **fields: object) -> Any:
        """Send an action, and return its answer, which must be of a type."""
        await self.socket.send(action=action, id=f"{action} 1", **fields)
        frame = await self._until(answer, "error")
        assert (frame["type"], frame["id"]) == (answer, f"{action} 1"), orjson.dumps(frame)
        self.record.actions.add(action)
        return frame["data"]

    async def hear(self, kind: str, agent_id: str | None = None) -> Any:
        """Return the next event of a type, about an agent if one is named."""
        while True:
            frame = await self._until(kind)
            if agent_id is None or frame["agentId"] == agent_id:
                return frame

    async def _until(self, *kinds: str) -> Any:
        with trio.fail_after(20):
            while True:
                frame = await self.socket.receive()
                if "seq" in frame:
                    self.record.event(frame)
                if frame["type"] in kinds:
                    return frame


def uncovered(record: Record) -> list[str]:
    """Return what of the contract was not seen."""
    calls = [
        f"{call.method} {call.path} -> {call.status}"
        for call in CALLS
        if (call.method, call.path, call.status) not in record.answered
    ]
    parameters = [
        f"{call.method} {call.path} ?{name}"
        for call in CALLS
        for name in call.query
        if (call.method, call.path, name) not in record.parameters
    ]
    return calls + parameters
