"""Signatures of webhooks, as the Standard Webhooks specification has them, so that receivers find a library for it.

    webhook-id: ntf_...                 the same for a message that comes again
    webhook-timestamp: 1771329600       seconds since the epoch, of this attempt
    webhook-signature: v1,<base64>      HMAC-SHA256 of "<id>.<timestamp>.<body>"

The key is derived for each agent and URL from the secret that signs tokens: nothing is stored that could leak, and
another URL has another key. Another JWT_SECRET makes other keys.
"""

import hashlib
import hmac
from base64 import b64encode
from collections.abc import Mapping
from typing import Final

SECRET_PREFIX: Final = "whsec_"  # noqa: S105 - the prefix of all of them
_LABEL: Final = "tradefloor webhook 1"


class WebhookKeys:
    """The keys that sign webhooks, derived from one secret."""

    def __init__(self, secret: bytes) -> None:
        self._secret = secret

    def key(self, agent_id: str, url: str) -> bytes:
        """Return the key for an agent's webhook."""
        return hmac.digest(self._secret, f"{_LABEL}\n{agent_id}\n{url}".encode(), hashlib.sha256)

    def shown(self, agent_id: str, url: str) -> str:
        """Return the key as its receiver is given it."""
        return SECRET_PREFIX + b64encode(self.key(agent_id, url)).decode()


def signed_headers(key: bytes, message_id: str, at_s: int, body: bytes) -> Mapping[str, str]:
    """Return the headers that sign a body."""
    signature = hmac.digest(key, f"{message_id}.{at_s}.".encode() + body, hashlib.sha256)
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(at_s),
        "webhook-signature": f"v1,{b64encode(signature).decode()}",
    }
