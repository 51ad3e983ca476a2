"""Every setting and limit of the Socket.IO layer, in one place.

Each limit bounds what one peer can make the server hold or do; exceeding it ends that peer's session, never the server.
"""

from attrs import field, frozen
from attrs.validators import ge, gt, matches_re

_positive = gt(0)


@frozen(kw_only=True)
class SocketOptions:
    """What an operator may set, and the limits that keep memory bounded. Times are milliseconds."""

    path: str = field(default="/socket.io/", validator=matches_re(r"/.*/"))
    """Where the layer answers; it starts and ends with a slash."""

    ping_interval_ms: int = field(default=25_000, validator=_positive)
    """How long after the last pong (or the opening) the next ping goes out."""

    ping_timeout_ms: int = field(default=60_000, validator=_positive)
    """How long the client may take to answer a ping."""

    connect_timeout_ms: int = field(default=45_000, validator=_positive)
    """How long a session may be without any namespace."""

    upgrade_timeout_ms: int = field(default=10_000, validator=_positive)
    """How long a WebSocket may take from its opening to the end of the upgrade."""

    close_linger_ms: int = field(default=10_000, validator=_positive)
    """How long a closing session waits for the client to fetch its last packets."""

    body_timeout_ms: int = field(default=20_000, validator=_positive)
    """How long the body of a request may take to arrive."""

    payload_bytes_max: int = field(default=1_000_000, validator=_positive)
    """The largest body of a POST and the largest WebSocket message; announced to clients as ``maxPayload``."""

    discarded_bytes_max: int = field(default=16_000_000, validator=_positive)
    """How much of an oversized body is read and thrown away, so that the answer reaches its sender."""

    packets_per_payload_max: int = field(default=20_000, validator=_positive)
    """The most packets in one POST."""

    attachments_max: int = field(default=64, validator=_positive)
    """The most binary attachments of one packet."""

    attachments_bytes_max: int = field(default=4_000_000, validator=_positive)
    """The most bytes in all the attachments of one packet."""

    json_depth_max: int = field(default=64, validator=_positive)
    """The deepest nesting of a payload with attachments."""

    outbox_packets_max: int = field(default=4_096, validator=_positive)
    """The most packets that wait for one client."""

    outbox_size_max: int = field(default=4_000_000, validator=_positive)
    """The most that waits for one client: characters of text plus bytes of attachments."""

    events_queued_max: int = field(default=16, validator=_positive)
    """The most events of one socket that wait for its handler; then its client is not read any further."""

    acks_pending_max: int = field(default=256, validator=_positive)
    """The most acknowledgements one socket may owe."""

    refusals_max: int = field(default=5, validator=_positive)
    """How often one session may be refused by namespaces; guesses beyond that cost a connection each."""

    rooms_per_socket_max: int = field(default=1_024, validator=_positive)
    """The most rooms one socket may be in."""

    sessions_max: int = field(default=10_000, validator=_positive)
    """The most sessions at a time; further ones get 503."""

    origins: frozenset[str] | None = field(default=frozenset())
    """Web origins allowed beside the server's own, such as ``https://app.example.com``; None allows every one."""

    cors_max_age_s: int = field(default=86_400, validator=ge(0))
    """How long a browser may remember the answer to a preflight."""

    response_headers: tuple[tuple[bytes, bytes], ...] = ()
    """Headers added to every HTTP answer, for instance security headers; names in lower case."""
