"""The callers of the authorization tests: people of each role, programs with keys, and whoever is nobody."""

import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import httpx
from attrs import field, frozen

from net.http.problems import MEDIA_TYPE
from tests.e2e.program import DEMO
from tests.net.http.declared import require_declared

PASSWORD: Final = "correct horse battery"
NEW_AGENT: Final = {"name": "Matrix", "strategy": "custom", "initialBudget": 100_000, "riskTolerance": 5}
ACTORS: Final = ("nobody", "viewer", "trader", "other", "approver", "admin", "key", "other_key", "disabled")
"""`trader` owns the agents, `key` is that of one of them and `other_key` that of another one of the same owner."""


def add_by_command(database: Path, email: str, role: str) -> None:
    """Add a person by `tradefloor user add`, as it is done before the first start."""
    command = [sys.executable, "-m", "tradefloor", "user", "add", email, "--role", role, "--password-stdin"]
    subprocess.run([*command, "--database", str(database)], input=PASSWORD, text=True, check=True, capture_output=True)


@frozen
class Caller:
    """Somebody who calls the API, with the credential that they show."""

    name: str
    credential: str | None = field(repr=False)
    http: httpx.Client

    def call(self, method: str, path: str, **options: Any) -> httpx.Response:
        """Send a request; a path without a leading /api or the like is below /api/v1."""
        return self.http.request(method, path, **options)

    def made(self, path: str, body: object, status: int = 201) -> Any:
        """POST below /api/v1, and return the answer, which must have the expected status."""
        response = self.http.post(f"/api/v1{path}", json=body)
        assert response.status_code == status, response.text
        return response.json()


@frozen
class Callers:
    """Everybody, and the two agents that are looked at."""

    by_name: Mapping[str, Caller]
    agent_id: str
    other_agent_id: str

    def __getitem__(self, name: str) -> Caller:
        return self.by_name[name]


def sign_in(url: str, login: Mapping[str, str]) -> Any:
    """Sign in, and return the session."""
    response = httpx.post(f"{url}/api/v1/auth/login", json=login, timeout=30)
    assert response.status_code == 200, response.text
    return response.json()


def email_of(name: str) -> str:
    """Return a person's address."""
    return f"{name}@example.com"


def login_of(name: str) -> Mapping[str, str]:
    """Return what a person signs in with."""
    return DEMO if name == "admin" else {"email": email_of(name), "password": PASSWORD}


def _check_problem(response: httpx.Response) -> None:
    """Hold an answer to what its operation declares."""
    if response.headers.get("Content-Type") == MEDIA_TYPE:
        response.read()
        require_declared(response.request.method, response.request.url.path, response.json())


@contextmanager
def callers(url: str) -> Iterator[Callers]:
    """Yield everybody; the approver must be there already, the others are added by the admin."""
    open_clients: list[httpx.Client] = []

    def caller(name: str, credential: str | None) -> Caller:
        headers = {} if credential is None else {"Authorization": f"Bearer {credential}"}
        hooks = {"response": [_check_problem]}
        open_clients.append(httpx.Client(base_url=url, timeout=30, headers=headers, event_hooks=hooks))
        return Caller(name, credential, open_clients[-1])

    try:
        admin = caller("admin", sign_in(url, DEMO)["token"])
        added = {
            name: admin.made("/users", {"email": email_of(name), "role": role, "password": PASSWORD})
            for name, role in {"viewer": "viewer", "trader": "trader", "other": "trader", "disabled": "trader"}.items()
        }
        people = {name: caller(name, sign_in(url, login_of(name))["token"]) for name in [*added, "approver"]}
        shut_out = admin.call("PATCH", f"/api/v1/users/{added['disabled']['userId']}", json={"disabled": True})
        assert shut_out.status_code == 200, shut_out.text
        trader = people["trader"]
        agents = [trader.made("/agents", NEW_AGENT)["agentId"] for _ in range(2)]
        secrets = [trader.made(f"/agents/{agent_id}/keys", {"name": "matrix"})["key"] for agent_id in agents]
        keys = {name: caller(name, secret) for name, secret in zip(("key", "other_key"), secrets, strict=True)}
        yield Callers({**people, **keys, "admin": admin, "nobody": caller("nobody", None)}, *agents)
    finally:
        for client in open_clients:
            client.close()
