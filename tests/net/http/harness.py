"""The real app on a headless floor, called in process: everything is real but storage, services and time."""

import itertools
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

from attrs import evolve, field, frozen
from quart_trio.testing import TrioClient

from actors.errors import JournalUnavailable
from actors.model import FLOOR, Role, User
from actors.ports.people import SignIn
from net.auth.service import Auth
from net.edge import AuthSettings, Edge, EdgeSettings
from net.http.app import EdgeApp, create_app
from net.http.problems import MEDIA_TYPE
from supervisor import Actor, ChildSpec, SupervisorSpec
from tests.actors.headless import HeadlessFloor, Surroundings, headless_floor
from tests.fakes.people import FakePeople
from tests.net.http.declared import require_declared

ORIGIN = "http://localhost:5173"
PASSWORD = "correct horse"
LISTS = {"ratelimit"}
"""Fields that may come several times: a quota and a rate limit can both say how they stand."""
CHEAP = AuthSettings(jwt_secret=b"s" * 32, argon2_passes=1, argon2_memory_kib=8, argon2_lanes=1)
SETTINGS = EdgeSettings(version="1.2.3", client_origins=(ORIGIN,), rate_limit_max=1000)


class ScriptedPeople(FakePeople):
    """People that are unavailable on request."""

    def __init__(self) -> None:
        super().__init__()
        self.unavailable = False

    async def sign_in(self, family_id: str) -> SignIn | None:
        """Return a sign-in, unless the storage is unavailable."""
        if self.unavailable:
            raise JournalUnavailable("the disk is full")
        return await super().sign_in(family_id)


@frozen
class Answer:
    """What came back."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        """The body as JSON."""
        return json.loads(self.body)

    @property
    def slug(self) -> str:
        """The kind of the problem."""
        assert self.headers["content-type"] == MEDIA_TYPE
        slug: str = self.json["type"].removeprefix("/api/docs#problem-")
        return slug

    @property
    def fields(self) -> dict[str, str]:
        """The messages of the fields at fault."""
        return {error["field"]: error["message"] for error in self.json["errors"]}


@frozen
class Served:
    """A floor with its edge, and short ways to call it."""

    floor: HeadlessFloor
    edge: Edge
    auth: Auth
    app: EdgeApp
    client: TrioClient
    people: ScriptedPeople
    tokens: dict[str, str] = field(factory=dict)

    async def call(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        token: str | None = None,
        data: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        content_type: str = "application/json",
    ) -> Answer:
        """Send a request; `body` goes out as JSON, `data` as it is."""
        sent = dict(headers or {})
        if token is not None:
            sent["Authorization"] = f"Bearer {token}"
        payload = data if body is None else json.dumps(body).encode()
        if payload is not None:
            sent["Content-Type"] = content_type
        response = await self.client.open(path, method=method, headers=sent, data=payload)
        received = {name.lower(): value for name, value in response.headers.items()}
        names = [name.lower() for name in response.headers.keys()]  # noqa: SIM118 -- Its iterator yields pairs.
        repeated = {name for name in names if names.count(name) > 1}
        assert repeated <= LISTS, "a browser joins fields of one name into one value"
        answer = Answer(response.status_code, received, await response.get_data(as_text=False))
        if answer.body and received.get("content-type") == MEDIA_TYPE:
            require_declared(method, path.partition("?")[0], answer.json)
        return answer

    async def user(self, name: str, role: Role = Role.TRADER) -> str:
        """Add a person, and return a token of theirs."""
        user = User(f"usr_{name}", f"{name}@example.com", role, self.auth.passwords.hash_now(PASSWORD), 0)
        await self.people.save_user(user, FLOOR, 0, None)
        token = (await self.auth.sign_ins.sign_in(user.email, PASSWORD, f"test {name}")).access
        self.tokens[name] = token
        return token

    async def agent(self, token: str, **changes: Any) -> str:
        """Make an agent with $100,000, and return its id."""
        wanted = {"name": "Test agent", "strategy": "custom", "initialBudget": 100_000, "riskTolerance": 5, **changes}
        answer = await self.call("POST", "/api/v1/agents", wanted, token=token)
        assert answer.status == 201, answer.body
        agent_id: str = answer.json["agentId"]
        return agent_id

    async def carrier(self) -> None:
        """Put something in the place of the server in the tree."""
        server = ChildSpec("http", Actor)
        await self.floor.system.start_child("/", SupervisorSpec("edge", children=(server,)))

    async def trade(self, token: str, agent_id: str, symbol: str = "AAPL", quantity: int = 10, **more: Any) -> Answer:
        """Buy."""
        order = {"symbol": symbol, "action": "buy", "quantity": quantity, "orderType": "market", **more}
        return await self.call("POST", f"/api/v1/agents/{agent_id}/trades", order, token=token)


@asynccontextmanager
async def served(
    around: Surroundings | None = None, settings: EdgeSettings = SETTINGS, **changes: Any
) -> AsyncIterator[Served]:
    """Run a floor and its app around a block of code. `changes` replace parts of the edge."""
    people = ScriptedPeople()
    counter = itertools.count(1)
    async with headless_floor(around) as floor:
        edge = Edge(
            system=floor.system,
            views=floor.views,
            history=floor.store,
            people=people,
            clock=floor.around.clock,
            ids=floor.around.ids,
            entropy=lambda size: next(counter).to_bytes(size, "big"),
            auth=CHEAP,
            settings=settings,
            checks={},
        )
        edge = evolve(edge, **changes)
        auth = Auth(edge)
        app = create_app(edge, auth)
        yield Served(floor, edge, auth, app, TrioClient(app), people)
