"""Clients that drop, lag and come back see every event exactly once, in order, and end with the right portfolios."""

import random
from collections.abc import Callable

import pytest
import trio
from hypothesis import given, settings
from hypothesis import strategies as st
from trio.testing import MockClock, wait_all_tasks_blocked

from actors.model import Role
from net.websocket.channels import TOPICS, Topic, agent_id_of
from net.websocket.limits import Limits
from tests.net.websocket.client import ResumingClient
from tests.net.websocket.floor import MiniFloor

TIGHT = Limits(
    frames_burst=10**9, outbox_frames_max=8, outbox_bytes_max=20_000, write_bytes_max=2_000, replay_page_events=3
)
AGENTS = {"agt_1": "usr_1", "agt_2": "usr_1", "agt_3": "usr_2"}
CHANNELS = ["portfolio", "trades", "oversight", "market"]

STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("trade"), st.sampled_from(sorted(AGENTS))),
        st.tuples(st.just("approve"), st.sampled_from(sorted(AGENTS))),
        st.tuples(st.just("read"), st.integers(1, 6)),
        st.tuples(st.sampled_from(["drop", "settle", "block", "unblock", "slow", "fast", "hold", "publish", "tick"])),
    ),
    max_size=60,
)


class Story:
    """One floor and one client, told step by step."""

    def __init__(self, nursery: trio.Nursery, role: Role, channels: list[str]) -> None:
        self.floor = MiniFloor(TIGHT)
        for agent_id, user_id in AGENTS.items():
            self.floor.add_agent(agent_id, user_id)
        self.client = ResumingClient(self.floor, nursery, self.floor.let_in("usr_1", role), channels)
        self.client.connect()
        floor, client = self.floor, self.client
        self.acts: dict[str, Callable[..., object]] = {
            "trade": floor.trade,
            "approve": self._approve,
            "read": client.read,
            "drop": client.drop,
            "block": self._block,
            "unblock": self._unblock,
            "slow": self._slow,
            "fast": self._fast,
            "hold": self._hold,
            "publish": floor.publish_all,
            "tick": lambda: floor.tick(150_000_000),
        }

    async def play(self, step: tuple[str, ...]) -> None:
        """Do one thing."""
        name, *arguments = step
        if name == "settle":
            await wait_all_tasks_blocked()
        else:
            self.acts[name](*arguments)

    async def end(self) -> None:
        """Let everything through, until nothing more comes."""
        self.floor.publish_all()
        self._fast()
        self.client.transport.read_on()
        while True:
            await wait_all_tasks_blocked()
            if not self.client.transport.heard:
                return
            self.client.read()

    def expected(self, sees: Callable[[str], bool], topics: set[Topic]) -> list[int]:
        """Return the sequences of the events that the client has to see."""
        return [
            item.seq
            for item in self.floor.log
            if TOPICS.get(type(item.event)) in topics and sees(agent_id_of(item.event) or "")
        ]

    def fees(self, sees: Callable[[str], bool]) -> dict[str, float]:
        """Return the portfolios that the client has to know in the end, by their fees in dollars."""
        books = self.floor.views.books
        return {agent_id: books[agent_id].portfolio.fees_micros / 1e6 for agent_id in AGENTS if sees(agent_id)}

    def _approve(self, agent_id: str) -> None:
        if self.floor.unpublished is None:
            self.floor.cancel_approval(self.floor.request_approval(agent_id))

    def _block(self) -> None:
        self.client.transport.stop_reading()

    def _unblock(self) -> None:
        self.client.transport.read_on()

    def _slow(self) -> None:
        if self.floor.reading is None:
            self.floor.reading = trio.Event()

    def _fast(self) -> None:
        if self.floor.reading is not None:
            self.floor.reading.set()
            self.floor.reading = None

    def _hold(self) -> None:
        if self.floor.unpublished is None:
            self.floor.unpublished = []


def _tell(steps: list[tuple[str, ...]], role: Role, channels: list[str], sees: Callable[[str], bool]) -> Story:
    async def main() -> Story:
        async with trio.open_nursery() as nursery:
            story = Story(nursery, role, channels)
            for step in steps:
                await story.play(step)
            await story.end()
            nursery.cancel_scope.cancel()
        return story

    story: Story = trio.run(main, clock=MockClock(autojump_threshold=0))
    named = {Topic(name.partition(":")[0]) for name in channels}
    topics = {Topic.PORTFOLIO, Topic.TRADES, Topic.OVERSIGHT} if Topic.AGENT in named else named
    assert story.client.events == story.expected(sees, topics)
    if topics & {Topic.PORTFOLIO}:
        assert story.client.fees == story.fees(sees)
    return story


@settings(max_examples=60, deadline=None)
@given(STEPS)
def test_a_user_sees_all_of_their_agents_once(steps: list[tuple[str, ...]]) -> None:
    """Whatever happens between a user's socket and the floor, nothing is missing, repeated or a stranger's."""
    _tell(steps, Role.TRADER, CHANNELS, lambda agent_id: AGENTS[agent_id] == "usr_1")


@settings(max_examples=30, deadline=None)
@given(STEPS)
def test_an_admin_sees_the_whole_floor_once(steps: list[tuple[str, ...]]) -> None:
    """The same for all agents."""
    _tell(steps, Role.ADMIN, CHANNELS, lambda _agent_id: True)


@settings(max_examples=30, deadline=None)
@given(STEPS)
def test_an_agents_channel_has_everything_of_it_once(steps: list[tuple[str, ...]]) -> None:
    """The same for one agent, whose frames come by three topics, one of which is subscribed besides."""
    _tell(steps, Role.TRADER, ["agent:agt_1"], lambda agent_id: agent_id == "agt_1")


def test_two_channels_with_the_same_events_bring_them_once() -> None:
    """What comes by two channels comes once."""
    steps: list[tuple[str, ...]] = [("trade", "agt_1"), ("settle",), ("read", "3"), ("drop",), ("trade", "agt_1")]
    steps = [step if step[0] != "read" else ("settle",) for step in steps]
    story = _tell(steps, Role.TRADER, ["agent:agt_1", "portfolio", "trades", "oversight"], _is_mine)
    assert story.client.lags == 0


def _is_mine(agent_id: str) -> bool:
    return AGENTS[agent_id] == "usr_1"


@pytest.mark.no_cover
def test_three_thousand_events_and_a_client_that_drops_all_the_time() -> None:
    """A long run, with drops, lags and slow reads at random."""
    rng = random.Random(20_260_131)  # noqa: S311 - the same story each time
    names = ["trade"] * 40 + ["settle"] * 12 + ["read"] * 12 + ["drop", "block", "slow", "hold", "tick"]
    steps: list[tuple[str, ...]] = []
    for _ in range(2700):
        name = rng.choice(names)
        steps.append((name, rng.choice(sorted(AGENTS))) if name == "trade" else (name,))
        if name in {"block", "slow", "hold"}:
            steps += [("trade", "agt_1")] * rng.randrange(6) + [("settle",)]
            steps.append(({"block": "unblock", "slow": "fast", "hold": "publish"}[name],))
    story = _tell(steps, Role.ADMIN, CHANNELS, lambda _agent_id: True)
    assert len(story.client.events) > 3000
    assert story.client.lags > 10
