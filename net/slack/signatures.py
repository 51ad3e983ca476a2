"""Slack's signature on the requests it sends, version v0.

The signature is the HMAC-SHA256 of `v0:<timestamp>:<body>` under the app's signing secret. A request is taken once, and
within five minutes. What was taken is remembered in memory: after a restart a replay can at most repeat a decision,
which returns the recorded one.
Source: https://api.slack.com/authentication/verifying-requests-from-slack
"""

import hashlib
import hmac
from typing import Final

WINDOW_S: Final = 300
_VERSION: Final = b"v0"


class SlackSignatureRefused(Exception):
    """A request did not come from Slack, or it came before; the message says which."""


class SlackSignatures:
    """Checks signatures and remembers them. Without a secret every request is refused."""

    def __init__(self, secret: bytes | None = None) -> None:
        self._secret = secret
        self._seen: dict[bytes, int] = {}

    def check(self, timestamp: str | None, signature: str | None, body: bytes, now_s: int) -> None:
        """Take a request by Slack's headers of its time and signature. Raises SlackSignatureRefused."""
        if self._secret is None:
            raise SlackSignatureRefused("this floor takes nothing from Slack: SLACK_SIGNING_SECRET is not set")
        if timestamp is None or signature is None:
            raise SlackSignatureRefused("X-Slack-Request-Timestamp and X-Slack-Signature are wanted")
        if not (timestamp.isascii() and timestamp.isdigit() and len(timestamp) <= 12):
            raise SlackSignatureRefused("X-Slack-Request-Timestamp is no number of seconds")
        at_s = int(timestamp)
        if abs(now_s - at_s) > WINDOW_S:
            raise SlackSignatureRefused(f"the request was signed more than {WINDOW_S} s ago, or is ahead of the clock")
        expected = sign(self._secret, timestamp, body)
        if not hmac.compare_digest(expected.encode(), signature.encode()):
            raise SlackSignatureRefused("the signature does not fit the request")
        self._remember(expected.encode(), at_s, now_s)

    def _remember(self, signature: bytes, at_s: int, now_s: int) -> None:
        """Remember a signature for as long as its time would let it pass."""
        self._seen = {seen: until_s for seen, until_s in self._seen.items() if until_s >= now_s}
        if signature in self._seen:
            raise SlackSignatureRefused("the request came before")
        self._seen[signature] = at_s + WINDOW_S


def sign(secret: bytes, timestamp: str, body: bytes) -> str:
    """Return the signature of a request."""
    basis = b":".join((_VERSION, timestamp.encode(), body))
    return f"{_VERSION.decode()}={hmac.new(secret, basis, hashlib.sha256).hexdigest()}"
