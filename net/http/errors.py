"""Why HTTP itself refuses a request: one class per cause."""


class HttpRefusal(Exception):
    """The base: the request cannot be taken as it is."""


class AmbiguousLength(HttpRefusal):
    """The request has both Content-Length and Transfer-Encoding: two readers could disagree where it ends."""

    def __init__(self) -> None:
        super().__init__("a request has either Content-Length or Transfer-Encoding, not both")


class BodyTooLarge(HttpRefusal):
    """The body has more bytes than are taken."""


class BodyTooSlow(HttpRefusal):
    """The body did not arrive in time."""


class MediaTypeUnsupported(HttpRefusal):
    """The body is not application/json."""


class UpgradeRequired(HttpRefusal):
    """A socket was asked for without an upgrade."""


class IdempotencyKeyInvalid(HttpRefusal):
    """The Idempotency-Key header is not 1 to 255 visible ASCII characters."""


class RequestInFlight(HttpRefusal):
    """A request under this idempotency key is being handled just now."""

    retry_after_s = 1


class RateLimited(HttpRefusal):
    """The caller sends more requests than are allowed in the time."""

    def __init__(self, message: str, retry_after_s: int) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s


class Overloaded(HttpRefusal):
    """So many requests are in progress that one more would only slow them all down."""

    retry_after_s = 1
