"""The terminal console against the real program: in a terminal of its own, and by its keys."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest

from tests.e2e.people import sign_in
from tests.e2e.program import DEMO, Program, running, start
from tests.e2e.terminal import terminal
from tests.fakes.piloting import AtTheConsole, at_the_console
from tradefloor.operating.async_connection import connection_to
from tradefloor.operating.connection import API, Place, connected

pytestmark = pytest.mark.e2e

AGENT: Final = {"name": "By hand", "strategy": "custom", "initialBudget": 100_000, "riskTolerance": 5}
BIG: Final = {"symbol": "TSLA", "action": "buy", "quantity": 500, "orderType": "market", "timeInForce": "day"}


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Program]:
    """Run a floor without demo agents."""
    with running(tmp_path_factory.mktemp("floor"), "--no-demo") as program:
        yield program


def place_of(folder: Path) -> Place:
    """Return where the floor is for whoever is on its machine."""
    return Place(None, None, folder / "floor.db")


def asked(place: Place, path: str, **query: object) -> Any:
    """Ask the floor as a command does."""
    with connected(place) as floor:
        return floor.get(path, **query)


def test_an_actor_is_found_paused_and_resumed(program: Program) -> None:
    """By the agent's name; the audit keeps the reason."""
    place = place_of(program.folder)
    with connected(place) as floor:
        agent_id = floor.post(f"{API}/agents", AGENT)["agentId"]

    async def act(console: AtTheConsole) -> None:
        await console.press("slash")
        await console.write("by hand")
        await console.press("enter", "enter")
        assert console.path == f"/agents/{agent_id}"
        for key, told in (("p", "Paused"), ("u", "Resumed")):
            await console.press(key)
            await console.write("odd prices")
            await console.press("enter")
            assert console.told().startswith(f"{told} ")
            assert console.told().endswith(f" actors at /agents/{agent_id}: odd prices")

    at_the_console(connection_to(place), act)

    entries = asked(place, f"{API}/audit", limit=200)["items"]
    assert "odd prices" in str(entries[-1])


def test_an_approval_is_decided_from_elsewhere(program: Program) -> None:
    """Over the URL with a token, with its reason."""
    place = place_of(program.folder)
    with connected(place) as floor:
        agent_id = floor.post(f"{API}/agents", AGENT)["agentId"]
        request_id = floor.post(f"{API}/agents/{agent_id}/trades", BIG)["approvalRequestId"]
    elsewhere = Place(program.url, sign_in(program.url, DEMO)["token"], Path("none.db"))

    async def decide(console: AtTheConsole) -> None:
        await console.press("2")
        assert any(request_id in line for line in console.lines())
        await console.press("a")
        await console.write("within plan")
        await console.press("enter")
        assert console.told() == "Approved buy 500 TSLA. The trade is completed."

    at_the_console(connection_to(elsewhere), decide)

    decision = asked(place, f"{API}/oversight/requests/{request_id}")["decision"]
    assert (decision["result"], decision["reason"]) == ("approved", "within plan")


@pytest.mark.no_cover
def test_a_floor_that_was_killed_is_found_again(tmp_path: Path) -> None:
    """The console says that it is away, waits, and goes on with the next life of the floor."""
    lives = [start(tmp_path, "--no-demo")]

    async def wait(console: AtTheConsole) -> None:
        lives[0].kill()
        await console.press("f5")
        lost = console.lost()
        assert lost is not None
        assert "then start it with: tradefloor serve" in lost
        lives.append(start(tmp_path, "--no-demo"))
        await console.press("f5")
        assert console.lost() is None
        assert console.told() == f"The floor at {tmp_path / 'control.sock'} answers again."

    try:
        at_the_console(connection_to(place_of(tmp_path)), wait)
    finally:
        for life in lives:
            life.kill()
            assert life.process.stdout is not None
            life.process.stdout.close()


@pytest.mark.no_cover
def test_the_command_fills_a_terminal_until_q(program: Program) -> None:
    """The console is drawn, and gives the terminal back with exit status 0."""
    with terminal("console", "--database-path", str(program.folder / "floor.db")) as console:
        console.until("journal")
        console.press("q")

        assert console.status() == 0
