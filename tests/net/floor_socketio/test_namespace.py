"""The namespace over the real layer in memory: who is let in, what each may hear, and how connections end."""

import orjson
import pytest
from attrs import evolve
from trio.testing import MockClock, wait_all_tasks_blocked

from actors.errors import JournalUnavailable
from actors.events import AgentStatusChanged, UsageAlert
from actors.model import AgentStatus, Role
from net.floor_socketio.packets import PacketEncoder
from net.socketio import Event
from net.websocket import closing
from net.websocket.outbox import Frame
from net.websocket.wire import encode_json
from tests.net.floor_socketio.peers import LIMITS, Peer, Table, table
from tests.net.websocket.floor import NOW_US

SECOND_US = 1_000_000


def _alert(here: Table, agent_id: str) -> None:
    here.floor.commit(agent_id, UsageAlert(agent_id, "apiCalls", 80, 800, 1000, "2026-02"))


async def _everything_happens(here: Table) -> None:
    """One event of each kind that the rooms tell apart, for either user."""
    for number in "12":
        agent_id = f"agt_{number}"
        here.floor.request_approval(agent_id)
        _alert(here, agent_id)
        here.floor.commit(agent_id, AgentStatusChanged(here.floor.views.agents[agent_id]))
    here.floor.tick(150_250_000)
    await wait_all_tasks_blocked()


def _subjects(peer: Peer) -> set[tuple[str, str | None]]:
    return {(name, frame["agentId"]) for name, frame in peer.heard()}


NOTICES = {"oversight:request", "usage:alert", "agent:status"}
TRADES = {"trade:created", "trade:executed", "portfolio:update"}
MARKET = ("market:update", None)


@pytest.mark.parametrize("auth", [None, {}, {"token": ""}, {"token": 5}, {"token": "x" * 9000}, {"token": "\u00fc"}])
async def test_a_client_without_a_token(auth: object) -> None:
    """It is told what to do, and may try again in the same session."""
    async with table() as here:
        peer = await here.peer()
        refusal = await peer.connect(auth)
        assert refusal["message"] == "sign in, and connect with the access token or an agent's key: auth: { token }"
        assert refusal["data"]["status"] == 401
        assert "sid" in await peer.connect({"token": here.floor.let_in("usr_1")})


async def test_a_token_that_is_no_good() -> None:
    """What the recogniser says is passed on; after five guesses the session is over."""
    async with table() as here:
        peer = await here.peer()
        for _ in range(5):
            refusal = await peer.connect({"token": "guess"})
            assert refusal["message"] == "the token was not issued here"
        assert peer.closed["reason"] == "refused too often"
        assert len(here.namespace) == 0


async def test_nobody_can_be_looked_up() -> None:
    """The client is told that it is not its fault."""
    async with table() as here:
        here.floor.unavailable = JournalUnavailable("the disk is full")
        refusal = await (await here.peer()).connect({"token": "token-of-usr_1"})
        assert refusal["data"]["status"] == 503


async def test_no_room() -> None:
    """The sockets of both protocols are counted together."""
    async with table(evolve(LIMITS, sockets_max=1)) as here:
        await here.user("usr_1")
        refusal = await (await here.peer()).connect({"token": here.floor.let_in("usr_1")})
        assert refusal["message"] == "no further socket is taken now; connect again in a while"


async def test_too_many_of_one_user() -> None:
    """They are told so, and take no place of others."""
    async with table(evolve(LIMITS, sockets_max=2, sockets_per_user_max=1)) as here:
        await here.user("usr_1")
        refusal = await (await here.peer()).connect({"token": here.floor.let_in("usr_1")})
        assert refusal["message"] == "too many sockets of this user are open; close some, and connect again"
        await here.user("usr_2")


async def test_the_way_of_a_client() -> None:
    """Subscribe, hear of a trade with the payload of `/ws`, unsubscribe, hear nothing."""
    async with table() as here:
        peer = await here.user("usr_1")
        assert await peer.ask("subscribe:agent", "agt_1") == {"ok": True, "agentId": "agt_1", "seq": 2}
        here.floor.trade("agt_1")
        await wait_all_tasks_blocked()
        heard = peer.heard()
        assert [name for name, _ in heard] == ["trade:created", "trade:executed", "portfolio:update"]
        created = heard[0][1]
        assert list(created) == ["type", "agentId", "seq", "timestamp", "data"]
        assert (created["type"], created["seq"], created["data"]["symbol"]) == ("trade.created", 3, "AAPL")
        assert await peer.ask("unsubscribe:agent", "agt_1") == {"ok": True, "agentId": "agt_1"}
        here.floor.trade("agt_1")
        await wait_all_tasks_blocked()
        assert peer.names() == []


async def test_ping() -> None:
    """A ping gets a pong, and an acknowledgement if it asks for one."""
    async with table() as here:
        peer = await here.user("usr_1")
        answer = await peer.ask("ping")
        assert answer["ok"] is True
        assert peer.heard() == [("pong", {"timestamp": answer["timestamp"]})]


@pytest.mark.parametrize(
    ("name", "args", "status"),
    [
        ("subscribe:agent", (), 400),
        ("subscribe:agent", ({"agentId": "agt_1"},), 400),
        ("subscribe:agent", ("x" * 65,), 400),
        ("subscribe:agent", ("agt_2",), 404),
        ("subscribe:agent", ("agt_9",), 404),
        ("unsubscribe:agent", (1,), 400),
        ("trade:submit", ({},), 400),
    ],
)
async def test_what_is_refused(name: str, args: tuple[object, ...], status: int) -> None:
    """The acknowledgement is a problem detail; who asks for none gets it as an event."""
    async with table() as here:
        peer = await here.user("usr_1")
        problem = await peer.ask(name, *args)
        assert (problem["ok"], problem["status"], problem["instance"]) == (False, status, "/socket.io/")
        await peer.say(name, *args)
        ((event, again),) = peer.heard()
        assert (event, again["status"], again["title"]) == ("error", status, problem["title"])


async def test_a_foreign_agent_is_like_none() -> None:
    """The two problems differ in nothing but the id that was asked for."""
    async with table() as here:
        peer = await here.user("usr_1")
        foreign, none = [await peer.ask("subscribe:agent", agent_id) for agent_id in ("agt_2", "agt_9")]
        for problem in (foreign, none):
            del problem["correlationId"]
        assert foreign == {**none, "detail": "there is no agent agt_2"}


async def test_a_deleted_agent() -> None:
    """Nobody listens to what is gone."""
    async with table() as here:
        agent = evolve(here.floor.views.agents["agt_1"], status=AgentStatus.DELETED)
        here.floor.commit("agt_1", AgentStatusChanged(agent), agent=agent)
        peer = await here.user("usr_1")
        assert (await peer.ask("subscribe:agent", "agt_1"))["status"] == 404


async def test_so_many_agents() -> None:
    """A further one is refused; one that is listened to already is not a further one."""
    async with table(evolve(LIMITS, channels_max=1)) as here:
        here.floor.add_agent("agt_3", "usr_1")
        peer = await here.user("usr_1")
        answers = [await peer.ask("subscribe:agent", agent_id) for agent_id in ("agt_1", "agt_1", "agt_3")]
        assert [answer["ok"] for answer in answers] == [True, True, False]


@pytest.mark.parametrize(
    ("role", "agent_id", "notices_of", "oversight_of"),
    [
        (Role.VIEWER, None, "1", "1"),
        (Role.TRADER, None, "1", "1"),
        (Role.APPROVER, None, "1", "12"),
        (Role.ADMIN, None, "1", "12"),
        (Role.TRADER, "agt_1", "1", "1"),
        (Role.TRADER, "agt_3", "", ""),
    ],
)
async def test_what_everybody_gets_unasked(
    role: Role, agent_id: str | None, notices_of: str, oversight_of: str
) -> None:
    """Prices, and what wants attention of one's own agents; approvers and admins get everybody's approvals."""
    async with table() as here:
        peer = await here.user("usr_1", role, agent_id)
        await _everything_happens(here)
        wanted: set[tuple[str, str | None]] = {MARKET}
        wanted |= {(name, f"agt_{number}") for name in ("usage:alert", "agent:status") for number in notices_of}
        wanted |= {("oversight:request", f"agt_{number}") for number in oversight_of}
        assert _subjects(peer) == wanted


@pytest.mark.parametrize(
    ("role", "agent_id", "may"),
    [
        (Role.VIEWER, None, False),
        (Role.APPROVER, None, False),
        (Role.ADMIN, None, True),
        (Role.TRADER, "agt_2", True),
        (Role.TRADER, "agt_1", False),
    ],
)
async def test_who_may_listen_to_an_agent_of_another(role: Role, agent_id: str | None, *, may: bool) -> None:
    """Admins, and its own key; to all others it is not there, and they hear no trade of it."""
    async with table() as here:
        peer = await here.user("usr_1" if agent_id is None else "usr_2", role, agent_id)
        answer = await peer.ask("subscribe:agent", "agt_2")
        assert answer["ok"] if may else answer["status"] == 404
        peer.packets.clear()
        here.floor.trade("agt_2")
        await wait_all_tasks_blocked()
        assert set(peer.names()) == (TRADES if may else set())


async def test_each_event_comes_once() -> None:
    """Although the subscription and the room of the user both have it, and in the order of the sequence."""
    async with table() as here:
        peer = await here.user("usr_1")
        await peer.ask("subscribe:agent", "agt_1")
        peer.packets.clear()
        _alert(here, "agt_1")
        here.floor.request_approval("agt_1")
        await wait_all_tasks_blocked()
        heard = peer.heard()
        seqs = [frame["seq"] for _, frame in heard]
        assert [name for name, _ in heard].count("usage:alert") == 1
        assert [name for name, _ in heard].count("oversight:request") == 1
        assert seqs == sorted(seqs)


async def test_nobody_listens() -> None:
    """A trade that no client subscribed to is not even rendered."""
    async with table() as here:
        await here.user("usr_1")
        before = here.floor.hub.statistics().frames
        here.floor.trade("agt_1")
        assert here.floor.hub.statistics().frames == before


def test_a_frame_is_encoded_once() -> None:
    """For all receivers, with what was rendered for `/ws` as it is."""
    encoder = PacketEncoder()
    for text in ("", "x" * 200, "\u00fc" * 70_000):
        frame = Frame(encode_json({"type": "trade.executed", "data": text}), 1, type="trade.executed")
        packets = encoder.encode(frame)
        assert encoder.encode(frame) is packets
        (packet,) = packets
        assert isinstance(packet, str)
        assert orjson.loads(packet[2:]) == ["trade:executed", {"type": "trade.executed", "data": text}]


async def test_prices_supersede_each_other() -> None:
    """A client that does not read keeps one set of prices waiting."""
    async with table() as here:
        peer = await here.user("usr_1")
        for price in range(100, 200):
            here.floor.tick(price * 1_000_000)
        await wait_all_tasks_blocked()
        frames = peer.heard()
        assert len(frames) < 10
        assert frames[-1][1]["data"]["prices"][0]["price"] == 199


async def test_too_many_events() -> None:
    """The limit is that of `/ws`; the client is told why it is left."""
    async with table(evolve(LIMITS, frames_burst=2)) as here:
        peer = await here.user("usr_1")
        for _ in range(4):
            await peer.say("ping")
        assert peer.heard()[-1] == ("closing", {"code": 4429, "reason": closing.TOO_MANY_FRAMES.reason})
        assert peer.closed is not None
        assert len(here.namespace) == 0


async def test_what_follows_the_end_is_not_heard() -> None:
    """Events that were on their way when the connection was ended change nothing."""
    async with table() as here:
        peer = await here.user("usr_1")
        ((socket, client),) = here.namespace._clients.items()
        client.end(closing.TOO_MANY_FRAMES)
        assert await here.namespace.event(socket, Event("subscribe:agent", ("agt_1",), 0)) is None
        await peer.say("ping")
        assert peer.names() == ["closing"]


@pytest.mark.parametrize("role", [Role.ADMIN, None])
async def test_a_client_that_is_no_longer_who_it_was(role: Role | None, mock_clock: MockClock) -> None:
    """The client is looked up when that is due, and left when its token or its role has gone."""
    async with table() as here:
        peer = await here.user("usr_1", good_until_us=NOW_US + 10 * SECOND_US)
        if role is None:
            here.floor.identities.clear()
        else:
            here.floor.let_in("usr_1", role)
        mock_clock.jump(9.9)
        await wait_all_tasks_blocked()
        assert peer.heard() == []
        mock_clock.jump(0.2)
        await wait_all_tasks_blocked()
        why = closing.TOKEN_EXPIRED if role is None else closing.SIGN_IN_ENDED
        assert peer.packets[-1] == "41"
        assert peer.heard() == [("closing", {"code": why.code, "reason": why.reason})]


async def test_a_client_that_cannot_be_looked_up_stays(mock_clock: MockClock) -> None:
    """While the storage is away, and it is looked up again soon."""
    async with table() as here:
        peer = await here.user("usr_1", good_until_us=NOW_US + SECOND_US)
        here.floor.unavailable = JournalUnavailable("the disk is full")
        mock_clock.jump(2)
        await wait_all_tasks_blocked()
        assert (await peer.ask("ping"))["ok"]
        here.floor.unavailable = None
        mock_clock.jump(LIMITS.look_again_s)
        await wait_all_tasks_blocked()
        assert (await peer.ask("ping"))["ok"]


async def test_somebody_signs_out() -> None:
    """A changed password or a revoked key ends the connections at once, and no others."""
    async with table() as here:
        first, second = await here.user("usr_1"), await here.user("usr_2")
        keyed = await here.user("usr_2", agent_id="agt_2")
        here.floor.hub.sign_off(lambda identity: identity.principal.user_id == "usr_1")
        here.floor.hub.sign_off(lambda identity: identity.principal.agent_id == "agt_2")
        await wait_all_tasks_blocked()
        assert first.names() == ["closing"]
        assert keyed.names() == ["closing"]
        assert (await second.ask("ping"))["ok"]
        assert len(here.namespace) == 1


async def test_the_floor_stops() -> None:
    """Clients are told, and not sent away: the transport closes, so that they come back by themselves."""
    async with table() as here:
        peer = await here.user("usr_1")
        await here.floor.hub.close()
        await wait_all_tasks_blocked()
        assert "41" not in peer.packets
        assert peer.heard() == [("closing", {"code": 1001, "reason": closing.GOING_AWAY.reason})]
        assert peer.closed is not None
        assert here.floor.hub.statistics().routes == 0


async def test_a_client_that_leaves() -> None:
    """Nothing of it stays behind."""
    async with table() as here:
        peer = await here.user("usr_1")
        await peer.ask("subscribe:agent", "agt_1")
        assert here.floor.hub.statistics().routes == 4
        await peer.socket.leave()
        await wait_all_tasks_blocked()
        assert (len(here.namespace), here.floor.hub.statistics().routes) == (0, 0)
        assert here.floor.hub.statistics().sockets == 0


async def test_the_namespace_is_cut_short() -> None:
    """When it ends with clients in it, as a crash would, nothing of them stays with the hub, and nobody gets in."""
    async with table() as here:
        peer, late = await here.user("usr_1"), await here.peer()
        here.serving.cancel()
        await wait_all_tasks_blocked()
        assert here.floor.hub.statistics().sockets == 0
        assert here.floor.hub.statistics().routes == 0
        assert (await late.connect({"token": "token-of-usr_1"}))["data"]["status"] == 503
        await peer.socket.leave()
        await wait_all_tasks_blocked()
        assert here.server.session_count == 1


async def test_a_defect(caplog: pytest.LogCaptureFixture) -> None:
    """The client learns where to look for it, and no more."""
    async with table() as here:
        here.floor.unavailable = ZeroDivisionError("secret")
        refusal = await (await here.peer()).connect({"token": "token-of-usr_1"})
        assert (refusal["data"]["status"], "secret" in str(refusal)) == (500, False)
        assert [record.getMessage() for record in caplog.records] == ["an event failed"]
