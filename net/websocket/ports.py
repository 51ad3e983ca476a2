"""What sessions are handed: who a credential stands for, how to trade, what was committed, the time and ids."""

from collections.abc import Awaitable, Callable

from attrs import frozen

from actors.model import OrderRequest, Trade
from actors.ports.clock import Clock, Ids
from actors.ports.history import History
from net.auth.identity import Identity
from net.websocket.limits import DEFAULT_LIMITS, Limits

Recognise = Callable[[str], Awaitable[Identity]]
"""Returns whose token or key it is. Raises Unauthorized."""

SubmitOrder = Callable[[str, OrderRequest, Identity], Awaitable[Trade]]
"""Trades for an agent, and returns the trade as committed. Raises what the table of problems knows."""


@frozen
class Services:
    """What each session works with."""

    recognise: Recognise
    submit: SubmitOrder
    history: History
    clock: Clock
    ids: Ids
    limits: Limits = DEFAULT_LIMITS
