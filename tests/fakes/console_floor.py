"""A floor that answers the console out of memory, and keeps what it was asked."""

from collections.abc import Callable, Mapping
from fnmatch import fnmatchcase
from itertools import accumulate
from pathlib import Path
from typing import Any

import httpx
import orjson
from attrs import define, field

from tests.fakes.control_answers import approval, inspected
from tradefloor.operating.async_connection import AsyncConnection
from tradefloor.operating.connection import ACTORS, API, READY, Place

SMALL: Mapping[str, str] = {
    "/": "supervisor",
    "/journal": "actor",
    "/market": "actor",
    "/agents": "supervisor",
    "/agents/agt_1": "supervisor",
    "/agents/agt_1/agent": "actor",
    "/agents/agt_1/portfolio": "actor",
}


@define
class FakeFloor:
    """Nodes by path, with their kind; their states, where they are not running; and what waits for approval.

    `away` is why nobody answers, and `refusal` a problem with which everything that would change something is refused.
    """

    kinds: dict[str, str] = field(factory=lambda: dict(SMALL))
    states: dict[str, str] = field(factory=dict)
    handled: dict[str, int] = field(factory=dict)
    agents: dict[str, str] = field(factory=lambda: {"agt_1": "Conviction desk"})
    approvals: list[dict[str, Any]] = field(factory=list)
    wrong: dict[str, str] = field(factory=dict)
    away: str | None = None
    refusal: dict[str, Any] | None = None
    asked: list[str] = field(factory=list)
    posted: list[tuple[str, dict[str, Any]]] = field(factory=list)

    def connection(self) -> AsyncConnection:
        """Return the way to it."""
        place = Place("http://floor", None, Path("floor.db"))
        http = httpx.AsyncClient(base_url=place.base_url, transport=httpx.MockTransport(self._answer))
        return AsyncConnection(http, place)

    def wait(self, *request_ids: str) -> None:
        """Have so many trades wait, the first one for the longest."""
        self.approvals = [approval(requestId=request_id) for request_id in reversed(request_ids)]

    def _answer(self, request: httpx.Request) -> httpx.Response:
        if self.away is not None:
            raise httpx.ConnectError(self.away)
        self.asked.append(f"{request.url.path}?{request.url.query.decode()}")
        path = request.url.path
        if request.method == "POST":
            return self._change(path, orjson.loads(request.content))
        looks: dict[str, Callable[..., httpx.Response]] = {
            READY: self._ready,
            ACTORS: self._ps,
            f"{ACTORS}/tree": self._tree,
            f"{ACTORS}/inspect": self._inspect,
            f"{ACTORS}/stats": self._stats,
            f"{API}/agents": self._search,
            f"{API}/oversight/requests": self._waiting,
        }
        return looks[path](**dict(request.url.params))

    def _ready(self) -> httpx.Response:
        checks = {"database": "ok", "grpc": "ok", "market": "ok", **self.wrong}
        return httpx.Response(503 if self.wrong else 200, json={"status": "ok", "checks": checks})

    def _waiting(self, **query: str) -> httpx.Response:
        return httpx.Response(200, json={"items": self.approvals, "nextCursor": None})

    def _change(self, path: str, body: dict[str, Any]) -> httpx.Response:
        if self.refusal is not None:
            return httpx.Response(self.refusal["status"], json=self.refusal)
        self.posted.append((path, body))
        if path.startswith(ACTORS):
            verb = path.rpartition("/")[2]
            if verb in {"pause", "resume"}:
                state = "paused" if verb == "pause" else "running"
                self.states.update({node: state for node in self.kinds if self._is_below(node, body["path"])})
            return httpx.Response(200, json={"actors": self._actors(body["path"])})
        request_id, decision = path.split("/")[-2:]
        (item,) = (one for one in self.approvals if one["requestId"] == request_id)
        self.approvals.remove(item)
        status, trade_status = ("approved", "completed") if decision == "approve" else ("rejected", "rejected")
        return httpx.Response(200, json={**item, "status": status, "trade": {**item["trade"], "status": trade_status}})

    def _tree(self, path: str, depth: str, limit: str = "1000") -> httpx.Response:
        if path not in self.kinds:
            return _nothing(path)
        shown = [path, *(self._children(path) if depth != "0" else ())][: int(limit)]
        items = [
            {
                "path": node,
                "kind": self.kinds[node],
                "state": self.states.get(node, "running"),
                "paused": False,
                "children": len(self._children(node)),
            }
            for node in shown
        ]
        return httpx.Response(200, json={"items": items, "truncated": False})

    def _inspect(self, path: str, **query: str) -> httpx.Response:
        if path not in self.kinds:
            return _nothing(path)
        told = inspected(
            path=path,
            kind=self.kinds[path],
            state=self.states.get(path, "running"),
            handled=self.handled.get(path, 0),
        )
        return httpx.Response(200, json=told)

    def _stats(self, path: str) -> httpx.Response:
        states: dict[str, int] = {}
        for node, kind in self.kinds.items():
            if kind == "actor" and self._is_below(node, path):
                state = self.states.get(node, "running")
                states[state] = states.get(state, 0) + 1
        return httpx.Response(200, json={"actors": self._actors(path), "states": states})

    def _ps(self, path: str, **query: str) -> httpx.Response:
        found = [node for node, kind in self.kinds.items() if kind == "actor" and self._is_named(node, path)]
        rows = [{"path": node, "state": self.states.get(node, "running"), "mailbox": 3} for node in found]
        return httpx.Response(200, json={"items": rows, "total": len(rows)}) if rows else _nothing(path)

    def _search(self, search: str, **query: str) -> httpx.Response:
        items = [
            {"agentId": agent_id, "name": name, "status": "active"}
            for agent_id, name in self.agents.items()
            if search.lower() in name.lower()
        ]
        return httpx.Response(200, json={"items": items, "nextCursor": None})

    def _children(self, path: str) -> list[str]:
        if self.kinds[path] == "actor":
            return []
        return [node for node in self.kinds if node != "/" and (node.rpartition("/")[0] or "/") == path]

    def _actors(self, path: str) -> int:
        return sum(kind == "actor" and self._is_below(node, path) for node, kind in self.kinds.items())

    def _is_named(self, node: str, pattern: str) -> bool:
        return any(fnmatchcase(part, pattern) for part in accumulate(node.split("/")[1:], "{}/{}".format, initial=""))

    def _is_below(self, node: str, path: str) -> bool:
        return f"{node}/".startswith(f"{path.rstrip('/')}/")


def _nothing(path: str) -> httpx.Response:
    return httpx.Response(404, json={"title": "Not found", "detail": f"nothing is at {path}"})
