"""Opening the edge."""

from pathlib import Path

import pytest

from actors.ports.people import People
from net.auth.passwords import Passwords
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
