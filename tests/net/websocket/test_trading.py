"""Trades over the socket keep the rules of HTTP."""

from types import SimpleNamespace
from typing import Any

import pytest

from actors import paths
from actors.errors import AgentNotFound
from actors.messages import SubmitTrade
from actors.model import Action, OrderRequest, Principal, Role
from net.auth.errors import Forbidden
from net.auth.identity import Identity
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
    edge: Any = SimpleNamespace(system=system, views=floor.views, settings=SimpleNamespace(ask_timeout_s=10.0))
    return TradeDesk(edge), system


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
