"""The hub: who gets what, at what cost, and how it ends."""

import pytest
import trio
from trio.testing import MockClock, wait_all_tasks_blocked

from actors.events import AgentStatusChanged
from actors.model import Principal, Role
from net.auth.identity import Identity
from net.websocket.closing import GOING_AWAY, SIGN_IN_ENDED
from net.websocket.limits import Limits
from net.websocket.outbox import Frame
from tests.net.websocket.floor import FOREVER_US, MiniFloor
from tests.net.websocket.guests import Guest


class Ear:
    """A listener with room for so many frames."""

    def __init__(self, room: int = 100) -> None:
        self.room = room
        self.frames: list[Frame] = []
        self.missed: list[int | None] = []

    def offer(self, frame: Frame) -> bool:
        """Take a frame, while there is room."""
        if len(self.frames) >= self.room:
            return False
        self.frames.append(frame)
        return True

    def lag(self, frame: Frame) -> None:
        """Hear of a frame for which there was none."""
        self.missed.append(frame.seq)

    def types(self) -> list[str]:
        """Return the types of the frames."""
        return [frame.data.split(b'"')[3].decode() for frame in self.frames]


def _person(user_id: str, family_id: str = "fam_1") -> Identity:
    return Identity(Principal(user_id, "Ann", Role.TRADER), "ann@example.com", family_id, FOREVER_US, FOREVER_US)


def _program(agent_id: str) -> Identity:
    return Identity(Principal("usr_1", "bot", Role.TRADER, agent_id), "ann@example.com", None, FOREVER_US, None)


@pytest.fixture
def floor() -> MiniFloor:
    """Two agents of two users."""
    floor = MiniFloor()
    floor.add_agent("agt_1", "usr_1")
    floor.add_agent("agt_2", "usr_2")
    return floor


async def test_frames_go_where_they_belong(floor: MiniFloor) -> None:
    """An agent's channel has everything of it, the others what their names say; nobody sees a stranger's."""
    ears = {name: Ear() for name in ("agent/agt_1", "trades/usr_1", "oversight/*", "portfolio/agt_1", "trades/usr_2")}
    for name, ear in ears.items():
        floor.hub.join(ear, name)
    floor.request_approval("agt_1")
    trades = ["trade.created", "trade.executed"]
    assert {name: ear.types() for name, ear in ears.items()} == {
        "agent/agt_1": [*trades, "portfolio.update", "oversight.request"],
        "trades/usr_1": trades,
        "oversight/*": ["oversight.request"],
        "portfolio/agt_1": ["portfolio.update"],
        "trades/usr_2": [],
    }


async def test_a_frame_is_one_object_for_all(floor: MiniFloor) -> None:
    """It is rendered once, and once for whoever gets it on two routes."""
    one, two = Ear(), Ear()
    for name in ("agent/agt_1", "trades/usr_1"):
        floor.hub.join(one, name)
    floor.hub.join(two, "trades/usr_1")
    floor.trade("agt_1")
    assert one.types() == ["trade.created", "trade.executed", "portfolio.update"]
    assert all(mine is yours for mine, yours in zip(one.frames[:2], two.frames, strict=True))


async def test_nothing_is_rendered_for_nobody(floor: MiniFloor) -> None:
    """A floor without listeners makes no frames; the head moves all the same."""
    floor.trade("agt_1")
    floor.tick(1)
    statistics = floor.hub.statistics()
    assert (statistics.frames, statistics.deliveries) == (0, 0)
    assert floor.hub.head == floor.log[-1].seq


async def test_who_left_hears_nothing(floor: MiniFloor) -> None:
    """A route without listeners is forgotten; leaving twice is leaving once."""
    ear = Ear()
    floor.hub.join(ear, "trades/usr_1")
    floor.hub.join(ear, "market/*")
    floor.hub.leave(ear, ["trades/usr_1", "trades/usr_1"])
    floor.trade("agt_1")
    floor.tick(1)
    assert ear.types() == ["market.update"]
    assert floor.hub.statistics().routes == 1


async def test_who_is_full_is_told_and_the_others_go_on(floor: MiniFloor) -> None:
    """One slow listener costs the others nothing, also when it leaves in the midst."""
    slow, fast = Ear(room=1), Ear()

    def leave(frame: Frame) -> None:
        slow.missed.append(frame.seq)
        floor.hub.leave(slow, ["trades/usr_1"])

    slow.lag = leave  # type: ignore[method-assign]  # It leaves as a feed does.
    floor.hub.join(slow, "trades/usr_1")
    floor.hub.join(fast, "trades/usr_1")
    floor.trade("agt_1")
    assert slow.missed == [4]
    assert fast.types() == ["trade.created", "trade.executed"]
    assert floor.hub.statistics().lagged == 1


async def test_a_change_of_status_goes_to_the_owner(floor: MiniFloor) -> None:
    """The event itself says whose agent it is."""
    ear = Ear()
    floor.hub.join(ear, "portfolio/usr_1")
    agent = floor.views.agents["agt_1"]
    floor.commit("agt_1", AgentStatusChanged(agent), agent=agent)
    assert ear.types() == ["agent.status", "portfolio.update"]


async def test_the_head_before_anything_was_published(floor: MiniFloor) -> None:
    """After a start the views know the sequence that was recovered."""
    fresh = MiniFloor()
    fresh.views.last_seq = 77
    assert fresh.hub.head == 77
    assert floor.hub.head == 2


async def test_there_is_room_for_so_many() -> None:
    """A further socket is refused, and taken once another has gone."""
    hub = MiniFloor(Limits(sockets_max=1)).hub
    first, second = Guest(), Guest()
    assert hub.admit(first)
    assert not hub.admit(second)
    hub.dismiss(first)
    assert hub.admit(second)
    assert (hub.statistics().sockets, hub.statistics().refused) == (1, 1)


async def test_each_user_has_room_for_so_many() -> None:
    """Nobody takes the places of others; what is closed makes room."""
    hub = MiniFloor(Limits(sockets_per_user_max=1)).hub
    first, second, other = Guest(), Guest(), Guest()
    for guest in (first, second, other):
        hub.admit(guest)
    assert [hub.enlist(first, "usr_1"), hub.enlist(second, "usr_1"), hub.enlist(other, "usr_2")] == [True, False, True]
    hub.dismiss(first)
    assert hub.enlist(second, "usr_1")


async def test_who_has_to_sign_in_again() -> None:
    """Sockets end with what they rest on; those of others go on, and those of nobody yet."""
    floor = MiniFloor()
    leaver, stayer, unknown = Guest(_person("usr_1")), Guest(_person("usr_2", "fam_2")), Guest()
    for guest in (leaver, stayer, unknown):
        floor.hub.admit(guest)
    floor.hub.sign_off(lambda identity: identity.family_id == "fam_1")
    assert [guest.closing for guest in (leaver, stayer, unknown)] == [SIGN_IN_ENDED, None, None]


async def test_closing_waits_for_all(nursery: trio.Nursery) -> None:
    """All are told; closing is over when the last has gone; nobody new comes in."""
    hub = MiniFloor().hub
    guests = [Guest(), Guest()]
    for guest in guests:
        hub.admit(guest)
    closed = trio.Event()

    async def close() -> None:
        await hub.close()
        closed.set()

    nursery.start_soon(close)
    await wait_all_tasks_blocked()
    assert [guest.closing for guest in guests] == [GOING_AWAY, GOING_AWAY]
    assert not hub.admit(Guest())
    hub.dismiss(guests[0])
    await wait_all_tasks_blocked()
    assert not closed.is_set()
    hub.dismiss(guests[1])
    await closed.wait()


async def test_closing_an_empty_hub() -> None:
    """Nobody is waited for."""
    await MiniFloor().hub.close()


async def test_members_are_tended(nursery: trio.Nursery, autojump_clock: MockClock) -> None:
    """Each client is pinged every so often."""
    assert autojump_clock.autojump_threshold == 0
    floor = MiniFloor(Limits(ping_interval_s=25))
    guest = Guest()
    floor.hub.admit(guest)
    nursery.start_soon(floor.hub.tend)
    start = trio.current_time()
    await trio.sleep(60)
    assert [now - start for now in guest.tended] == [25, 50]
    nursery.cancel_scope.cancel()
