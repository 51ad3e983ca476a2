"""The watch over the event loop."""

import logging

import pytest
import trio
from trio.testing import MockClock

from net.loop_watch import LOOK_EVERY_S, SLOW_AFTER_S, SLOW_SAID_MAX, LoopWatchActor, warn, warn_slow
from supervisor import Actor, ChildSpec, SlowMessage, Stall, SupervisorSpec, correlation_id, handles, open_system
from tests.supervisor.samples import Get


class Waiting(Actor):
    """Takes its time."""

    @handles(Get)
    async def wait(self, _message: Get) -> int:
        """Wait longer than two looks take."""
        await trio.sleep(LOOK_EVERY_S * 3)
        return 1


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


async def test_a_slow_message_is_logged_once(autojump_clock: MockClock, caplog: pytest.LogCaptureFixture) -> None:
    """With its actor, for how long, and the line; however often it is seen."""
    children = [ChildSpec("slow", Waiting), ChildSpec("watch", lambda: LoopWatchActor(lambda _: None))]
    async with open_system(SupervisorSpec("", children=children), ask_timeout_s=LOOK_EVERY_S * 4) as system:
        await system.ref("/slow").ask(Get())
    said = [message for message in caplog.messages if "in hand for" in message]
    assert len(said) == 1
    assert said[0].startswith(f"/slow has had Get in hand for {SLOW_AFTER_S} s, at ")
    assert said[0].endswith("in Waiting.wait")


async def test_a_message_that_ends_before_the_next_look_is_logged_too(
    autojump_clock: MockClock, caplog: pytest.LogCaptureFixture
) -> None:
    """However short it was of the second look."""
    children = [ChildSpec("slow", Waiting), ChildSpec("watch", lambda: LoopWatchActor(lambda _: None))]
    async with open_system(SupervisorSpec("", children=children)) as system:
        await trio.sleep(LOOK_EVERY_S / 2)
        with trio.move_on_after(SLOW_AFTER_S + 0.1):
            await system.ref("/slow").ask(Get())
    assert [message for message in caplog.messages if "/slow has had Get in hand for 2.5 s" in message]


def test_many_slow_messages_are_summed(caplog: pytest.LogCaptureFixture) -> None:
    """Those that wait for others say so, each under its own correlation id."""
    seen: list[str | None] = []

    def note(_record: logging.LogRecord) -> bool:
        seen.append(correlation_id.get())
        return True

    caplog.handler.addFilter(note)
    slow = SlowMessage(1, "/a", "Get", "cor_1", 3.0, ("/b", "/c"), "x.py:1 in f")
    warn_slow([slow] * (SLOW_SAID_MAX + 2))
    assert caplog.messages[0] == "/a has had Get in hand for 3.0 s, waits for /b, /c, at x.py:1 in f"
    assert caplog.messages[-1] == f"2 more messages have been in hand for over {SLOW_AFTER_S} s"
    assert seen == ["cor_1"] * SLOW_SAID_MAX + [None]
