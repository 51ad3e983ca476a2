"""Opening the edge."""

from pathlib import Path

import pytest

from actors.ports.people import People
from net.auth.passwords import Passwords
from net.websocket.closing import SIGN_IN_ENDED
from tests.net.websocket.guests import Guest
from tradefloor.demo import DEMO_EMAIL, DEMO_PASSWORD, seed_demo_user
from tradefloor.edge import EDGE, open_edge
from tradefloor.floor import Floor
from tradefloor.settings import Settings

pytestmark = pytest.mark.e2e


async def test_nobody_is_answered_before_all_is_ready(tmp_path: Path) -> None:
    """Whoever signs in as soon as the door opens finds the demo user there."""
    opened = []

    async def first(floor: Floor, people: People, passwords: Passwords) -> None:
        opened.append(floor.system.exists(EDGE))
        await seed_demo_user(floor, people, passwords)

    settings = Settings(port=0, database_path=tmp_path / "floor.db")
    async with open_edge(settings, first) as edge:
        assert opened == [False]
        session = await edge.auth.sign_ins.sign_in(DEMO_EMAIL, DEMO_PASSWORD, "test")
        assert session.user.email == DEMO_EMAIL


async def test_who_signs_out_is_gone_from_the_sockets(tmp_path: Path) -> None:
    """At once: whoever holds the token no more must not trade over a socket that is still open."""
    settings = Settings(port=0, database_path=tmp_path / "floor.db")
    async with open_edge(settings, seed_demo_user) as edge:
        session = await edge.auth.sign_ins.sign_in(DEMO_EMAIL, DEMO_PASSWORD, "test")
        identity = await edge.auth.recogniser.recognise(session.access)
        member = Guest(identity)
        edge.hub.admit(member)
        await edge.auth.sign_ins.sign_out(identity)
        assert member.closing is SIGN_IN_ENDED
        edge.hub.dismiss(member)
