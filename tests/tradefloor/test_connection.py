"""What somebody is told who gets no answer from a floor."""

from pathlib import Path

import httpx
import pytest
from click.testing import CliRunner

from tradefloor.commands.tree import tree
from tradefloor.operating.connection import NOT_REACHED, Place, way_out

HERE = Place(None, None, Path("/data/floor.db"))
ELSEWHERE = Place("https://floor.example", "token", Path("/data/floor.db"))


@pytest.mark.parametrize(
    ("place", "error", "expected"),
    [
        (
            HERE,
            httpx.ConnectError("refused"),
            "no floor answers at /data/control.sock: it is starting just now, or was",
        ),
        (ELSEWHERE, httpx.ConnectError("refused"), "no floor answers at https://floor.example (refused); see that"),
        (HERE, httpx.ReadError("reset"), "broke before the answer; what was asked may be done: see tradefloor summary"),
        (HERE, httpx.ReadTimeout("slow"), "did not answer within 30 s; its log says what keeps it busy"),
    ],
)
def test_the_cause_is_said_and_what_to_do(place: Place, error: httpx.TransportError, expected: str) -> None:
    """Nobody there, a lost answer and a slow one are three different things."""
    assert expected in way_out(place, error)


@pytest.mark.parametrize(
    ("flags", "variables", "status", "said"),
    [
        (["--token", "t"], {}, 2, "Error: a --token is for a floor elsewhere: say where with --url, or leave it out\n"),
        ([], {"TRADEFLOOR_TOKEN": "t"}, NOT_REACHED, "no floor"),
    ],
)
def test_a_token_without_a_floor_elsewhere_is_refused(
    tmp_path: Path, flags: list[str], variables: dict[str, str], status: int, said: str
) -> None:
    """One that is typed is meant for something; a variable may stand there for other commands."""
    database = ["--database-path", str(tmp_path / "floor.db")]
    result = CliRunner().invoke(tree, [*flags, *database], env={"TRADEFLOOR_URL": None, **variables})
    assert (result.exit_code, said in result.output) == (status, True)
