"""What somebody is told who gets no answer from a floor."""

from pathlib import Path

import httpx
import pytest

from tradefloor.operating.connection import Place, way_out

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
