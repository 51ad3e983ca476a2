"""Authentication on fakes, with Ann the trader, Boss the admin and somebody whose account is off."""

import itertools
from typing import Any

from attrs import define, evolve

from actors.model import FLOOR, Role, User
from actors.ports.people import AgentKey
from actors.views import FloorViews
from net.auth.service import Auth
from net.auth.signins import Tokens
from net.auth.tokens import hash_secret
from net.edge import AuthSettings, Edge, EdgeSettings
from persistence.memory import MemoryStore
from simulations.ports.clock import CountingIds
from supervisor import ActorRef, Control
from tests.fakes.people import FakePeople

PASSWORD = "correct horse"


@define
class Watch:
    """A clock that a test sets, microseconds since the epoch."""

    now: int = 1_771_329_600_000_000

    def now_us(self) -> int:
        """Return what time it is."""
        return self.now


class NoActors:
    """A floor without actors: authentication asks none."""

    @property
    def control(self) -> Control:
        """Refuse."""
        raise LookupError

    def ref(self, path: str) -> ActorRef:
        """Refuse."""
        raise LookupError(path)


@define
class Desk:
    """Authentication and what it stands on."""

    auth: Auth
    people: FakePeople
    clock: Watch

    async def signed_in(self) -> Tokens:
        """Sign Ann in."""
        return await self.auth.sign_ins.sign_in("ann@example.com", PASSWORD, "1.1.1.1")

    async def change(self, user_id: str, **changes: Any) -> None:
        """Change a person, as another process would."""
        user = await self.people.user(user_id)
        assert user is not None
        await self.people.save_user(evolve(user, **changes), FLOOR, self.clock.now, None)

    async def disable(self, user_id: str) -> None:
        """Disable an account."""
        await self.change(user_id, disabled=True)

    async def add_key(self, user_id: str) -> None:
        """Give `agt_1` of a person the key `key_secret`."""
        key = AgentKey("key_1", "agt_1", user_id, "bot", hash_secret("key_secret"), "cret", self.clock.now)
        await self.people.add_key(key, FLOOR, None)


async def desk() -> Desk:
    """Return authentication for three people."""
    counter = itertools.count(1)
    people, clock = FakePeople(), Watch()
    edge = Edge(
        system=NoActors(),
        views=FloorViews(),
        history=MemoryStore(),
        people=people,
        clock=clock,
        ids=CountingIds(),
        entropy=lambda size: next(counter).to_bytes(size, "big"),
        auth=AuthSettings(jwt_secret=b"s" * 32, argon2_passes=1, argon2_memory_kib=8, argon2_lanes=1),
        settings=EdgeSettings(version="1.2.3"),
        checks={},
    )
    auth = Auth(edge)
    password = auth.passwords.hash_now(PASSWORD)
    for name, role, disabled in (("ann", Role.TRADER, False), ("boss", Role.ADMIN, False), ("off", Role.TRADER, True)):
        user = User(f"usr_{name}", f"{name}@example.com", role, password, clock.now, disabled)
        await people.save_user(user, FLOOR, clock.now, None)
    return Desk(auth, people, clock)
