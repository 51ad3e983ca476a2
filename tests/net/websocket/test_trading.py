"""Trades over the socket keep the rules of HTTP."""

from types import SimpleNamespace
from typing import Any

import pytest
from attrs import evolve

from actors import paths
from actors.errors import AgentNotFound
from actors.messages import SubmitTrade
from actors.model import Action, OrderRequest, Principal, Role
from net.auth.errors import Forbidden
from net.auth.identity import Identity
from net.http.errors import RateLimited
from net.websocket.limits import Limits
from net.websocket.trading import TradeDesk
from tests.net.websocket.floor import FOREVER_US, MiniFloor

ORDER = OrderRequest("AAPL", Action.BUY, 1)


class Switchboard:
    """The actor system, as far as the desk asks it."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, object, float]] = []

    def ref(self, path: str) -> Any:
        """Return a ref that notes what it is asked."""

        async def ask(message: object, *, timeout_s: float) -> str:
            self.asked.append((path, message, timeout_s))
            return "the trade"

        return SimpleNamespace(ask=ask)


def _desk() -> tuple[TradeDesk, Switchboard]:
    floor, system = MiniFloor(), Switchboard()
    floor.add_agent("agt_1", "usr_1")
    settings = SimpleNamespace(ask_timeout_s=10.0, rate_limit_user_max=2)
    edge: Any = SimpleNamespace(system=system, views=floor.views, settings=settings, clock=floor)
    return TradeDesk(edge, Limits(trades_burst=1)), system


def _identity(role: Role, user_id: str = "usr_1") -> Identity:
    return Identity(Principal(user_id, "Ann", role), "ann@example.com", "fam", FOREVER_US, FOREVER_US)


async def test_a_trader_trades() -> None:
    """The agent is asked, in the trader's name."""
    desk, system = _desk()
    trader = _identity(Role.TRADER)
    assert str(await desk.submit("agt_1", ORDER, trader)) == "the trade"
    assert system.asked == [(paths.agent("agt_1"), SubmitTrade(ORDER, trader.principal), 10.0)]


async def test_a_viewer_does_not() -> None:
    """Looking is not trading."""
    desk, system = _desk()
    with pytest.raises(Forbidden, match="role trader"):
        await desk.submit("agt_1", ORDER, _identity(Role.VIEWER))
    assert system.asked == []


async def test_a_stranger_finds_no_agent() -> None:
    """Another user's agent is not there."""
    desk, _ = _desk()
    with pytest.raises(AgentNotFound):
        await desk.submit("agt_1", ORDER, _identity(Role.APPROVER, "usr_2"))


async def test_a_user_trades_so_often_over_all_sockets() -> None:
    """Another socket, key or sign-in is no second allowance; another user has one of their own."""
    desk, _ = _desk()
    for family in range(3):
        await desk.submit("agt_1", ORDER, evolve(_identity(Role.TRADER), family_id=f"fam_{family}"))
    with pytest.raises(RateLimited, match="at most 3 trades in 60 s") as refusal:
        await desk.submit("agt_1", ORDER, evolve(_identity(Role.TRADER), family_id=None))
    assert refusal.value.retry_after_s == 60
    with pytest.raises(AgentNotFound):
        await desk.submit("agt_1", ORDER, _identity(Role.TRADER, "usr_2"))
