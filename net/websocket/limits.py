"""Every limit of the sockets, in one place."""

from attrs import frozen


@frozen
class Limits:
    """What one socket may ask of the floor, and what the floor keeps for it. Bytes are of encoded frames."""

    authenticate_s: float = 5.0
    """A socket that has not said who it is by then is closed."""

    look_again_s: float = 5.0
    """When nobody can be looked up, whoever was known is looked up again so much later."""

    frame_bytes_max: int = 64 * 1024
    """The longest message that a client may send."""

    frames_per_minute: int = 100
    frames_burst: int = 50
    """Frames of every kind but `trade.submit`."""

    trades_per_minute: int = 6000
    trades_burst: int = 200
    """Frames `trade.submit`; the rate is the one that HTTP grants a user."""

    trades_in_flight_max: int = 16
    """Trades that a socket may wait for at once; the frames behind them are read later."""

    channels_max: int = 1000
    """Channels that a socket may listen to; each costs a place in the hub's index."""

    id_length_max: int = 64
    """Characters of the id under which a request is answered."""

    outbox_frames_max: int = 4096
    outbox_bytes_max: int = 1024 * 1024
    """What waits for a slow client before it is told that it lags."""

    write_bytes_max: int = 64 * 1024
    """Frames are handed to the connection in pieces of about this size; a slow client holds up one piece."""

    replay_page_events: int = 200
    """Missed events are read in pages of this many; rendering a page holds up the loop for a few milliseconds."""

    ping_interval_s: float = 25.0
    """An idle connection is pinged, so that proxies keep it and a dead peer is noticed."""

    stall_s: float = 60.0
    """A client that has not taken a piece by then is cut off; it may come back and resume."""

    close_s: float = 2.0
    """How long a client may take to answer a closing handshake."""

    sockets_max: int = 10_000
    """Open sockets; a further one is answered 503."""

    sockets_per_user_max: int = 1_000
    """Those of one user, with the programs of their agents: no user keeps all others out."""


DEFAULT_LIMITS = Limits()
