"""Who may do what: everybody against every operation of the OpenAPI document, and against the messages of the sockets.

The document drives the test, so that an operation without an expectation fails it.
"""

from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from functools import partial
from typing import Any, Final

import httpx
import pytest
import requests
import socketio  # type: ignore[import-untyped]  # it ships no types
import trio
from attrs import field, frozen
from trio_websocket import ConnectionClosed, open_websocket_url

from tests.e2e.matrix import ADMIN, EXPECTED, OK, OPEN, SLACK_SECRET, Request, Row, Things, buy
from tests.e2e.people import ACTORS, NEW_AGENT, Caller, Callers, add_by_command, callers, email_of
from tests.e2e.program import Socket, running, verify

pytestmark = [pytest.mark.e2e, pytest.mark.no_cover]

SETTINGS: Final = {
    "RATE_LIMIT_MAX": "100000",
    "RATE_LIMIT_USER_MAX": "100000",
    "SLACK_SIGNING_SECRET": SLACK_SECRET,
}
PROBLEM: Final = "application/problem+json"
MADE_UP: Final = "0123456789abcdef0123456789abcdef"


@frozen
class Floor:
    """A running program, everybody who calls it, and its OpenAPI document by operation."""

    url: str
    callers: Callers
    things: Things
    operations: Mapping[str, "Operation"]
    heads: dict[str, str] = field(factory=dict)
    """How far each log was read already."""


@frozen
class Operation:
    """One operation as the document has it."""

    method: str
    path: str
    document: Mapping[str, Any]

    @property
    def success(self) -> int:
        """Its success status."""
        return min(map(int, self.document["responses"]))

    @property
    def security(self) -> set[str]:
        """Who may call it at all: nobody in particular, users, agents' keys."""
        return {name for scheme in self.document["security"] for name in scheme}


@pytest.fixture(scope="module")
def floor(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Floor]:
    """Start the program once for all that is tried here."""
    folder = tmp_path_factory.mktemp("authorization")
    add_by_command(folder / "floor.db", email_of("approver"), "approver")
    with running(folder, "--no-demo", env=SETTINGS) as program:
        with callers(program.url) as everybody:
            document = httpx.get(f"{program.url}/openapi.json").json()
            operations = {
                operation["operationId"]: Operation(method.upper(), path, operation)
                for path, methods in document["paths"].items()
                for method, operation in methods.items()
            }
            yield Floor(program.url, everybody, Things(program.url, everybody), operations)
        assert program.stop() == 0
    verify(folder / "floor.db")


def test_every_operation_has_an_expectation(floor: Floor) -> None:
    """A new operation says here who may call it, and the document says the same."""
    assert set(EXPECTED) == set(floor.operations)
    named = {name: operation.security for name, operation in floor.operations.items()}
    assert named == {name: security_of(row) for name, (row, _) in EXPECTED.items()}


def test_everybody_against_every_operation(floor: Floor) -> None:
    """Each answer is the expected one, and nothing comes of a call that is refused."""
    found = {name: answers_to(floor, operation) for name, operation in floor.operations.items()}
    expected = {
        name: {actor: operation.success if status == OK else status for actor, status in zip(ACTORS, row, strict=True)}
        for name, operation in floor.operations.items()
        for row in [EXPECTED[name][0]]
    }
    wrong = {name: (found[name], expected[name]) for name in expected if found[name] != expected[name]}
    assert wrong == {}


def test_what_belongs_to_somebody_else_is_not_there(floor: Floor) -> None:
    """Nothing in the answer tells a stranger's id from one that was never given."""
    compared = 0
    for name, (row, make) in EXPECTED.items():
        stranger = floor.callers["other"]
        if row[ACTORS.index("other")] != 404:
            continue
        request = make(floor.things, stranger)
        foreign = send(floor.operations[name], stranger, request)
        unknown = renamed(request)
        nothing = send(floor.operations[name], stranger, unknown)
        assert anonymous(foreign, request) == anonymous(nothing, unknown), name
        compared += 1
    assert compared > 15


def test_a_foreign_part_of_ones_own_agent_is_not_there(floor: Floor) -> None:
    """An own agent's id in front opens nobody else's trade and key."""
    stranger = floor.callers["other"]
    own = stranger.made("/agents", NEW_AGENT)["agentId"]
    for name, (_, make) in EXPECTED.items():
        request = make(floor.things, stranger) if "agentId" in floor.operations[name].path else Request()
        if len(request.parts) > 1:
            for caller in (stranger, floor.callers["admin"]):
                answer = send(floor.operations[name], caller, Request({**request.parts, "agentId": own}))
                assert (name, answer.status_code) == (name, 404)


def test_listings_show_ones_own(floor: Floor) -> None:
    """A trader's and a key's list no stranger's agents and requests; an approver's has all requests."""
    request_id = floor.things.request(floor.callers["trader"]).parts["requestId"]
    expected = {"viewer": 0, "trader": 1, "other": 0, "approver": 1, "admin": 1, "key": 1, "other_key": 0}
    for actor, shown in expected.items():
        items = listed(floor.callers[actor], "/oversight/requests?limit=200")
        assert (actor, [item["requestId"] for item in items].count(request_id)) == (actor, shown)
    lists = {actor: listed(floor.callers[actor], "/agents?limit=200") for actor in expected}
    agents = {actor: {item["agentId"] for item in items} for actor, items in lists.items()}
    assert (agents["key"], agents["other_key"]) == ({floor.callers.agent_id}, {floor.callers.other_agent_id})
    assert agents["key"] | agents["other_key"] <= agents["trader"] <= agents["admin"]
    assert agents["trader"] & (agents["other"] | agents["viewer"] | agents["approver"]) == set()


def test_metrics_from_elsewhere(floor: Floor) -> None:
    """Whoever comes through a proxy is not on this machine, and must be an admin; the document says so."""
    found = {}
    for actor in ACTORS:
        response = floor.callers[actor].http.get("/metrics", headers={"X-Forwarded-For": "203.0.113.9"})
        assert str(response.status_code) in floor.operations["getMetrics"].document["responses"]
        found[actor] = response.status_code
    assert found == dict(zip(ACTORS, ADMIN, strict=True))


#                                  nobody viewer trader other approver admin key other_key disabled
SUBSCRIBE: Final[Row] = (4401, 404, OK, 404, 404, OK, OK, 404, 4401)
SUBMIT: Final[Row] = (4401, 403, OK, 404, 404, OK, OK, 404, 4401)


# trio-websocket leaves its stream open when the server closes the connection.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize(("action", "row"), [("subscribe", SUBSCRIBE), ("trade.submit", SUBMIT)])
async def test_everybody_on_the_websocket(floor: Floor, action: str, row: Row) -> None:
    """Whoever is nobody is sent away; the others hear of and trade for the agents that they see over HTTP."""
    agent_id = floor.callers.agent_id
    frame: dict[str, object] = {"action": action, "id": 1}
    if action == "subscribe":
        frame["channels"] = [f"agent:{agent_id}"]
    else:
        frame |= {"agentId": agent_id, "trade": buy("KO", 1)}
    found = {actor: await websocket_answer(floor, floor.callers[actor], frame) for actor in ACTORS}
    assert found == dict(zip(ACTORS, row, strict=True))


async def test_channels_carry_ones_own(floor: Floor) -> None:
    """On the channels without an agent's name a stranger hears nothing of the trader's, and the admin everything."""
    trader, stranger = floor.callers["trader"], floor.callers["other"]
    own = stranger.made("/agents", NEW_AGENT)["agentId"]
    async with listening(floor, stranger) as theirs, listening(floor, floor.callers["admin"]) as all_of_it:
        for caller, agent_id in ((trader, floor.callers.agent_id), (stranger, own)):
            await trio.to_thread.run_sync(partial(caller.made, f"/agents/{agent_id}/trades", buy("KO", 1), 200))
        heard = await theirs.receive_type("trade.created", "portfolio.update")
        assert heard["agentId"] == own
        assert (await all_of_it.receive_type("trade.created"))["agentId"] == floor.callers.agent_id
        assert (await all_of_it.receive_type("trade.created"))["agentId"] == own


CONNECT: Final[Row] = (401, 404, OK, 404, 404, OK, OK, 404, 401)


def test_everybody_on_socketio(floor: Floor) -> None:
    """The same for `subscribe:agent`; whoever is nobody is refused the connection."""
    found = {actor: socketio_answer(floor, floor.callers[actor]) for actor in ACTORS}
    assert found == dict(zip(ACTORS, CONNECT, strict=True))


def security_of(row: Row) -> set[str]:
    """Return what the document has to say of an operation that answers so."""
    if row == OPEN:
        return set()
    return {"user"} if row[ACTORS.index("key")] == 403 else {"user", "agentKey"}


def answers_to(floor: Floor, operation: Operation) -> dict[str, int]:
    """Return the status of each actor's call; those who are to be refused come first, as nothing may change."""
    row, make = EXPECTED[operation.document["operationId"]]
    refused = [actor for actor, status in zip(ACTORS, row, strict=True) if status != OK]
    found = refusals(floor, operation, refused) if refused else {}
    for actor in set(ACTORS) - set(refused):
        caller = floor.callers[actor]
        found[actor] = send(operation, caller, make(floor.things, caller)).status_code
    return found


def refusals(floor: Floor, operation: Operation, actors: Sequence[str]) -> dict[str, int]:
    """Return the status of each actor's call about one thing, having checked that all of it is a refusal."""
    request = EXPECTED[operation.document["operationId"]][1](floor.things, floor.callers[actors[0]])
    before = history(floor, request)
    responses = {actor: send(operation, floor.callers[actor], request) for actor in actors}
    refused = [response for response in responses.values() if response.status_code in {401, 403, 404}]
    for response in refused:
        assert response.headers["Content-Type"] == PROBLEM
        assert ("WWW-Authenticate" in response.headers) == (response.status_code == 401)
    if len(refused) == len(actors):
        assert history(floor, request) == before
    return {actor: response.status_code for actor, response in responses.items()}


def send(operation: Operation, caller: Caller, request: Request) -> httpx.Response:
    """Send a request for an operation."""
    options = dict(request.options)
    if request.credential is not None:
        options["headers"] = {"Authorization": f"Bearer {request.credential}"}
    return caller.http.request(operation.method, operation.path.format(**request.parts), **options)


def history(floor: Floor, request: Request) -> list[str]:
    """Return how far the log of an agent goes, and that of people and keys."""
    paths = [] if request.subject is None else [f"/agents/{request.subject}/events?limit=200"]
    paths.append("/audit?limit=200")
    admin = floor.callers["admin"]
    for path in paths:
        page = {"nextCursor": floor.heads.get(path, "0")}
        while page["nextCursor"] is not None:
            page = admin.http.get(f"/api/v1{path}&after={page['nextCursor']}").json()
            if page["items"]:
                floor.heads[path] = str(page["items"][-1]["seq"])
    return [floor.heads.get(path, "0") for path in paths]


def listed(caller: Caller, path: str) -> list[dict[str, Any]]:
    """Return all of a listing."""
    items: list[dict[str, Any]] = []
    cursor: str | None = ""
    while cursor is not None:
        response = caller.http.get(f"/api/v1{path}" + (f"&cursor={cursor}" if cursor else ""))
        assert response.status_code == 200, response.text
        items += response.json()["items"]
        cursor = response.json()["nextCursor"]
    return items


def renamed(request: Request) -> Request:
    """Return a request with ids that were never given to anything."""
    parts = {part: value.partition("_")[0] + "_" + MADE_UP for part, value in request.parts.items()}
    options = dict(request.options)
    if "agentId" in options.get("json", {}):
        options["json"] = {**options["json"], "agentId": "agt_" + MADE_UP}
    return Request(parts, options)


def anonymous(response: httpx.Response, request: Request) -> dict[str, Any]:
    """Return what an answer says but for the ids in it."""
    text = response.text
    for name in {*request.parts.values(), str(request.options.get("json", {}).get("agentId"))}:
        text = text.replace(name, "<id>")
    return {"status": response.status_code, **httpx.Response(200, text=text).json(), "correlationId": None}


@asynccontextmanager
async def connected(floor: Floor, caller: Caller) -> AsyncIterator[Socket]:
    """Open a socket whose first frame shows who it is."""
    async with open_websocket_url(floor.url.replace("http://", "ws://") + "/ws") as connection:
        ws = Socket(connection)
        await ws.send(action="authenticate", token=caller.credential or "none")
        yield ws


@asynccontextmanager
async def listening(floor: Floor, caller: Caller) -> AsyncIterator[Socket]:
    """Open a socket that listens to everything its owner may hear."""
    async with connected(floor, caller) as ws:
        await ws.send(action="subscribe", channels=["portfolio", "trades", "oversight"])
        await ws.receive_type("subscribed")
        yield ws


async def websocket_answer(floor: Floor, caller: Caller, frame: Mapping[str, object]) -> int:
    """Return OK, the status of the problem that a frame is answered with, or the code that the socket closes with."""
    async with connected(floor, caller) as ws:
        try:
            await ws.receive_type("authenticated")
            await ws.send(**frame)
            answer = await ws.receive_type("subscribed", "trade.submitted", "error")
        except ConnectionClosed as closed:
            return int(closed.reason.code) if closed.reason else 0
    assert answer["id"] == frame["id"]
    return int(answer["data"]["status"]) if answer["type"] == "error" else OK


def socketio_answer(floor: Floor, caller: Caller) -> int:
    """Return OK, or the status of the problem that a connection or `subscribe:agent` is answered with."""
    refusals: list[Any] = []
    with requests.Session() as http:
        client = socketio.Client(reconnection=False, http_session=http)
        client.on("connect_error", refusals.append)
        try:
            client.connect(floor.url, auth={"token": caller.credential}, transports=["websocket"], wait_timeout=10)
        except socketio.exceptions.ConnectionError:
            return int(refusals[0]["data"]["status"])
        try:
            answer = client.call("subscribe:agent", floor.callers.agent_id, timeout=10)
        finally:
            client.disconnect()
            client.wait()
    return OK if answer["ok"] else int(answer["status"])
