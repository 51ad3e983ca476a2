"""The watch over the event loop."""

import logging

import pytest
import trio

from net.loop_watch import LoopWatchActor, warn
from supervisor import ChildSpec, Stall, SupervisorSpec, open_system


@pytest.mark.parametrize(
    ("stall", "said"),
    [
        (
            Stall(0.3, "/market", "Tick", "market.py:7 in step"),
            "the event loop has been blocked for 300 ms by /market with Tick in hand at market.py:7 in step",
        ),
        (
            Stall(1.0, None, None, "x.py:1 in f"),
            "the event loop has been blocked for 1000 ms by no actor at x.py:1 in f",
        ),
    ],
)
def test_a_stall_is_logged(stall: Stall, said: str, caplog: pytest.LogCaptureFixture) -> None:
    """With the actor and the line."""
    with caplog.at_level(logging.WARNING):
        warn(stall)
    assert caplog.messages == [said]


async def test_the_lag_is_observed_while_the_actor_lives() -> None:
    """Beat by beat."""
    lags: list[float] = []
    async with open_system(SupervisorSpec("", children=[ChildSpec("watch", lambda: LoopWatchActor(lags.append))])):
        with trio.fail_after(5):
            while not lags:
                await trio.lowlevel.checkpoint()
    assert lags[0] >= 0
