"""Why trading refuses: one class per cause. The edge maps each to a problem detail in one table."""

from supervisor.errors import Refusal


class TradingError(Refusal):
    """A request that trading understood and refused; the message says what to do next."""


class InsufficientFunds(TradingError):
    """The free cash does not cover the order."""


class InsufficientShares(TradingError):
    """A sale asks for more shares than are free."""


class TooManyOpenTrades(TradingError):
    """So many of the agent's trades are open already, resting or waiting for approval, that no further one may be."""


class UnknownSymbol(TradingError):
    """The market does not list the symbol."""


class AssetNotPermitted(TradingError):
    """The agent's asset preferences exclude the symbol."""


class MarketClosed(TradingError):
    """The agent's trading hours are over for now."""


class AgentNotTrading(TradingError):
    """The agent's status does not allow the trade."""


class QuotaExceeded(TradingError):
    """A quota of the month is used up. `reset_at_us` says when it starts anew, microseconds since the epoch."""

    def __init__(self, message: str, reset_at_us: int) -> None:
        super().__init__(message)
        self.reset_at_us = reset_at_us


class IllegalTransition(TradingError):
    """The lifecycle has no such step from here; nothing was changed."""


class AlreadyDecided(TradingError):
    """The approval was decided otherwise before."""


class ApprovalOverdue(TradingError):
    """The approval's time is over."""


class TradeNotFound(TradingError):
    """The agent has no such trade."""


class ApprovalNotFound(TradingError):
    """There is no such approval."""


class AgentNotFound(TradingError):
    """There is no such agent, or not for this user."""


class EventNotFound(TradingError):
    """The log has no event with this sequence."""


class DuplicateClientOrderId(TradingError):
    """The agent has a trade under this clientOrderId already."""


class EmailInUse(TradingError):
    """Another person has this email address already."""


class NotStorable(TradingError):
    """The request holds what cannot be stored, such as text that is no Unicode."""


class RangeReversed(TradingError):
    """A range of time ends before it begins."""


class RangeTooLong(TradingError):
    """A range of time holds more than is handed out at once."""


class RangeTooOld(TradingError):
    """A range of time begins before what is kept in this detail."""


class SimulationNotFound(TradingError):
    """There is no such simulation, or it is kept no more."""


class SimulationsFull(TradingError):
    """The queue of simulations has no room for another one."""


class SimulationOver(TradingError):
    """The simulation has ended already."""


class SimulationNotOver(TradingError):
    """The simulation has not ended yet."""


class ReportNotFound(TradingError):
    """The simulation ended without a report, for instance because it failed."""


class SimulationsUnavailable(TradingError):
    """Simulations cannot be kept now, for instance because the disk is full; nothing was changed."""

    retry_after_s = 5


class IdempotencyMismatch(TradingError):
    """The idempotency key was used with another request."""


class JournalUnavailable(Refusal):
    """The journal could not commit; nothing was changed and the request may be tried again."""

    retry_after_s = 1


class FloorBusy(Refusal):
    """An actor further down did not answer in time, or is being restarted.

    Whether a change took effect is not known: ask again under the same idempotency key.
    """

    retry_after_s = 1


class LedgerIdentityError(AssertionError):
    """A ledger identity does not hold: a defect, never a user's mistake."""
