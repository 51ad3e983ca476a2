"""Fuzz the API of the real program by its OpenAPI document: `python -m tests.fuzz --examples 100 --seeds 1`.

Each seed runs twice on one program: as an admin, who reaches everything, and as two traders who must not reach each
other's objects. The program must be ready afterwards, and its log must verify.
"""

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

import click
import httpx
from attrs import frozen

from tests.e2e.matrix import buy
from tests.e2e.people import NEW_AGENT, PASSWORD, email_of, sign_in
from tests.e2e.program import DEMO, running, verify

CONFIG: Final = Path(__file__).with_name("schemathesis.toml")
SETTINGS: Final = {"RATE_LIMIT_MAX": "100000000", "RATE_LIMIT_USER_MAX": "100000000", "LOG_LEVEL": "warning"}
OBJECTS: Final = 3
SPARE_SIGN_INS: Final = 20
LINKS: Final = ("", "[phases.stateful]\nmax-steps = 12\ninference.algorithms = []\n")
"""What stateful runs follow: besides ours the many links that Schemathesis infers, and then ours alone, but further. A
run ends early where a repetition is answered differently, which the state of the floor makes likely."""
SEEDS_APART: Final = 1_000
NOBODY_ASKS: Final = "/drawdown"
"""An actor without which every call can be answered, so that it may be paused and stopped."""
PEERS: Final = ("ada", "bob")


class User:
    """Somebody with agents and what belongs to them."""

    def __init__(self, url: str, login: Mapping[str, str]) -> None:
        self._http = httpx.Client(base_url=f"{url}/api/v1", timeout=30)
        session = sign_in(url, login)
        self.user_id = session["user"]["userId"]
        self._take(session)

    @property
    def credential(self) -> str:
        """What the user shows; good for an hour after `renew`."""
        return self._http.headers["Authorization"]

    def renew(self) -> None:
        """Exchange the refresh token: a run of many examples takes longer than an access token lives."""
        self._take(self.made("/auth/refresh", {"refreshToken": self._refresh_token}))

    def _take(self, session: Mapping[str, Any]) -> None:
        self._http.headers["Authorization"] = f"Bearer {session['token']}"
        self._refresh_token = session["refreshToken"]

    def made(self, path: str, body: object) -> Any:
        """POST, and return the answer."""
        response = self._http.post(path, json=body)
        response.raise_for_status()
        return response.json()

    def is_signed_in(self) -> bool:
        """Say whether the token is still good."""
        return self._http.get("/auth/me").status_code == 200

    def objects(self) -> dict[str, str]:
        """Make an agent with a trade, a request for approval and a key, and return their ids by parameter."""
        agent_id = self.made("/agents", NEW_AGENT)["agentId"]
        held = self.made(f"/agents/{agent_id}/trades", buy("TSLA", 500))
        resting = self.made(f"/agents/{agent_id}/trades", buy("KO", 1) | {"orderType": "limit", "limitPrice": 1})
        key = self.made(f"/agents/{agent_id}/keys", {"name": "fuzz"})
        ids = {"agentId": agent_id, "tradeId": resting["tradeId"], "requestId": held["approvalRequestId"]}
        return ids | {"keyId": key["keyId"], "symbol": "AAPL"}


@click.command()
@click.option("--examples", type=click.IntRange(1), default=100, show_default=True, help="Examples per operation.")
@click.option("--seeds", type=click.IntRange(1), default=1, show_default=True, help="How many runs.")
@click.option("--first-seed", type=int, default=1, show_default=True, help="The seed of the first one.")
def main(examples: int, seeds: int, first_seed: int) -> None:
    """Fuzz, and say with the exit status whether all went well."""
    failed = False
    for seed in range(first_seed, first_seed + seeds):
        with TemporaryDirectory() as folder:
            failed |= not fuzz(Path(folder), examples, seed)
    sys.exit(failed)


def fuzz(folder: Path, examples: int, seed: int) -> bool:
    """Fuzz a program of its own under one seed, and say whether all went well."""
    with running(folder, "--no-demo", env=SETTINGS) as program:
        # Everybody signs in first: a run of wrong passwords shuts the address out.
        admin = User(program.url, DEMO)
        people = {name: added(program.url, admin, name) for name in ("ada", "bob", "eve")}
        spare = [User(program.url, DEMO).credential for _ in range(SPARE_SIGN_INS)]
        run = Run(program.url, folder, examples, seed)
        well = as_admin(run, admin, people, spare[::2])
        well &= as_traders(run, people, spare[1::2])
        everybody = {"admin": admin, **people}
        for name, user in everybody.items():
            user.renew()
            assert user.is_signed_in(), f"{name} was signed out on the way, and what followed was refused for that"
        ready = httpx.get(f"{program.url}/health/ready", timeout=10)
        assert ready.status_code == 200, ready.text
        assert program.stop() == 0
    verify(folder / "floor.db")
    return well


def added(url: str, admin: User, name: str) -> User:
    """Add a trader."""
    login = {"email": email_of(name), "password": PASSWORD}
    admin.made("/users", login | {"role": "trader"})
    return User(url, login)


def as_admin(run: "Run", admin: User, people: Mapping[str, User], spare: Sequence[str]) -> bool:
    """Fuzz as somebody who may do everything."""
    admin.renew()
    user = admin.made("/users", {"email": email_of("fuzzed"), "role": "viewer", "password": PASSWORD})
    pool = {
        "objects": [admin.objects() | {"userId": user["userId"]} for _ in range(OBJECTS)],
        "people": [person.user_id for person in (admin, *people.values())],
        "spare": spare,
        "foreign": [],
        "own": admin.made("/agents", NEW_AGENT)["agentId"],
        "actor": NOBODY_ASKS,
    }
    return run.schemathesis(pool, {"admin": admin})


def as_traders(run: "Run", people: Mapping[str, User], spare: Sequence[str]) -> bool:
    """Fuzz as two traders, who ask about each other's objects and about those of a third one."""
    for user in people.values():
        user.renew()
    objects = [people["eve"].objects() for _ in range(OBJECTS)]
    foreign = {value for ids in objects for name, value in ids.items() if name != "symbol"}
    own = people[PEERS[0]].made("/agents", NEW_AGENT)["agentId"]
    pool = {"objects": objects, "people": [], "spare": spare, "foreign": sorted(foreign), "own": own}
    pool["actor"] = NOBODY_ASKS
    return run.schemathesis(pool, {name: people[name] for name in PEERS})


@frozen
class Run:
    """Where, how long and under which seed Schemathesis runs."""

    url: str
    folder: Path
    examples: int
    seed: int

    def schemathesis(self, pool: Mapping[str, Any], users: Mapping[str, User]) -> bool:
        """Run it as some users on the objects of a pool, and say whether it found nothing."""
        auth, objects = (self.folder / name for name in ("auth.json", "pool.json"))
        who = f"peers = {json.dumps(list(users))}" if len(users) > 1 else f"user = '{next(iter(users))}'"
        settings = f"{CONFIG.read_text('utf-8')}\n[auth.wfc]\npath = '{auth}'\n{who}\n"
        parts = [("examples,coverage,fuzzing", self.seed, settings)]
        for number, links in enumerate(LINKS):
            parts.append(("stateful", self.seed * SEEDS_APART + number, f"{settings}\n{links}"))
        well = True
        for part in parts:
            for user in users.values():
                user.renew()
            credentials = {name: user.credential for name, user in users.items()}
            headers = {name: [{"name": "Authorization", "value": value}] for name, value in credentials.items()}
            auth.write_text(json.dumps({"auth": [{"name": name, "fixedHeaders": headers[name]} for name in users]}))
            objects.write_text(json.dumps({**pool, "credentials": list(credentials.values())}))
            well &= self._phases(*part, objects)
        return well

    def _phases(self, phases: str, seed: int, settings: str, objects: Path) -> bool:
        config = self.folder / "schemathesis.toml"
        config.write_text(settings)
        command = [str(Path(sys.executable).with_name("st")), "--config-file", str(config)]
        command += ["run", f"{self.url}/openapi.json", "--checks", "all", "--no-color"]
        command += ["--max-examples", str(self.examples), "--phases", phases, "--seed", str(seed)]
        return subprocess.run(command, env={**os.environ, "FUZZ_POOL": str(objects)}, check=False).returncode == 0


if __name__ == "__main__":
    main()
