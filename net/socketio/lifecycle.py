"""The life of an Engine.IO session, as one table.

    polling     the client fetches packets by GET and sends them by POST
    upgrading   a WebSocket has probed; GETs are answered at once, so that the client can let go of polling
    websocket   packets go both ways over the WebSocket
    closing     over for the application; the transport may still fetch what was queued, with a farewell
    closed      nothing remains

A session starts in ``polling`` or in ``websocket``. A step that the table does not list raises and changes nothing.
"""

from enum import Enum

from net.socketio.errors import IllegalStep


class Phase(Enum):
    """Where a session is in its life."""

    POLLING = "polling"
    UPGRADING = "upgrading"
    WEBSOCKET = "websocket"
    CLOSING = "closing"
    CLOSED = "closed"


class Step(Enum):
    """What happens to a session."""

    PROBED = "a WebSocket sent its probe"
    UPGRADED = "the client confirmed the upgrade"
    ABANDONED = "the probing WebSocket was lost, late or wrong"
    SHUT = "either side ended the session in good order"
    CUT = "the transport was lost, or the client broke the protocol"
    TAKEN = "the farewell was fetched, or nobody came for it in time"


OPEN_PHASES = frozenset({Phase.POLLING, Phase.UPGRADING, Phase.WEBSOCKET})

_TABLE: dict[tuple[Phase, Step], Phase] = {
    (Phase.POLLING, Step.PROBED): Phase.UPGRADING,
    (Phase.POLLING, Step.SHUT): Phase.CLOSING,
    (Phase.POLLING, Step.CUT): Phase.CLOSED,
    (Phase.UPGRADING, Step.UPGRADED): Phase.WEBSOCKET,
    (Phase.UPGRADING, Step.ABANDONED): Phase.POLLING,
    (Phase.UPGRADING, Step.SHUT): Phase.CLOSING,
    (Phase.UPGRADING, Step.CUT): Phase.CLOSED,
    (Phase.WEBSOCKET, Step.SHUT): Phase.CLOSING,
    (Phase.WEBSOCKET, Step.CUT): Phase.CLOSED,
    (Phase.CLOSING, Step.CUT): Phase.CLOSED,
    (Phase.CLOSING, Step.TAKEN): Phase.CLOSED,
}


def advance(phase: Phase, step: Step) -> Phase:
    """Return the phase after ``step``. Raises IllegalStep."""
    try:
        return _TABLE[phase, step]
    except KeyError:
        raise IllegalStep(f"{step.name} while {phase.value}") from None
