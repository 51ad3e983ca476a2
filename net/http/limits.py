"""Every limit of the HTTP edge, in one place."""

from typing import Final

BODY_BYTES_MAX: Final = 1_048_576
"""A request body above this is answered 413."""

BODY_DRAINED_BYTES_MAX: Final = 8 * 1_048_576
"""So much of a body that is too large is read before the answer, which keeps the connection; then it is closed."""

BODY_SECONDS_MAX: Final = 30.0
"""A body that takes longer to arrive is answered 408."""

REQUESTS_AT_ONCE_MAX: Final = 512
"""Beyond so many requests in progress new ones are turned away with 503, so that those in progress finish."""

QUERY_BYTES_MAX: Final = 4096
QUERY_PARAMETERS_MAX: Final = 32

GZIP_BYTES_MIN: Final = 1024
"""Below this, compressing costs more than it saves."""

GZIP_LEVEL: Final = 5

CORRELATION_ID_PATTERN: Final = rb"[A-Za-z0-9._:\-]{1,128}"
"""What is taken of a client as X-Correlation-ID; anything else is replaced, as it goes into logs and metadata."""

IDEMPOTENCY_KEY_PATTERN: Final = r"[\x21-\x7e]{1,255}"

PAGE_DEFAULT: Final = 50
PAGE_MAX: Final = 200

CORS_MAX_AGE_S: Final = 86_400
