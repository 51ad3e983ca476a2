"""Why a socket is closed: codes and reasons, named once. Codes from 4000 on are our own (RFC 6455, section 7.4.2)."""

from attrs import frozen


@frozen
class Closing:
    """A close code, and a reason that tells the client what to do; at most 123 bytes."""

    code: int
    reason: str


GOING_AWAY = Closing(1001, "the server is shutting down; connect again and resume with after")
TOO_LARGE = Closing(1009, "a frame was larger than 64 KiB")
INTERNAL = Closing(1011, "the server failed to go on; connect again and resume with after")
NOT_AUTHENTICATED = Closing(4401, "authenticate with a valid token first")
TOKEN_REFUSED = Closing(4401, "the token is invalid or has expired; log in again")
TOKEN_EXPIRED = Closing(4401, "the token has expired; connect again with a new one")
SIGN_IN_ENDED = Closing(4401, "the sign-in has ended or the account was changed; connect again")
AUTHENTICATION_LATE = Closing(4408, "the first frame, authenticate, did not come in time")
NOT_READING = Closing(4408, "the client does not read what it is sent")
TOO_MANY_FRAMES = Closing(4429, "too many frames a minute; slow down and connect again")
TOO_MANY_TRADES = Closing(4429, "too many trades were submitted; slow down and connect again")
TOO_MANY_SOCKETS = Closing(4429, "too many sockets of this user are open; close some, and connect again")

CLOSINGS = (
    GOING_AWAY,
    TOO_LARGE,
    INTERNAL,
    NOT_AUTHENTICATED,
    TOKEN_REFUSED,
    TOKEN_EXPIRED,
    SIGN_IN_ENDED,
    AUTHENTICATION_LATE,
    NOT_READING,
    TOO_MANY_FRAMES,
    TOO_MANY_TRADES,
    TOO_MANY_SOCKETS,
)
"""All of them, for the reference."""
